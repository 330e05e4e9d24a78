"""The linter: pure functions over a conversation, each looking for one thing.

``check`` runs on generation, on every save and on import. Refuses to change, fetch or execute anything, and to know
who reviews what: staleness and waivers are kept by whoever stores conversations.
"""

from generation.checks.finding import Finding, Severity
from generation.checks.grounding import Grounded, ground
from generation.checks.registry import CHECKS, EXPLANATIONS
from generation.checks.size import context_check, estimated_tokens
from generation.conversation import Conversation

__all__ = ["EXPLANATIONS", "Finding", "Grounded", "Severity", "check", "estimated_tokens", "ground", "is_blocked"]


def check(conversation: Conversation, *, context_tokens: int | None = None) -> list[Finding]:
    """Everything the linter has to say of the conversation: blocking findings first, each kind in order of place.

    ``context_tokens``: also whether the conversation, as estimated, fits into a context of this many tokens.
    """
    checks = CHECKS if context_tokens is None else (*CHECKS, context_check(context_tokens))
    return [
        Finding(code=looked_for.code, severity=looked_for.severity, message=message, call_id=call_id, turn=turn)
        for looked_for in checks
        for message, call_id, turn in looked_for.find(conversation)
    ]


def is_blocked(findings: list[Finding]) -> bool:
    """Whether any of the findings is blocking."""
    return any(finding.severity is Severity.BLOCKING for finding in findings)
