"""Sandbox sessions: written down before they are used, struck off when their cleanup was verified."""

from datetime import timedelta

from django.utils import timezone

from studio.models import Item, SandboxSession

KEEP = timedelta(minutes=5)


def note_session(session_id: str, *, endpoint: str, item: Item | None = None) -> None:
    """Remember a session before anything is put into it."""
    SandboxSession.objects.create(session_id=session_id, endpoint=endpoint, item=item, keep_until=timezone.now() + KEEP)


def keep_sessions(session_ids: list[str]) -> None:
    """Say that these are in use (with each renewal of a lease)."""
    SandboxSession.objects.filter(session_id__in=session_ids).update(keep_until=timezone.now() + KEEP)


def forget_session(session_id: str) -> None:
    """Strike off a session whose cleanup was seen."""
    SandboxSession.objects.filter(session_id=session_id).delete()


def orphaned_sessions() -> list[SandboxSession]:
    """Sessions nobody has spoken for in time."""
    return list(SandboxSession.objects.filter(keep_until__lt=timezone.now()).order_by("keep_until")[:500])
