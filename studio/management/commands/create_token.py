"""``create_token``: an API token for a user."""

from typing import Any

from studio.domain.team import issue_token
from studio.management.command import CommandParser, StudioCommand
from studio.models import User


class Command(StudioCommand):
    help = "Make an API token for a user. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--name", default="", help="What it is for.")

    def work(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            self.fail(f"There is no active user {options['user']!r}: make one with createsuperuser or in the admin.")
        self.stdout.write(issue_token(user, name=options["name"]))
