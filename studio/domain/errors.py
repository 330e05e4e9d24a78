"""What a domain verb refuses, and why. The web and the API turn each into its status.

DomainError
├── Refused          422  what was given is wrong; ``details`` names the places
├── NotAllowed       403  this person may not do that
├── StaleVersion     409  somebody saved meanwhile; ``current`` is the version that stands
│   └── Collided          and changed the same part; ``collisions`` says which, ``merged`` is the rest with one's own in them
├── ClaimHeld        409  somebody else is reviewing it
└── NotPossible      409  the state it is in does not allow it
"""

from typing import Any


class DomainError(Exception):
    """``code`` is a stable word, the text is for people, ``details`` for programs."""

    code = "refused"

    def __init__(self, message: str, *, details: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Refused(DomainError):
    code = "invalid"


class NotAllowed(DomainError):
    code = "forbidden"


class StaleVersion(DomainError):
    code = "stale_version"

    def __init__(self, *, current: int, by: str) -> None:
        super().__init__(
            f"{by} saved version {current} meanwhile. Look at what changed, then save again.",
            details={"current_version": current},
        )
        self.current = current


class Collided(StaleVersion):
    def __init__(self, *, current: int, by: str, collisions: list[dict[str, Any]], merged: Any) -> None:
        super().__init__(current=current, by=by)
        self.details = {"current_version": current, "collisions": collisions}
        self.collisions, self.merged = collisions, merged


class ClaimHeld(DomainError):
    code = "claim_held"

    def __init__(self, holder: str, *, doing: str = "reviewing") -> None:
        super().__init__(f"{holder} is {doing} this conversation.", details={"holder": holder})


class NotPossible(DomainError):
    code = "not_possible"
