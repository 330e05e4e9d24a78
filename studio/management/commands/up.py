"""``up``: the studio on one machine."""

from typing import Any

from studio.management.command import CommandParser, StudioCommand, port_number, whole_number
from studio.management.serving import serve
from studio.wiring import ensure_endpoints


class Command(StudioCommand):
    help = "Serve the studio and work its runs in one process. With BROKER_URL set, other workers may help."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="Port of this machine (default: 8000).")
        parser.add_argument("--concurrency", type=whole_number, default=16, help="Conversations at once (default: 16).")

    def work(self, **options: Any) -> None:
        ensure_endpoints()
        serve(
            port=options["port"],
            concurrency=options["concurrency"],
            on_ready=lambda url: self.say(f"Tracewright is at {url} (Ctrl+C stops it)."),
        )
