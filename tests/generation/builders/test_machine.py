"""A state machine of random model replies and random sandbox replies, with crashes between them: the ten rules hold throughout.

It takes the builders' own actions one at a time. Seeding and closing (rule 6) are not among them: ``test_invariants`` holds
them over whole attempts.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from generation.builders.asking import Attempt
from generation.builders.attempt import BUILDERS, begin
from generation.builders.rebuild import rebuild
from generation.builders.state import first_open_call
from generation.checks import check, is_blocked
from generation.conversation import Call, Conversation, Ending, Outcome, digest, from_json, to_json
from generation.errors import AttemptFailed, LLMEmpty, LLMFiltered, LLMRefused, LLMUnavailable, SandboxUnavailable
from generation.formats.messages import chat_messages
from generation.llm.scripted import ScriptedLLM
from generation.plan import CALLLESS, Pattern, Plan, Rng
from generation.sandbox.execution import Execution
from generation.tools import ToolDefinition, violations
from tests.standins.file_plans import call, plan, read, step, write

OUTAGE = "connection-refused-by-10.9.8.7"
"""The word of an infrastructure failure; it must never be seen again."""

CALLS = st.sampled_from(
    [
        read(),
        read("empty.txt"),
        read("a"),
        read("b"),
        write(),
        write("a"),
        write(content="\ud800 \x00"),
        call("list_files"),
        read(""),
        call("read_file"),
        call("no_such_tool", a=1),
        read() | {"arguments": '{"file_path": "notes.txt"}'},
        read() | {"arguments": "nonsense"},
    ]
)
STEP = st.builds(
    lambda calls, is_final, thought: step(*calls, final=is_final, thought=thought)[1],
    st.lists(CALLS, min_size=1, max_size=3) | st.lists(CALLS, max_size=4),
    st.sampled_from([False] * 7 + [True]),
    st.text(max_size=6),
)
CONTENT = st.builds(
    lambda text: {"content": text}, st.sampled_from(["Yes.", "What now?", "Go on.", "So be it.", "\ud800\x00", " "])
)
ODD = st.one_of(
    st.sampled_from(["no json", "{}", '{"content": 3}', "[1]", '```json\n{"is_final": true}\n```']),
    st.builds(LLMEmpty, st.just("empty")),
    st.builds(lambda: LLMRefused("declined", text="I won't.")),
    st.builds(lambda: LLMFiltered("filtered")),
)
REPLIES = {
    "overview": st.builds(
        lambda text: {"description": text}, st.sampled_from(["A goal.", "Another.", "A third.", " "])
    ),
    "user_message": CONTENT,
    "step": STEP,
    "answer": CONTENT,
    "conclusion": st.builds(lambda verdict: {"should_conclude": verdict}, st.booleans()),
}
RESULTS = st.one_of(
    st.builds(lambda text: Execution(text=text, outcome=Outcome.OK, duration_ms=1.0), st.sampled_from(["", "[]", "milk", "\x00\ud800", "Error"])),
    st.builds(
        lambda kind: Execution(text=f"Error ({kind}): no", outcome=Outcome.TOOL_ERROR, error_type=kind, duration_ms=1.0),
        st.sampled_from(["FileNotFound", "PermissionDenied"]),
    ),
)  # fmt: skip
PLANS = st.builds(
    plan,
    mode=st.sampled_from(["single_turn", "multi_turn"]),
    turns=st.sampled_from([None, 1, 3]),
    seed=st.integers(0, 3),
    pattern=st.sampled_from([None, *[pattern.value for pattern in Pattern]]),
    max_agent_steps=st.integers(1, 5),
    max_calls_per_turn=st.integers(1, 4),
    max_calls=st.integers(2, 8),
    step_retries=st.integers(0, 5),
    min_turns=st.integers(1, 2),
    max_turns=st.integers(2, 4),
)


class Sandbox:
    """Answers what it is told to answer, and again the same when calls are replayed."""

    def __init__(self) -> None:
        self.next: Execution | None = None
        self.executed: list[tuple[str, Mapping[str, Any], Execution]] = []

    def seed(self) -> None:
        """There is nothing to put in place."""

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        if self.next is None:
            raise SandboxUnavailable(OUTAGE)
        self.executed.append((tool.name, arguments, self.next))
        return self.next

    def replay(self, calls: Sequence[Call]) -> list[tuple[Call, Execution]]:
        return [(one, execution) for one, (_, _, execution) in zip(calls, self.executed, strict=False)]

    def close(self) -> bool:
        return True


class Conversing(RuleBasedStateMachine):
    """The attempt, action by action. ``trace`` is what model and sandbox said, so that all of it can be done over again."""

    @initialize(its_plan=PLANS)
    def begin(self, its_plan: Plan) -> None:
        self.plan = its_plan
        self.rng = Rng(its_plan.seed)
        self.sandbox = Sandbox()
        self.state = begin(its_plan, rng=self.rng, model="scripted")
        self.trace: list[Any] = []
        self.asked = 0
        self.is_over = False

    @property
    def is_calling(self) -> bool:
        return first_open_call(self.state) is not None

    @precondition(lambda self: not self.is_over and not self.is_calling)
    @rule(data=st.data(), is_odd=st.integers(0, 11))
    def let_the_model_reply(self, data: st.DataObject, is_odd: int) -> None:
        purpose = self._wanted_purpose()
        if purpose is None:
            self._advance(None)
            return
        self._advance(data.draw(ODD if is_odd == 11 else REPLIES[purpose]))

    @precondition(lambda self: not self.is_over and self.is_calling)
    @rule(execution=RESULTS)
    def let_the_tool_answer(self, execution: Execution) -> None:
        self.sandbox.next = execution
        self._advance(execution)
        self.sandbox.next = None

    @precondition(lambda self: not self.is_over and self.is_calling)
    @rule()
    def let_the_sandbox_be_down(self) -> None:
        before = self.state
        with pytest.raises(SandboxUnavailable):
            self._act(None)
        assert self.state is before

    @precondition(lambda self: not self.is_over and not self.is_calling)
    @rule()
    def let_the_model_be_out_of_reach(self) -> None:
        before = self.state
        if self._wanted_purpose() is not None:
            with pytest.raises(LLMUnavailable):
                self._act(LLMUnavailable(OUTAGE))
        assert self.state is before

    @precondition(lambda self: not self.is_calling)
    @rule()
    def crash_and_take_up_again(self) -> None:
        revived = from_json(to_json(self.state))
        assert revived == self.state
        self.state = rebuild(revived, self.sandbox, report=lambda _: None)
        assert to_json(self.state) == to_json(revived)

    def _wanted_purpose(self) -> str | None:
        """What the next action will ask; None when it asks nothing."""
        asked: list[str] = []

        class Listening:
            model = "scripted"

            def ask(self, *, purpose: str, **_: Any) -> Any:
                asked.append(purpose)
                raise LLMUnavailable("only listening")

        try:
            self._builder().advance(self.state, Attempt(plan=self.plan, llm=Listening(), rng=self.rng), self.sandbox)
        except LLMUnavailable:
            return asked[0]
        return None

    def _builder(self) -> Any:
        return BUILDERS[self.state.mode]

    def _act(self, said: Any) -> Conversation | None:
        """The builders' next action, with this reply at hand if it asks. Rule 2 is held here, where the question is seen."""
        llm = ScriptedLLM({} if said is None else {purpose: [said] for purpose in REPLIES})
        attempt = Attempt(plan=self.plan, llm=llm, rng=self.rng)
        try:
            following: Conversation | None = self._builder().advance(self.state, attempt, self.sandbox)
        finally:
            for request in llm.requests:
                assert OUTAGE not in str(request.messages)
                if request.purpose in ("step", "answer"):
                    assert request.messages[1:-1] == chat_messages(self.state, system=False)
                    assert request.messages[0]["content"].startswith(self.state.system_prompt)
        self.asked += len(llm.requests)
        return following

    def _advance(self, said: Any) -> None:
        self.trace.append(said)
        try:
            following = self._act(None if isinstance(said, Execution) else said)
        except AttemptFailed as failed:
            self.state, self.is_over = failed.conversation, True
            return
        if following is None:
            self.is_over = True
        else:
            assert to_json(following) != to_json(self.state), "an action that does nothing never ends"
            self.state = following

    @invariant()
    def the_conversation_keeps_the_rules(self) -> None:
        if hasattr(self, "state"):
            _holds(self.state, self.plan, self.sandbox)

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        state, config = self.state, self.plan.config
        if self.is_over and state.is_complete:
            findings = {finding.code for finding in check(state)}
            assert not is_blocked(check(state)) or findings & {"empty_message", "infrastructure_failure"}
            assert ("no_tool_call" in findings) == (not state.calls and state.pattern not in CALLLESS)
        assert self.asked <= 1 + config.max_turns * 3 * (config.step_retries + 1) * (config.max_agent_steps + 3)
        self._do_it_all_again()

    def _do_it_all_again(self) -> None:
        """Rule 9: the same plan, seed, replies and results give the same bytes, crashes and outages or not."""
        again = Conversing()
        again.begin(self.plan)
        for said in self.trace:
            again.sandbox.next = said if isinstance(said, Execution) else None
            again._advance(said)
        assert to_json(again.state) == to_json(self.state)
        assert again.is_over == self.is_over


