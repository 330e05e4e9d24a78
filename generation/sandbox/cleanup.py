"""Cleanup of a session in the tool service, which counts only when the service was seen to hold nothing more."""

from generation.errors import SandboxUnavailable
from generation.sandbox.backoff import Backoff
from generation.sandbox.client import MOCK, VFS, SpinClient


class StillThere(SandboxUnavailable):
    """Files were left after all of them were deleted."""


def sweep_session(spin: SpinClient, session_id: str, *, backoff: Backoff | None = None) -> bool:
    """Drop all that the service holds of the session; whether that was verified. Never raises, may be repeated.

    The documented route comes first; the published component refuses it, so what is still listed is deleted file
    by file, until ``list_files`` says ``[]``. Retried with backoff.
    """
    try:
        (backoff or Backoff()).run(lambda: _sweep(spin, session_id))
    except SandboxUnavailable:
        return False
    return True


def _sweep(spin: SpinClient, session_id: str) -> None:
    spin.end_session(session_id)
    if spin.is_embedded:
        spin.end_session(session_id, component=MOCK)
    paths = spin.list_files(session_id)
    for path in paths:
        # a file that is gone already is as good; what counts is the list below
        spin.call("delete_file", {"file_path": path}, component=VFS, session_id=session_id)
    if paths and (left := spin.list_files(session_id)):
        raise StillThere(f"{len(left)} files of the session are still there")
