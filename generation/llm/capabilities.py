"""What an endpoint turned out to take: found while asking, remembered for as long as the endpoint lives.

Owns the reading of a refusal ("response_format is not supported") as a reason to ask differently. A change is only
remembered once a request asked that way was answered, so that a refusal about something else teaches nothing wrong.
"""

import re
import threading
from dataclasses import dataclass, replace

from generation.llm.settings import Strategy

_ORDER = list(Strategy)
MISSES = 2
"""Unreadable replies in a row before a strategy that never worked is given up: such a server takes the
parameter and ignores it."""

_ABOUT_STRATEGY = {
    Strategy.JSON_SCHEMA: re.compile(
        r"response.?format|json.?schema|structured.?output|schema|grammar|guided|requested parameters|\btools\b.{0,3}param"
    ),
    Strategy.TOOL: re.compile(r"tool|function|requested parameters|schema|grammar"),
    Strategy.JSON_OBJECT: re.compile(r"response.?format|json.?object|json.?mode|requested parameters|grammar"),
}
# These speak of one schema, not of schemas: only the question at hand is asked differently.
_ABOUT_THIS_SCHEMA = re.compile(
    r"invalid schema|schema (is )?(invalid|too)|too (many|deep|large|complex)|not permitted|nesting"
)
_UNSUPPORTED = re.compile(
    r"support|unknown|unrecogni[sz]ed|not (allowed|permitted|available)|extra|unexpected|only the default"
)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How a question is put: the strategy, the name of the output limit, and fields that are not sent.

    ``for_schema``: the strategy was chosen because of this question's schema and says nothing about others.
    """

    strategy: Strategy = Strategy.JSON_SCHEMA
    limit_field: str = "max_tokens"
    withheld: frozenset[str] = frozenset()
    for_schema: bool = False


def adapted(profile: Profile, refusal: str) -> Profile | None:
    """How to ask instead after the endpoint refused with these words; None when they are not about how it was asked."""
    words = refusal.lower()
    if "max_completion_tokens" in words and profile.limit_field == "max_tokens":
        return replace(profile, limit_field="max_completion_tokens")
    for field in ("temperature", "seed"):
        if field not in profile.withheld and re.search(rf"\b{field}\b", words) and _UNSUPPORTED.search(words):
            return replace(profile, withheld=profile.withheld | {field})
    about = _ABOUT_STRATEGY.get(profile.strategy)
    if about is not None and about.search(words):
        weaker = _ORDER[_ORDER.index(profile.strategy) + 1]
        return replace(
            profile, strategy=weaker, for_schema=profile.for_schema or bool(_ABOUT_THIS_SCHEMA.search(words))
        )
    return None


class Capabilities:
    """One endpoint's memory of its profile, shared by all threads."""

    def __init__(self, first: Strategy = Strategy.JSON_SCHEMA) -> None:
        self._profile = Profile(strategy=first)
        self._by_schema: dict[str, Strategy] = {}
        self._proven: set[Strategy] = set()
        self._misses = 0
        self._lock = threading.Lock()

    def profile(self, schema_key: str = "") -> Profile:
        """How to ask for a reply of this schema."""
        with self._lock:
            own = self._by_schema.get(schema_key)
            if own is not None and _ORDER.index(own) > _ORDER.index(self._profile.strategy):
                return replace(self._profile, strategy=own, for_schema=True)
            return self._profile

    def remember(self, profile: Profile, schema_key: str = "") -> None:
        """A question put this way was answered."""
        with self._lock:
            known = self._profile
            strategy = max(known.strategy, profile.strategy, key=_ORDER.index)
            if profile.for_schema:
                self._by_schema[schema_key] = profile.strategy
                strategy = known.strategy
            limit_field = profile.limit_field if profile.limit_field != "max_tokens" else known.limit_field
            self._profile = Profile(
                strategy=strategy, limit_field=limit_field, withheld=known.withheld | profile.withheld
            )

    def note_reply(self, strategy: Strategy, *, usable: bool) -> None:
        """Whether a reply asked for with ``strategy`` had the shape; gives up one that never works."""
        with self._lock:
            if usable:
                self._proven.add(strategy)
            elif strategy is self._profile.strategy and strategy not in self._proven:
                self._misses += 1
                if self._misses >= MISSES and strategy is not _ORDER[-1]:
                    self._misses = 0
                    self._profile = replace(self._profile, strategy=_ORDER[_ORDER.index(strategy) + 1])
