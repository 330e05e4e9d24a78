import pytest

from generation.checks import check
from generation.conversation import Conversation
from tests.standins.file_plans import Run, answer, concludes, final, overview, plan, read, step, user


def seed_that_plans(turns: int, **config) -> int:
    """A seed by which this many turns are drawn; the drawing itself is tested under rule 9."""
    for seed in range(200):
        run = Run([overview(), ("user_message", KeyboardInterrupt())], plan(mode="multi_turn", seed=seed, **config))
        with pytest.raises(KeyboardInterrupt):
            run.go()
        if run.states[-1].planned_turns == turns:
            return seed
    raise AssertionError(f"no seed plans {turns} turns")


def a_turn(*calls: dict) -> list:
    return [user(), *([step(*calls)] if calls else []), final(), answer()]


def test_the_overview_comes_first_and_steers_the_user_but_never_the_assistant():
    run = Run([overview(), *a_turn(read()), *a_turn()], plan(mode="multi_turn", turns=2))
    conversation = run.go()
    hidden = overview()[1]["description"]
    assert conversation.overview == hidden
    for request in run.llm.requests:
        words = str(request.messages)
        assert (hidden in words) == (request.purpose == "user_message")
        if request.purpose in ("step", "answer"):
            assert run.plan.scenario.prompt not in words
            assert "busy cook" not in words


def test_the_user_is_told_where_it_stands_and_what_was_said_but_sees_no_calls():
    run = Run([overview(), *a_turn(read()), *a_turn()], plan(mode="multi_turn", turns=2))
    run.go()
    opening, closing = run.asked("user_message")
    assert '<turn number="1" of="2"/>' in opening
    assert "<conversation>" not in opening
    assert '<turn number="2" of="2"/>' in closing
    assert f"User: {user()[1]['content']}\nAssistant: {answer()[1]['content']}" in closing
    assert "read_file" not in closing
    assert "<seed_files>\nnotes.txt\nempty.txt\n</seed_files>" in opening


def test_a_fixed_number_of_turns_is_kept_without_asking_for_a_conclusion():
    script = [overview(), *a_turn(read(), read("empty.txt")), *a_turn(read()), *a_turn(read())]
    assert len(Run(script, plan(mode="multi_turn", turns=3, min_turns=1)).go().turns) == 3


def test_from_min_turns_on_the_goal_may_be_reached_early():
    config = {"min_turns": 2, "max_turns": 4, "min_tool_calls": 2}
    its_plan = plan(mode="multi_turn", seed=seed_that_plans(4, **config), **config)
    script = [overview(), *a_turn(read()), *a_turn(read()), concludes(False), *a_turn(), concludes(True)]
    run = Run(script, its_plan)
    conversation = run.go()
    assert (len(conversation.turns), conversation.planned_turns) == (3, 4)
    assert run.llm.remaining == 0
    judged = run.asked("conclusion")[0]
    assert 'Call: read_file {"file_path": "notes.txt"}\nResult: buy milk' in judged
    assert [note.code for note in conversation.notes] == ["conclusion", "conclusion"]


def test_before_min_tool_calls_nobody_is_asked_for_a_conclusion():
    config = {"min_turns": 1, "max_turns": 3, "min_tool_calls": 2}
    its_plan = plan(mode="multi_turn", seed=seed_that_plans(3, **config), **config)
    script = [overview(), *a_turn(read()), *a_turn(), *a_turn()]
    assert len(Run(script, its_plan).go().turns) == 3


def test_a_conversation_without_calls_left_ends_early_and_says_so():
    config = {"min_turns": 2, "max_turns": 4, "min_tool_calls": 2, "max_calls": 2}
    its_plan = plan(mode="multi_turn", seed=seed_that_plans(4, **config), **config)
    run = Run([overview(), *a_turn(read(), read("empty.txt")), *a_turn()], its_plan)
    conversation = run.go()
    assert len(conversation.turns) == 2
    assert [finding.code for finding in check(conversation)] == ["ended_early"]
    again = Run([], its_plan, continue_from=conversation)
    assert again.go() == conversation


def test_a_pattern_without_calls_may_conclude_without_calls():
    config = {"min_turns": 1, "max_turns": 3, "min_tool_calls": 2}
    its_plan = plan(mode="multi_turn", pattern="no_tool", seed=seed_that_plans(3, **config), **config)
    assert len(Run([overview(), *a_turn(), concludes(True)], its_plan).go().turns) == 1


def test_a_conversation_carries_what_its_plan_says_of_it():
    conversation = Run([overview(), *a_turn(read())], plan(mode="multi_turn", turns=1, pattern="single")).go()
    said = conversation.model_dump(
        include={"mode", "pattern", "persona", "language", "topic", "planned_turns", "model", "seed", "system_prompt"}
    )
    assert said == {
        "mode": "multi_turn",
        "pattern": "single",
        "persona": "a busy cook",
        "language": "English",
        "topic": "notes",
        "planned_turns": 1,
        "model": "scripted",
        "seed": 7,
        "system_prompt": plan().config.system_prompt,
    }
    assert [tool.name for tool in conversation.tools] == ["read_file", "write_file", "list_files"]
    assert isinstance(conversation, Conversation)
