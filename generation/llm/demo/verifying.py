"""Reading back what was changed, as far as the pattern wants it and the limits leave room."""

from generation.llm.demo.choosing import lister_of, reader_of
from generation.llm.demo.clauses import Clause
from generation.llm.demo.profiles import Profile
from generation.llm.demo.request import Done
from generation.llm.demo.situation import Situation, Wanted
from generation.llm.demo.words import stems


def verify(now: Situation) -> list[Wanted]:
    """A reading back of the last change, when it was not read since and the limits leave room."""
    pattern = now.task.section("pattern")
    if pattern in ("single", "parallel") or now.calls_left < 1 or now.steps_left < 1:
        return []
    if pattern != "write_then_verify" and now.task.rng("verify", now.message).random() < 0.3:
        return []
    by_name = {tool.name: tool for tool in now.tools}
    for index in range(len(now.done) - 1, -1, -1):
        call = now.done[index]
        tool = by_name.get(call.tool)
        if (
            tool is None
            or tool.reads
            or call.failed
            or any(by_name[later.tool].reads for later in now.done[index + 1 :] if later.tool in by_name)
        ):
            continue
        return _read_back(tool, call, now)
    return []


def _read_back(tool: Profile, call: Done, now: Situation) -> list[Wanted]:
    reader, subject = reader_of(tool, now.tools), tool.subject
    if reader is not None and subject is not None and tool.kind != "delete" and subject.name in call.arguments:
        arguments = {subject.name: call.arguments[subject.name]}
        return (
            []
            if now.was_made(reader, arguments)
            else [Wanted(reader, arguments, "Read it back to see that the change is there.")]
        )
    lister = lister_of(tool, now.tools)
    if lister is None:
        return []
    created = next((record for record in reversed(now.memory.records) if record.tool == tool.name), None)
    if created is not None:
        for other in now.tools:
            only = other.required[0] if other.reads and len(other.required) == 1 else None
            key = (
                created.values.get("key", created.values.get("id")) if only is not None and only.role == "id" else None
            )
            if only is not None and key is not None and only.accepts(key) and set(other.nouns) & set(tool.nouns):
                return [Wanted(other, {only.name: key}, "Read it back to see that it is there.")]
    words = Clause(" ".join(str(value) for value in call.arguments.values() if isinstance(value, str)), "", "read")
    filters = {
        parameter.name: call.arguments[parameter.name]
        for parameter in lister.parameters
        if parameter.name in call.arguments and parameter.accepts(call.arguments[parameter.name]) and stems(words.text)
    }
    return (
        []
        if now.was_made(lister, filters)
        else [Wanted(lister, filters, "Look at the list to see that the change is there.")]
    )
