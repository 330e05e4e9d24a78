"""The editor of a call's arguments: opened, drawn anew for what was typed, checked, and given back when refused.

What is posted is one text of JSON and the name of a tool; the form beside it is drawn from them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.conversation import Call, PairRef
from generation.tools import ToolDefinition
from studio.domain.edits import check_arguments
from studio.domain.errors import Refused
from studio.review.arguments.drawing import draw
from studio.review.arguments.json_text import read_arguments, write_json
from studio.review.arguments.placing import choices_in, explain, place
from studio.review.arguments.schemas import SchemaReader
from studio.review.editors import Editor
from studio.review.presentation import show_card
from studio.review.sources import Sources

Posted = Mapping[str, str]
Details = list[dict[str, str]]
MAX_FORM = 200_000
"""Longer arguments (characters) have no form; people edit their JSON."""
NO_FORM = "Too much for a form: edit it as JSON."
NO_TOOL = "This conversation has no such tool, so there is no schema to draw a form from. Choose one of its tools."
HALF_A_CHARACTER = "The arguments hold half a character (a lone surrogate), which no schema can check."


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What arguments are edited of: a call that stands, or a new one, which has a ``place``; and the editor's own place for it."""

    call: Call
    target: str
    url: str
    draft: str
    label: str
    place: str = ""


def subject_of(sources: Sources, ref: PairRef) -> Subject:
    """A call of the conversation."""
    return Subject(
        call=ref.call,
        target=f"pair-{ref.number + 1}",
        url=f"{sources.call_url(ref.call.id)}edit/",
        draft=f"{ref.call.id}:arguments",
        label=f"Arguments of #{ref.number + 1}",
    )


def new_subject(sources: Sources, ref: PairRef | None, *, turn: int = 0) -> Subject:
    """A call that is added beside another, or as the first of a turn. Raises LookupError when there is no such turn."""
    tools = sources.content.tools
    first = tools[0].name if tools else ""
    if ref is None:
        return Subject(
            call=Call(id="new", tool=first, arguments={}),
            target=f"turn-{range(len(sources.content.turns))[turn] + 1}-more",
            url=f"{sources.url}turns/{turn}/add/",
            draft=f"turn-{turn}:add",
            label=f"New pair in turn {turn + 1}",
            place="turn",
        )
    card = show_card(sources, ref)
    return Subject(
        call=Call(id="new", tool=ref.call.tool if sources.content.tool(ref.call.tool) else first, arguments={}),
        target=card.more,
        url=f"{card.beside_url}add/",
        draft=f"{ref.call.id}:add",
        label=f"New pair beside #{card.number}",
        place="after",
    )


def open_editor(sources: Sources, subject: Subject, *, is_raw: bool) -> Editor:
    """The editor as a form, or as raw JSON; raw too when there is nothing to draw a form from."""
    editor = _empty(sources, subject, tool=subject.call.tool, is_raw=is_raw)
    editor.text = write_json(subject.call.arguments)
    _draw(sources, editor, arguments=subject.call.arguments, choices={})
    return editor


def redraw(sources: Sources, subject: Subject, posted: Posted) -> Editor:
    """The editor for the text that was typed, each violation at its field. Raises Refused when the text is no JSON object.

    ``was`` names the tool the text was typed for, when another was chosen: what has a place in its schema is carried over.
    """
    arguments = read(posted)
    editor = _empty(sources, subject, tool=tool_of(subject, posted), is_raw=posted.get("kind") == "raw")
    tool = sources.content.tool(editor.tool)
    if posted.get("was") and posted["was"] != editor.tool and tool is not None:
        arguments = carry_over(arguments, tool)
        editor.carried = write_json(arguments)
    editor.text = editor.carried or posted.get("text", "")
    _draw(sources, editor, arguments=arguments, choices=_choices(posted))
    _place(editor, tool, check_typed(sources, tool=editor.tool, arguments=arguments), arguments=arguments)
    return editor


