"""Repetition: whether a call only asks again what was asked before. The rule that the builders keep and the linter checks.

A write, an error (its own included: trying again is a way to deal with one) or a new turn in between makes a call one of its
own. A tool that doesn't declare itself read-only counts as one that writes. A read that came back as it was before a write may be
made once more: what was written may show late.
"""

from typing import Self

from generation.conversation import Call, Conversation, Outcome, digest

_Key = tuple[str, str]


class Repetitions:
    """The calls of a conversation in their order, as far as a further call could repeat one of them. Each costs the same."""

    def __init__(self, conversation: Conversation) -> None:
        """Nothing called yet; ``conversation`` gives the tools."""
        self._reads = {tool.name for tool in conversation.tools if tool.only_reads}
        self._standing: dict[_Key, Call] = {}
        self._answers: dict[_Key, tuple[str | None, int]] = {}
        self._maybe_stale: set[_Key] = set()
        self._changes = 0

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """With all calls the conversation has, its last turn open."""
        repetitions = cls(conversation)
        for turn in conversation.turns:
            repetitions.open_turn()
            for call in turn.calls:
                repetitions.add(call)
        return repetitions

    def open_turn(self) -> None:
        """A new turn: whatever is called in it was not called in it before."""
        self._standing.clear()

    def find(self, call: Call) -> Call | None:
        """The call that this one would repeat with nothing but reads in between; None when it is one of its own."""
        key = _key(call)
        return None if key in self._maybe_stale else self._standing.get(key)

    def add(self, call: Call) -> None:
        """The next call, answered or not."""
        key = _key(call)
        if call.outcome is Outcome.TOOL_ERROR:
            self._standing.clear()
        elif call.tool in self._reads:
            self._standing[key] = call
            self._note_answer(key, call)
        else:
            self._standing = {key: call}
            self._changes += 1

    def _note_answer(self, key: _Key, call: Call) -> None:
        text, changes = self._answers.get(key, (None, self._changes))
        self._maybe_stale.discard(key)
        if call.is_answered and text == call.result and changes < self._changes:
            self._maybe_stale.add(key)
        self._answers[key] = call.result, self._changes


def _key(call: Call) -> _Key:
    # by digest, because Python holds 1, 1.0 and true for equal
    return call.tool, digest(call.arguments)
