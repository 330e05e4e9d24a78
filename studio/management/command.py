"""What all commands share: errors for people with exit status 2, and a database that is ready."""

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any, NoReturn

import yaml
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from generation.errors import EngineError, InvalidInput
from studio.domain.errors import DomainError

USER_MUST_FIX = 2


class StudioCommand(BaseCommand):
    """A command whose ``work`` may raise what the engine and the domain raise; each becomes one sentence and exit status 2.

    ``needs_database``: pending migrations are applied first on SQLite, and asked for on PostgreSQL.
    """

    needs_database = True
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            if self.needs_database:
                ensure_schema()
            self.work(**options)
        except (InvalidInput, DomainError, EngineError) as error:
            self.fail(str(error))
        except KeyboardInterrupt:
            sys.stderr.write("\nStopped. What was made is kept.\n")
            sys.exit(130)
        except BrokenPipeError:
            sys.exit(1)

    def work(self, **options: Any) -> None:
        raise NotImplementedError

    def fail(self, sentence: str) -> NoReturn:
        raise CommandError(sentence, returncode=USER_MUST_FIX)

    def say(self, line: str) -> None:
        """A line for people, on standard error, so that standard output stays for programs."""
        self.stderr.write(line, style_func=str)


def ensure_schema() -> None:
    """Make sure that the database has all tables. Raises InvalidInput that says what to do."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        raise InvalidInput(
            f"The database can't be reached: {str(error).strip()}. Check DATABASE_URL and DATA_DIR."
        ) from error
    if not pending:
        return
    if connection.vendor != "sqlite":
        raise InvalidInput("The database lacks tables: run 'python manage.py migrate' first.")
    call_command("migrate", verbosity=0, interactive=False)


def read_file(path: str) -> bytes:
    """A file's bytes. Raises InvalidInput when it can't be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror}.") from error


def read_document(path: str) -> Any:
    """What a YAML or JSON file holds. Raises InvalidInput when it can't be read or is neither."""
    try:
        return yaml.safe_load(read_file(path))
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path} is neither YAML nor JSON: {error}") from error
    except RecursionError as error:
        raise InvalidInput(f"{path} is nested too deeply.") from error


def whole_number(text: str) -> int:
    """An argparse type: a whole number of 1 or more."""
    try:
        number = int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no whole number") from error
    if number < 1:
        raise ArgumentTypeError(f"{number} is too small: ask for 1 or more")
    return number


def port_number(text: str) -> int:
    """An argparse type: a TCP port."""
    number = whole_number(text)
    if number > 65535:
        raise ArgumentTypeError(f"{number} is no port: choose 1 to 65535")
    return number


__all__ = [
    "CommandParser",
    "StudioCommand",
    "ensure_schema",
    "port_number",
    "read_document",
    "read_file",
    "whole_number",
]