def check(sources: Sources, subject: Subject, posted: Posted) -> Details:
    """How the text that was typed breaks the tool's schema, each violation as near to its cause as can be said."""
    try:
        arguments = read(posted)
    except Refused as error:
        return list(error.details or [])
    name = tool_of(subject, posted)
    details = check_typed(sources, tool=name, arguments=arguments)
    tool = sources.content.tool(name)
    if not details or tool is None or len(posted.get("text", "")) > MAX_FORM:
        return details
    form = draw(arguments, schema=tool.parameters, choices=_choices(posted))
    return explain(form, details, arguments=arguments, schema=tool.parameters)


def refused(sources: Sources, subject: Subject, posted: Posted, *, details: Details, message: str) -> Editor:
    """The editor with everything as it was typed, each error at its field."""
    name = tool_of(subject, posted)
    editor = _empty(sources, subject, tool=name, is_raw=posted.get("kind") == "raw")
    editor.text = posted.get("text", "").replace("\r\n", "\n")
    editor.reason = posted.get("reason", "")
    editor.thought, editor.place = posted.get("thought", ""), editor.place and posted.get("place", editor.place)
    details = details or ([{"pointer": "", "message": message}] if message else [])
    try:
        arguments = read(posted)
    except Refused:
        editor.kind, editor.problems = "raw", details
        return editor
    _draw(sources, editor, arguments=arguments, choices=_choices(posted))
    _place(editor, sources.content.tool(name), details, arguments=arguments)
    return editor


def read(posted: Posted) -> dict[str, Any]:
    """The arguments that were typed. Raises Refused with what can't be read."""
    return read_arguments(posted.get("text", ""))


def tool_of(subject: Subject, posted: Posted) -> str:
    """The tool that was chosen, or the call's own."""
    return posted.get("tool") or subject.call.tool


def check_typed(sources: Sources, *, tool: str, arguments: object) -> Details:
    """What the domain would refuse of the arguments."""
    try:
        check_arguments(sources.content, tool=tool, arguments=arguments)
    except Refused as error:
        return list(error.details or [{"pointer": "", "message": error.message}])
    except UnicodeEncodeError:
        return [{"pointer": "", "message": HALF_A_CHARACTER}]
    return []


def carry_over(arguments: dict[str, Any], tool: ToolDefinition) -> dict[str, Any]:
    """What of one tool's arguments has a place among another's: the properties of the same name."""
    reader = SchemaReader(tool.parameters)
    known = reader.read(reader.root).properties
    return {key: value for key, value in arguments.items() if key in known} if known else dict(arguments)


def _empty(sources: Sources, subject: Subject, *, tool: str, is_raw: bool) -> Editor:
    names = [definition.name for definition in sources.content.tools]
    return Editor(
        target=subject.target,
        kind="raw" if is_raw else "fields",
        url=subject.url,
        version=sources.conversation.version,
        draft=subject.draft,
        label=subject.label,
        place=subject.place,
        tool=tool,
        tools=names if tool in names else [tool, *names],
    )


def _draw(sources: Sources, editor: Editor, *, arguments: dict[str, Any], choices: Mapping[str, int]) -> None:
    tool = sources.content.tool(editor.tool)
    if tool is None:
        editor.kind, editor.note = "raw", NO_TOOL
        return
    form = None
    if len(editor.text) <= MAX_FORM:
        form = draw(arguments, schema=tool.parameters, choices=choices, prefix=f"{editor.target}-")
    if form is None or form.kind != "group":
        editor.kind, editor.note = "raw", NO_FORM
        return
    editor.form = form


def _place(editor: Editor, tool: ToolDefinition | None, details: Details, *, arguments: dict[str, Any]) -> None:
    if editor.form is None or tool is None:
        editor.problems = details
        return
    told = explain(editor.form, details, arguments=arguments, schema=tool.parameters)
    rest = place(editor.form, details=told)
    editor.problems = told if editor.kind == "raw" else rest


def _choices(posted: Posted) -> Mapping[str, int]:
    try:
        return choices_in(json.loads(posted.get("choices", "")))
    except (ValueError, RecursionError):
        return {}
