"""Any finished conversation, hostile text included, survives each preset, or is refused with a reason."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.conversation import Call, Conversation, Outcome, Step, Turn, canonical_json, from_json, to_json
from generation.formats.exportable import Exportable
from generation.formats.lines import from_line
from generation.formats.native import NativePreset
from generation.formats.options import ExportOptions, Thoughts, ToolChoice
from generation.formats.preparing import Refused
from generation.formats.presets import PRESETS
from generation.tools import ToolDefinition

HOSTILE = [
    "",
    "\x00",
    "\ud800",
    "\udfff\ud800",
    "\ud83d",
    "\u2028\u2029\x85\x0b\x1c",
    "\u202eabc\u202c",
    "a\r\nb\n",
    "\ufeff",
    "<think>\nx\n</think>\n\ny",
    "Error (NotFound): gone",
    "null",
    "{}",
    '"\\u0000',
    "not recorded",
    "Ready to respond",
    "🙂",
]
texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=20))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
# Schemas are UTF-8: ToolDefinition refuses lone surrogates in them,.
schema_texts = texts.map(lambda text: text.encode("utf-8", "replace").decode("utf-8"))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
names = st.sampled_from(["read_file", "a", "Z-9_" * 16, "tool"])
tools = st.lists(
    st.builds(
        ToolDefinition,
        name=names,
        description=texts,
        parameters=st.fixed_dictionaries(
            {"type": st.just("object")},
            optional={
                "properties": st.dictionaries(
                    schema_texts, st.fixed_dictionaries({"description": schema_texts}), max_size=2
                ),
                "title": schema_texts,
            },
        ),
        component=st.sampled_from(["mock", "vfs"]),
        annotations=st.dictionaries(texts, json_values, max_size=2),
    ),
    unique_by=lambda tool: tool.name,
    max_size=3,
)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    failed = draw(st.booleans())
    return Call(
        id="replaced",
        tool=draw(names),
        arguments=draw(st.dictionaries(texts, json_values, max_size=3)),
        reason=draw(texts),
        result=draw(texts),
        outcome=Outcome.TOOL_ERROR if failed else Outcome.OK,
        error_type="NotFound" if failed else None,
        duration_ms=draw(st.floats(0, 1e6)),
    )


turns = st.builds(
    Turn,
    user=texts,
    steps=st.lists(st.builds(Step, thought=texts, text=texts, calls=st.lists(calls(), max_size=3)), max_size=3),
    answer=texts,
)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    conversation = draw(
        st.builds(
            Conversation,
            system_prompt=texts,
            tools=tools,
            turns=st.lists(turns, min_size=1, max_size=3),
            mode=st.sampled_from(["single_turn", "multi_turn"]),
            pattern=st.one_of(st.none(), texts),
            persona=texts,
            language=texts,
            topic=texts,
            overview=texts,
            model=texts,
            metadata=st.dictionaries(texts, json_values, max_size=2),
        )
    )
    for number, call in enumerate(conversation.calls):
        call.id = f"call{number:05d}"
    return conversation


options = st.one_of(
    st.builds(
        ExportOptions,
        system=st.booleans(),
        thoughts=st.sampled_from(Thoughts),
        split_parallel=st.booleans(),
    ),
    st.builds(
        ExportOptions,
        thoughts=st.sampled_from(Thoughts),
        tools=st.just(ToolChoice.CALLED),
        distractors=st.integers(0, 3),
    ),
)
hostile = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", PRESETS)
@hostile
@given(conversation=conversations(), options=options)
def test_any_finished_conversation_survives_or_is_refused(
    name: str, conversation: Conversation, options: ExportOptions
) -> None:
    exportable = Exportable(conversation=conversation, id="7")
    try:
        line = PRESETS[name].line(exportable, options)
    except Refused:
        # The one thing a preset may not be able to say: words that hold its own marks for thoughts.
        if options.thoughts is not Thoughts.THINK_TAGS or "think>" not in to_json(conversation):
            raise
        return
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line.decode("utf-8").splitlines()) == 1
    assert_no_null_content(json.loads(line))


def assert_no_null_content(record: dict[str, Any]) -> None:
    for message in record.get("messages", []):
        assert isinstance(message["content"], str)
        assert message.get("tool_calls", [None]) != []


@hostile
@given(conversation=conversations(), extra=st.dictionaries(texts, json_values, max_size=3))
def test_native_gives_back_everything(conversation: Conversation, extra: dict[str, Any]) -> None:
    exportable = Exportable(conversation=conversation, id="x", version=3, scenario=extra, verdicts=[extra], usage=extra)
    read = NativePreset().read_exportable(from_line(NativePreset().line(exportable, ExportOptions())))
    assert canonical_json(read.to_document()) == canonical_json(exportable.to_document())
    assert from_json(to_json(read.conversation)) == from_json(to_json(conversation))


@pytest.mark.parametrize("name", PRESETS)
def test_a_line_of_a_megabyte_survives(name: str) -> None:
    large = "ä\u2028\x00 " * 250_000
    call = Call(id="call00001", tool="read_file", arguments={"p": large}, result=large, outcome=Outcome.OK)
    conversation = Conversation(turns=[Turn(user="Read it.", steps=[Step(calls=[call])], answer="Read.")])
    line = PRESETS[name].line(Exportable(conversation=conversation), ExportOptions())
    assert len(line) > 2**20
    assert PRESETS[name].read(from_line(line)).calls[0].result == large
