"""Words for results: one or two sentences for each call, from what really came back."""

import json
from typing import Any

from generation.llm.demo import figures
from generation.llm.demo.memory import error_of
from generation.llm.demo.profiles import Profile
from generation.llm.demo.request import Done
from generation.llm.demo.words import stems

_TELLING = ("key", "id", "name", "title", "item", "date", "start", "text", "status", "state")


def told(call: Done, tool: Profile | None, question: str) -> list[str]:
    """What a call showed or did, in sentences; what failed is admitted."""
    if call.result is None:
        return []
    if call.failed:
        return [failure(call)]
    subject = next((value for value in call.arguments.values() if isinstance(value, str)), "")
    value = _json(call.result)
    if tool is not None and not tool.reads:
        return [deed(call, tool, value)]
    if isinstance(value, list | dict) and not is_path(subject):
        return of_json(value, subject, question, call.tool)
    if isinstance(value, list | dict):
        return [f"{subject} holds {compact(value)}."]
    return figures.facts(subject or call.tool.replace("_", " "), call.result, question)


def is_path(text: str) -> bool:
    """Whether a text looks like the path of a file."""
    return "@" not in text and "." in text.rpartition("/")[2]


def failure(call: Done) -> str:
    """A tool error in the tool's own words."""
    kind, words = error_of(call)
    subject = ", ".join(str(value) for value in call.arguments.values() if isinstance(value, str | int))[:80]
    reason = (words or kind).rstrip(".")
    return f"That did not work for {subject}: {reason}." if subject else f"That did not work: {reason}."


def deed(call: Done, tool: Profile, value: Any) -> str:
    """What a call changed: what it acted on, the values it set, and the id that came back for something new."""
    subject = tool.subject
    named = call.arguments.get(subject.name) if subject is not None else None
    others = {name: each for name, each in call.arguments.items() if subject is None or name != subject.name}
    new = next((value[key] for key in ("key", "id") if isinstance(value, dict) and key in value), None)
    head = str(
        new
        if new is not None and tool.kind == "create"
        else named
        if named is not None
        else tool.name.replace("_", " ")
    )
    if tool.kind == "create" and new is not None and named is not None and new != named:
        others = {subject.name: named, **others} if subject is not None else others
    texts = [each for each in others.values() if isinstance(each, str) and len(each) > 60]
    listed = ", ".join(
        f"{name.replace('_', ' ')} {compact(each)}" for name, each in others.items() if each not in texts
    )
    quoted = f': "{compact(texts[0])}"' if texts and "\n" not in texts[0] else ""
    verb = {"create": "Saved", "update": "Updated", "delete": "Removed", "send": "Sent to"}.get(tool.kind, "Done:")
    return f"{verb} {head}{f' ({listed})' if listed else ''}{quoted}."


def of_json(value: Any, subject: str, question: str, tool: str) -> list[str]:
    """A JSON result in sentences: a count and the items of a list, the telling fields of an object."""
    if isinstance(value, dict):
        inner = [(key, item) for key, item in value.items() if isinstance(item, list)]
        lists = [(key, item) for key, item in inner if item and isinstance(item[0], dict)] or (
            inner if len(value) <= 2 else []
        )
        if len(lists) == 1 and len(value) <= 4:
            return _of_list(
                lists[0][1], lists[0][0], question, total=value.get("total", value.get("count")), subject=subject
            )
        return [_of_object(value, question)]
    what = next((word for word in reversed(tool.split("_")) if word.endswith("s")), "entries")
    return _of_list(value, what, question, total=None, subject=subject)


def _of_list(items: list[Any], what: str, question: str, *, total: Any, subject: str) -> list[str]:
    count = total if isinstance(total, int) else len(items)
    if not items:
        return [f"There are no {what} for that."]
    listed = [_one(item) for item in items[:5]]
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    verb = "is" if count == 1 else "are"
    where = f" for {subject}" if subject else ""
    sentences = [
        f"There {verb} {count} {what if count != 1 else what.removesuffix('s')}{where}: {'; '.join(listed)}{more}."
    ]
    wanted = [ask for ask in figures.asks(question) if ask in ("highest", "lowest", "total")]
    asked = set(stems(question))
    rows = [item for item in items if isinstance(item, dict)]
    for name in [
        key
        for key, each in (rows[0].items() if rows and wanted else ())
        if isinstance(each, int | float) and set(stems(key)) & asked
    ]:
        numbers = [row[name] for row in rows if isinstance(row.get(name), int | float)]
        sentences.append(
            f"The {name.replace('_', ' ')} adds up to {figures.show(float(sum(numbers)))}."
            if "total" in wanted
            else f"The {wanted[0]} {name.replace('_', ' ')} is {figures.show(float(max(numbers) if wanted[0] == 'highest' else min(numbers)))}."
        )
    return sentences


def _one(item: Any) -> str:
    if not isinstance(item, dict):
        return compact(item)
    first = [key for key in _TELLING if key in item and not isinstance(item[key], dict | list)][:3]
    others = [
        key
        for key, each in item.items()
        if key not in first and not isinstance(each, dict | list) and each not in (None, "")
    ]
    chosen = [*first, *others[: max(0, 4 - len(first))]]
    return ", ".join(
        _field(key, item[key], bare=key in ("key", "id", "name", "title", "item", "date", "start", "text"))
        for key in chosen
    )


def _field(key: str, value: Any, *, bare: bool = False) -> str:
    return compact(value) if bare and isinstance(value, str) else f"{key.replace('_', ' ')} {compact(value)}"


def _of_object(value: dict[str, Any], question: str) -> str:
    asked = set(stems(question))
    fields = [(key, item) for key, item in value.items() if item not in (None, "", [], {})]
    named = [pair for pair in fields if _is_asked(pair[0], asked)]
    heads = [pair for pair in fields if pair[0] in _TELLING]
    chosen = dict(
        [*heads[:4], *named, *[pair for pair in fields if len(compact(pair[1])) <= 60][: max(0, 6 - len(named))]]
    )
    unset = [key for key, item in value.items() if item in (None, [], {}) and _is_asked(key, asked)]
    listed = [_field(key, item) for key, item in chosen.items()] + [f"no {key.replace('_', ' ')}" for key in unset]
    text = "; ".join(listed)
    return f"{text[:1].upper()}{text[1:]}." if text else "There is nothing in it."


def _is_asked(key: str, asked: set[str]) -> bool:
    """Whether a question speaks of a field: "assigned" of ``assignee``."""
    return any(
        one == other or (len(one) > 4 and len(other) > 4 and one[:5] == other[:5])
        for one in stems(key)
        for other in asked
    )


def compact(value: Any) -> str:
    """A JSON value as a person would write it, cut at 160 characters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, list):
        text = ", ".join(compact(item) for item in value)
    elif isinstance(value, dict):
        text = ", ".join(f"{key} {compact(item)}" for key, item in value.items())
    else:
        text = str(value).strip().rstrip(".")
    return text if len(text) <= 160 else f"{text[:157].rstrip()}…"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