def _holds(state: Conversation, its_plan: Plan, sandbox: Sandbox) -> None:
    config = its_plan.config
    answered = [made for made in state.calls if made.is_answered]
    # 1: every call has its one result, in the order of execution; those without one are the last
    assert [(made.tool, made.arguments) for made in answered] == [(name, args) for name, args, _ in sandbox.executed]
    assert [made.result for made in answered] == [execution.text for _, _, execution in sandbox.executed]
    assert state.calls[: len(answered)] == answered
    assert len({made.id for made in state.calls}) == len(state.calls)
    for turn in state.turns:
        assert all(one.calls for one in turn.steps[:-1])
        assert (turn.ending is Ending.FINAL) == (bool(turn.steps) and not turn.steps[-1].calls)
        assert turn.answer is None or turn.answer.strip()
        assert turn.user.strip()
    assert all(turn.answer is not None for turn in state.turns[:-1])
    assert all("tool_calls" not in message or message["tool_calls"] for message in chat_messages(state))
    # 3: nothing is repeated with only successful reads in between, but a read that may have been stale, once
    answers: dict[tuple[str, str], list[tuple[int, str | None]]] = {}
    writes = 0
    for turn in state.turns:
        standing: set[tuple[str, str]] = set()
        for made in turn.calls:
            key = (made.tool, digest(made.arguments))
            if key in standing:
                (before, old), (after, new) = answers[key][-2:]
                assert old == new
                assert before < after
            if made.outcome is Outcome.TOOL_ERROR:
                standing = set()
            elif made.tool in ("read_file", "list_files"):
                standing.add(key)
                answers.setdefault(key, []).append((writes, made.result))
            else:
                standing = {key}
                writes += 1
    # 4: what was executed fits its tool's schema, and no question was repaired more often than allowed
    for made in state.calls:
        tool = state.tool(made.tool)
        assert tool is not None
        assert violations(made.arguments, tool) == []
    places = [(note.code, note.turn, note.step) for note in state.notes if note.code.startswith("rejected_")]
    repetitions = sum(note.code == "repeated_call" for note in state.notes)
    for place in set(places):
        assert places.count(place) <= (config.step_retries + 1) * (1 + repetitions)
    # 5: no word of an outage
    assert OUTAGE not in json.dumps(to_json(state))
    # 7: limits
    assert len(state.calls) <= config.max_calls
    assert len(state.turns) <= max(config.max_turns, its_plan.scenario.turns or 0)
    for turn in state.turns:
        assert len(turn.calls) <= config.max_calls_per_turn
        assert len(turn.steps) <= config.max_agent_steps
    # 10: it can be put down and taken up at any time
    assert from_json(to_json(state)) == state


Conversing.TestCase.settings = settings(max_examples=80, stateful_step_count=60, deadline=None)
TestConversing = Conversing.TestCase
