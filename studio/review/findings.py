"""Findings of the checks as the review page shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from generation.checks import EXPLANATIONS
from studio.domain.findings import BLOCKING, digest_of
from studio.models import Waiver
from studio.web.visible_text import show


@dataclass(frozen=True)
class FindingView:
    code: str
    message: SafeString
    is_blocking: bool
    explanation: str
    number: int | None
    turn: int | None
    digest: str = ""
    waiver: Waiver | None = None

    @property
    def is_open(self) -> bool:
        """Whether it keeps the conversation from being approved."""
        return self.is_blocking and self.waiver is None

    @property
    def anchor(self) -> str:
        if self.number is not None:
            return f"pair-{self.number}"
        return f"turn-{self.turn + 1}" if self.turn is not None else ""


def show_finding(raw: Mapping[str, Any], numbers: Mapping[str, int], waivers: Mapping[str, Waiver]) -> FindingView:
    """A stored finding. ``numbers``: of the pairs, from 1, by call id; ``waivers``: by the digest of what they let pass."""
    digest = digest_of(raw) if raw["severity"] == BLOCKING else ""
    return FindingView(
        digest=digest,
        waiver=waivers.get(digest),
        code=raw["code"],
        message=show(raw["message"]),
        is_blocking=raw["severity"] == BLOCKING,
        explanation=EXPLANATIONS.get(raw["code"], ""),
        number=numbers.get(raw.get("call_id") or ""),
        turn=raw.get("turn"),
    )


def by_number(findings: Iterable[FindingView]) -> dict[int, list[FindingView]]:
    """Those on a pair, by its number."""
    grouped: dict[int, list[FindingView]] = {}
    for finding in findings:
        if finding.number is not None:
            grouped.setdefault(finding.number, []).append(finding)
    return grouped
