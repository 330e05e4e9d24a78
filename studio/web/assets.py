"""Where the pages' own files live: below a name made of their contents, so that browsers may keep them for good."""

import hashlib
from pathlib import Path


def fingerprint(folder: Path, *versions: str) -> str:
    """Twelve hexadecimal digits that change when a file of ``folder`` changes, or a package's version.

    The files name each other relatively (``import … from "./keys.js"``), so one name for all of them needs no rewriting."""
    digest = hashlib.sha256("\n".join(versions).encode())
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        digest.update(f"\n{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
