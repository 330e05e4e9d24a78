"""Checks of each call by itself: its tool, its arguments, where its result comes from."""

import re
from collections.abc import Iterator
from typing import Any

from generation.checks.finding import Spot
from generation.conversation import Call, Conversation, Turn
from generation.tools import violations

MAX_VIOLATIONS = 5

INFRASTRUCTURE_TYPES = {"http_error", "connection_error", "network_error", "sandbox_unavailable", "sandboxunavailable"}
INFRASTRUCTURE_TEXT = re.compile(
    r"""\A\W*(?:error\s*(?:\([\w ]*\))?\s*:\s*)?(?:
        <!doctype\ html .{0,400}? <title> \s* 5\d\d\b
      | <html .{0,400}? <title> \s* 5\d\d\b
      | (?:httpx|httpcore|requests|urllib3|aiohttp)\.[\w.]*(?:Error|Exception|Timeout)
      | HTTPConnectionPool\( | HTTPSConnectionPool\(
      | \[Errno\ (?:104|110|111)\]
      | \[WinError\ 100(?:54|60|61)\]
      | connect\ ECONNREFUSED
      | upstream\ connect\ error
      | all\ connection\ attempts\ failed
      | connection\ (?:refused|reset\ by\ peer|aborted)
      | (?:502\ bad\ gateway|503\ service\ (?:temporarily\ )?unavailable|504\ gateway\ time-?out)
      | server\ disconnected\ without\ sending
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""How failures of HTTP clients, proxies and sockets begin. Only a result's beginning counts: a log file that was read
may speak of such things further on."""

PLACEHOLDER = re.compile(
    r"""<[^<>\n]*(?<![^\W_])(?:your|insert|placeholder|todo|some|actual)(?![^\W_])[^<>\n]*>   # <your file>, <your_file>
      | <\w*_(?:id|name|path|key|token|value|here)> | <(?:id|name|value|path|file|date|email)>
      | \[(?:your|insert)\b[^\]\n]*\]                                        # [your name]
      | \{\{[^{}\n]+\}\}                                                     # {{user_id}}
      | \byour[_-]\w+[_-]here\b
      | \A(?:todo|tbd|fixme|placeholder|xxx+|string|some_?\w+_?(?:id|name))\Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
RESERVED_DOMAIN = re.compile(r"\bexample\.(?:com|org|net)\b", re.IGNORECASE)
MAX_PLACEHOLDER_CHARACTERS = 200
"""Longer texts are content somebody wrote, where TODO and the like may well be meant."""


def unknown_tools(conversation: Conversation) -> Iterator[Spot]:
    names = {tool.name for tool in conversation.tools}
    for pair in conversation.pairs():
        if pair.call.tool not in names:
            yield Spot(f"{pair.call.tool} is not among the conversation's tools.", pair.call.id, pair.turn)


def invalid_arguments(conversation: Conversation) -> Iterator[Spot]:
    tools = {tool.name: tool for tool in conversation.tools}
    for pair in conversation.pairs():
        tool = tools.get(pair.call.tool)
        found = violations(pair.call.arguments, tool) if tool is not None else []
        for violation in found[:MAX_VIOLATIONS]:
            place = f" (at {violation.pointer})" if violation.pointer else ""
            yield Spot(f"{pair.call.tool}: {violation.message}{place}", pair.call.id, pair.turn)


def infrastructure_failures(conversation: Conversation) -> Iterator[Spot]:
    for pair in conversation.pairs():
        if _is_infrastructure_failure(pair.call):
            shown = (pair.call.result or "")[:80]
            yield Spot(f"{pair.call.tool} did not answer; the service failed: {shown!r}", pair.call.id, pair.turn)


def placeholder_arguments(conversation: Conversation) -> Iterator[Spot]:
    for number, turn in enumerate(conversation.turns):
        for position, call in enumerate(turn.calls):
            for text in _texts(call.arguments):
                if looks_made_up(text) and not _was_seen(text, conversation, turn=number, position=position):
                    yield Spot(
                        f"{call.tool} was called with {text!r}, which looks like a placeholder.", call.id, number
                    )


def _is_infrastructure_failure(call: Call) -> bool:
    if call.error_type is not None and call.error_type.lower() in INFRASTRUCTURE_TYPES:
        return True
    return call.result is not None and INFRASTRUCTURE_TEXT.match(call.result[:1000]) is not None


def looks_made_up(text: str) -> bool:
    """Whether the text is a placeholder instead of a value."""
    if len(text) > MAX_PLACEHOLDER_CHARACTERS:
        return False
    return PLACEHOLDER.search(text) is not None or RESERVED_DOMAIN.search(text) is not None


def _was_seen(text: str, conversation: Conversation, *, turn: int, position: int) -> bool:
    """Whether the text stands in what the user said or a tool answered before this call: then it was not made up."""
    here = conversation.turns[turn]
    before: list[Turn] = conversation.turns[:turn]
    said = [earlier.user for earlier in before] + [here.user]
    results = [call.result or "" for earlier in before for call in earlier.calls]
    results += [call.result or "" for call in here.calls[:position]]
    return any(text in source for source in [*said, *results])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _texts(part)
