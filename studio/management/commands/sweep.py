"""``sweep``: put back what dead workers left."""

import json
from typing import Any

from studio.management.command import StudioCommand
from studio.tasks import dispatch_all, tidy


class Command(StudioCommand):
    help = "Put back expired leases, send lost messages again, clean up orphaned sandbox sessions, free old claims. Safe at any time."

    def work(self, **_: Any) -> None:
        done = tidy()
        self.stdout.write(json.dumps({**done, "messages": dispatch_all()}))
