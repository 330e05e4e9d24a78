"""``/api/health`` and ``/api/ready``, open to everybody: words only, no address, no error text."""

import threading
import time
from collections.abc import Callable
from typing import Literal

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest
from kombu.exceptions import KombuError
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, Field

from generation.errors import SandboxUnavailable
from studio.celery import app
from studio.models import Dataset
from studio.wiring import check_tool_service

log = structlog.get_logger(__name__)
router = Router(tags=["health"], auth=None)

KEEP_SECONDS = 5.0
"""So long an answer of ``ready`` is given again: strangers can't make the studio knock on its services."""
BROKER_TIMEOUT = 2.0
FAILURES = (DatabaseError, SandboxUnavailable, OSError, KombuError)  # what a broker's client raises, kombu wraps

Word = Literal["ok", "failed"]


class Health(BaseModel):
    status: Word
    version: str
    database: Word


class Checks(BaseModel):
    database: Word = Field(description="It answers and has the studio's tables.")
    broker: Word = Field(description="It takes connections; without one, messages stay in the process.")
    sandbox: Word = Field(description="The tool service answers.")


class Readiness(BaseModel):
    ready: bool
    checks: Checks


@router.get("/health", response={200: Health, 503: Health})
def health(request: HttpRequest) -> Status[Health]:
    """Whether this process answers and reaches its database; 503 when it does not."""
    word = _word("database", _ping_database)
    return Status(200 if word == "ok" else 503, Health(status=word, version=settings.VERSION, database=word))


@router.get("/ready", response={200: Readiness, 503: Readiness})
def ready(request: HttpRequest) -> Status[Readiness]:
    """Whether work can be done now: database, broker and sandbox; 503 when one fails. Up to 5 seconds old."""
    checks = _recent.get()
    is_ready = all(word == "ok" for word in checks.model_dump().values())
    return Status(200 if is_ready else 503, Readiness(ready=is_ready, checks=checks))


class _Recent:
    """The checks as they were at most ``KEEP_SECONDS`` ago, made by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checks: Checks | None = None
        self._made_at = 0.0

    def get(self) -> Checks:
        with self._lock:
            if self._checks is None or time.monotonic() - self._made_at > KEEP_SECONDS:
                self._checks = Checks(
                    database=_word("database", _find_tables),
                    broker=_word("broker", _reach_broker),
                    sandbox=_word("sandbox", check_tool_service),
                )
                self._made_at = time.monotonic()
            return self._checks

    def forget(self) -> None:
        self._checks = None


_recent = _Recent()


def _word(name: str, check: Callable[[], None]) -> Word:
    try:
        check()
    except FAILURES as error:
        log.warning("not_ready", part=name, reason=str(error))
        return "failed"
    return "ok"


def _ping_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _find_tables() -> None:
    Dataset.objects.exists()


def _reach_broker() -> None:
    if not settings.BROKER_URL:
        return
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=BROKER_TIMEOUT)
