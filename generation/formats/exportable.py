"""Exportable: a conversation with what the studio knows about it, as an export receives it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from generation.conversation import Conversation


class Exportable(BaseModel):
    """A conversation and its envelope; every member but the conversation is plain JSON data.

    ``version`` counts its saves, ``status`` is the review's state, ``scenario`` its document. ``verdicts`` are about
    pairs and the whole, ``revisions`` its history, ``checks`` the linter's findings, ``tags`` people's words for it, ``provenance`` where it
    and its results come from, ``usage`` what it cost. Only the native preset writes the envelope; what else asks for
    it says so (``Preset.needs_envelope``).
    """

    model_config = ConfigDict(extra="forbid")

    conversation: Conversation
    id: str = ""
    version: int = 1
    status: str = ""
    scenario: dict[str, Any] = Field(default_factory=dict)
    verdicts: list[dict[str, Any]] = Field(default_factory=list)
    revisions: list[dict[str, Any]] = Field(default_factory=list)
    checks: list[dict[str, Any]] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    provenance: dict[str, Any] = Field(default_factory=dict)
    usage: dict[str, Any] = Field(default_factory=dict)

    @property
    def wrong_calls(self) -> set[str]:
        """Ids of the calls that somebody marked wrong."""
        return {str(verdict.get("call_id")) for verdict in self.verdicts if verdict.get("verdict") == "wrong"}

    def to_document(self) -> dict[str, Any]:
        """Everything as JSON data, keys in the order of the shape."""
        # Not mode="json": that refuses lone surrogates in keys.
        return self.model_dump(mode="python")
