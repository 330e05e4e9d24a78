"""Whatever a model replies, what holds for every conversation holds."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generation.builders.attempt import run_attempt
from generation.checks import check, is_blocked
from generation.conversation import Conversation, Ending, to_json
from generation.errors import AttemptFailed, LLMEmpty, LLMTruncated
from generation.formats.messages import chat_messages
from generation.llm.scripted import ScriptedLLM
from generation.plan import Plan
from tests.standins.file_plans import SEED_FILES, answer, call, final, overview, plan, read, step, user, write
from tests.standins.memory_session import MemorySession

CALLS = st.sampled_from(
    [
        read(),
        read("empty.txt"),
        read("absent.txt"),
        write(),
        write(content=""),
        call("list_files"),
        call("list_files", **{"k\ud800\x00": "\udfff"}),
        write(content="\ud800 \x00"),
        read(""),
        call("read_file"),
        call("no_such_tool", a=1),
        read() | {"arguments": '{"file_path": "notes.txt"}'},
        read() | {"arguments": "nonsense"},
        read() | {"arguments": [[]]},
    ]
)
STEPS = st.one_of(
    st.builds(
        lambda calls, is_final, thought: step(*calls, final=is_final, thought=thought)[1],
        st.lists(CALLS, max_size=5),
        st.booleans() | st.just(False),
        st.text(max_size=8),
    ),
    st.sampled_from(["no json at all", "{}", LLMTruncated("cut"), LLMEmpty("empty")]),
)
PLANS = st.builds(
    plan,
    mode=st.sampled_from(["single_turn", "multi_turn"]),
    turns=st.integers(1, 3),
    seed=st.integers(0, 5),
    max_agent_steps=st.integers(1, 6),
    max_calls_per_turn=st.integers(1, 5),
    max_calls=st.integers(2, 9),
    step_retries=st.integers(0, 5),
)


def attempted(its_plan: Plan, replies: list[Any]) -> tuple[Conversation, bool, ScriptedLLM, MemorySession]:
    """The conversation as far as it came, and whether it came to its end."""
    script: Mapping[str, list[Any]] = {
        "overview": [overview()[1]],
        "user_message": [user()[1]] * 3,
        "step": [*replies, *[final()[1]] * 40],
        "answer": [answer()[1]] * 3,
    }
    llm, session = ScriptedLLM(script), MemorySession(SEED_FILES)
    try:
        done = run_attempt(its_plan, llm=llm, session=session, report=lambda _: None)
    except AttemptFailed as failed:
        return failed.conversation, False, llm, session
    return done, True, llm, session


@settings(max_examples=150, deadline=None)
@given(its_plan=PLANS, replies=st.lists(STEPS, max_size=14))
def test_what_holds_for_every_conversation(its_plan, replies):
    conversation, is_done, llm, session = attempted(its_plan, replies)
    config = its_plan.config

    # every call that stands there ran, in this order, and nothing else ran
    assert session.executed == [(made.tool, made.arguments) for made in conversation.calls]
    assert all(made.is_answered for made in conversation.calls)
    assert len({made.id for made in conversation.calls}) == len(conversation.calls) <= config.max_calls
    for turn in conversation.turns:
        assert len(turn.calls) <= config.max_calls_per_turn
        assert len(turn.steps) <= config.max_agent_steps

    # every step the model wrote is a step of the conversation or stands in a note: none is lost, none is cut
    asked = sum(request.purpose == "step" for request in llm.requests)
    noted = [note for note in conversation.notes if note.code in ("rejected_step", "repeated_call", "call_limit")]
    assert asked == sum(len(turn.steps) for turn in conversation.turns) + len(noted)

    assert (session.log[0], session.log[-1]) == ("seed", "close")
    if is_done:
        assert conversation.is_complete
        assert not is_blocked(check(conversation))
        _assert_messages_alternate(conversation)
    assert to_json(attempted(its_plan, replies)[0]) == to_json(conversation)


def _assert_messages_alternate(conversation: Conversation) -> None:
    """Every call message is followed by the results of its calls and nothing else."""
    waiting: list[str] = []
    for message in chat_messages(conversation):
        if message["role"] == "tool":
            assert message["tool_call_id"] == waiting.pop(0)
            continue
        assert waiting == []
        waiting = [made["id"] for made in message.get("tool_calls", [])]
    assert waiting == []
    for turn in conversation.turns:
        assert (turn.ending is Ending.FINAL) == (bool(turn.steps) and not turn.steps[-1].calls)
