"""The ``vfs`` component of the embedded runtime: files of a session, in memory, with Spin's very texts.

Paths are not normalised: ``a.txt``, ``/a.txt`` and ``./a.txt`` are three files. Not thread-safe by itself.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from generation.sandbox.quota import OutOfCapacity, Quota, QuotaExceeded, size_of

Files = dict[str, str]


class VfsError(Exception):
    """A tool error of vfs: ``error_type`` and a text."""

    def __init__(self, error_type: str, text: str) -> None:
        super().__init__(text)
        self.error_type = error_type


class Vfs:
    """All sessions' files. A session exists from its first write until it is dropped."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._sessions: dict[str, Files] = {}
        self._tools: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
            "read_file": self._read_file,
            "write_file": self._write_file,
            "list_files": self._list_files,
            "delete_file": self._delete_file,
        }

    def execute(self, tool: str, arguments: Mapping[str, Any], *, session_id: str) -> dict[str, Any]:
        """The reply's body. Raises OutOfCapacity."""
        try:
            if tool not in self._tools:
                raise VfsError("UnknownTool", f"Unknown tool: {tool}")
            return {"success": True, "result": self._tools[tool](session_id, arguments)}
        except VfsError as error:
            return {"success": False, "result": str(error), "error_type": error.error_type}
        except QuotaExceeded as error:
            return {"success": False, "result": str(error), "error_type": "QuotaExceeded"}

    def drop(self, session_id: str) -> None:
        self._sessions.pop(session_id, None)

    def __len__(self) -> int:
        """How many sessions hold state."""
        return len(self._sessions)

    def _read_file(self, session_id: str, arguments: Mapping[str, Any]) -> str:
        path = _argument(arguments, "file_path")
        files = self._sessions.get(session_id, {})
        if path not in files:
            raise VfsError("FileNotFound", f"File not found: {path}")
        return files[path]

    def _write_file(self, session_id: str, arguments: Mapping[str, Any]) -> str:
        path, content = _argument(arguments, "file_path"), _argument(arguments, "content")
        files = self._sessions.get(session_id, {})
        self._check_quota(files, path, content)
        if session_id not in self._sessions:
            if len(self._sessions) >= self._quota.sessions:
                raise OutOfCapacity(f"The embedded runtime holds {self._quota.sessions} sessions already")
            self._sessions[session_id] = files
        files[path] = content
        return f"Successfully wrote {size_of(content)} bytes to {path}"

    def _list_files(self, session_id: str, _: Mapping[str, Any]) -> str:
        return json.dumps(list(self._sessions.get(session_id, {})), ensure_ascii=False, separators=(",", ":"))

    def _delete_file(self, session_id: str, arguments: Mapping[str, Any]) -> str:
        path = _argument(arguments, "file_path")
        files = self._sessions.get(session_id, {})
        if path not in files:
            raise VfsError("FileNotFound", f"File not found: {path}")
        del files[path]
        return f"Successfully deleted {path}"

    def _check_quota(self, files: Files, path: str, content: str) -> None:
        if path not in files and len(files) >= self._quota.files:
            raise QuotaExceeded(f"Quota exceeded: a session holds at most {self._quota.files} files")
        if size_of(content) > self._quota.file_bytes:
            raise QuotaExceeded(f"Quota exceeded: a file holds at most {self._quota.file_bytes} bytes")
        others = sum(size_of(name) + size_of(text) for name, text in files.items() if name != path)
        if others + size_of(path) + size_of(content) > self._quota.total_bytes:
            raise QuotaExceeded(f"Quota exceeded: a session holds at most {self._quota.total_bytes} bytes")


def _argument(arguments: Mapping[str, Any], name: str) -> str:
    # the component reads arguments as text: any other type counts as missing
    value = arguments.get(name)
    if not isinstance(value, str):
        raise VfsError("InvalidArguments", f"Missing required argument: {name}")
    return value
