"""What the assistant is shown in a longer conversation, message by message: all that happened, and nothing of the plan."""

from typing import Any

import pytest

from generation.builders.multi_turn import NOT_REACHED, REACHED
from generation.plan import Plan, Scenario
from tests.generation.builders.test_multi_turn import seed_that_plans
from tests.standins.file_plans import (
    FILE_TOOLS,
    SEED_FILES,
    Run,
    answer,
    call,
    concludes,
    final,
    plan,
    read,
    step,
    user,
    write,
)

SECRETS = {
    "scenario": "Ada plans a SECRET-SURPRISE party.",
    "overview": "Ada will at last reveal the HIDDEN-GUEST and have him added.",
    "persona": "a WHISPERING host",
    "topic": "BIRTHDAYS",
}


def secret_plan(turns: int = 3, **config: Any) -> Plan:
    its = plan(mode="multi_turn", turns=turns, **config)
    scenario = Scenario(
        prompt=SECRETS["scenario"],
        persona=SECRETS["persona"],
        topic=SECRETS["topic"],
        mode="multi_turn",
        turns=turns,
        seed_files=SEED_FILES,
    )
    return its.model_copy(update={"scenario": scenario})


SCRIPT = [
    ("overview", {"description": SECRETS["overview"]}),
    user("Who is coming, as notes.txt has it?"),
    step(read(), read("absent.txt"), thought="Both."),
    final(),
    answer("Nobody yet."),
    user("Then write Bo down."),
    step(write(content="Bo")),
    step(read("")),  # breaks the schema: sent back
    step(read()),
    final(),
    answer("Bo is down."),
    user("Is that all?"),
    step(read()),
    step(read()),  # a repetition: hinted at
    final(),
    answer("Yes, Bo alone."),
]


def expected_history(ids: list[str]) -> list[dict[str, Any]]:
    """The messages of the whole conversation, written down by hand."""

    def called(*calls: tuple[str, str, str]) -> dict[str, Any]:
        functions = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in calls
        ]
        return {"role": "assistant", "content": "", "tool_calls": functions}

    def result(call_id: str, text: str) -> dict[str, Any]:
        return {"role": "tool", "tool_call_id": call_id, "content": text}

    notes = '{"file_path": "notes.txt"}'
    return [
        {"role": "user", "content": "Who is coming, as notes.txt has it?"},
        called((ids[0], "read_file", notes), (ids[1], "read_file", '{"file_path": "absent.txt"}')),
        result(ids[0], "buy milk"),
        result(ids[1], "Error (FileNotFound): File not found: absent.txt"),
        {"role": "assistant", "content": "Nobody yet."},
        {"role": "user", "content": "Then write Bo down."},
        called((ids[2], "write_file", '{"file_path": "notes.txt", "content": "Bo"}')),
        result(ids[2], "Successfully wrote 2 bytes to notes.txt"),
        called((ids[3], "read_file", notes)),
        result(ids[3], "Bo"),
        {"role": "assistant", "content": "Bo is down."},
        {"role": "user", "content": "Is that all?"},
        called((ids[4], "read_file", notes)),
        result(ids[4], "Bo"),
        {"role": "assistant", "content": "Yes, Bo alone."},
    ]


def test_each_question_to_the_assistant_holds_exactly_what_happened_before_it():
    run = Run(SCRIPT, secret_plan())
    conversation = run.go()
    history = expected_history([made.id for made in conversation.calls])
    asked = [(one.purpose, one.messages) for one in run.llm.requests if one.purpose in ("step", "answer")]
    # three questions of the first turn, five of the second, four of the third
    lengths = [1, 4, 4, 6, 8, 8, 10, 10, 12, 14, 14, 14]
    assert len(asked) == len(lengths)
    for (_, messages), length in zip(asked, lengths, strict=True):
        assert messages[0]["role"] == "system"
        assert messages[1:-1] == history[:length]
        assert messages[-1]["role"] == "user"


def test_nothing_of_the_hidden_plan_reaches_the_assistant():
    run = Run(SCRIPT, secret_plan())
    conversation = run.go()
    assert {one.purpose for one in run.llm.requests} == {"overview", "user_message", "step", "answer"}
    for request in run.llm.requests:
        words = str(request.messages)
        for name, secret in SECRETS.items():
            if request.purpose in ("step", "answer"):
                assert secret not in words, (request.purpose, name)
        for tag in ("scenario", "overview", "persona", "seed_files", "seed_tables"):
            assert request.purpose == "user_message" or request.purpose == "overview" or f"<{tag}" not in words
    assert conversation.overview == SECRETS["overview"]


def test_the_overview_knows_the_scenario_and_each_user_message_knows_both():
    run = Run(SCRIPT, secret_plan())
    run.go()
    (overview_asked,) = run.asked("overview")
    assert SECRETS["scenario"] in overview_asked
    for number, asked in enumerate(run.asked("user_message"), 1):
        assert SECRETS["scenario"] in asked
        assert SECRETS["overview"] in asked
        assert f'<turn number="{number}" of="3"/>' in asked
    assert "User: Then write Bo down.\nAssistant: Bo is down." in run.asked("user_message")[2]


@pytest.mark.parametrize("reached_after", [2, 3])
def test_the_goal_ends_the_conversation_at_the_first_turn_at_which_it_is_reached(reached_after):
    config = {"min_turns": 2, "max_turns": 5, "min_tool_calls": 1}
    turns = [[user(), step(read()), final(), answer()] for _ in range(reached_after)]
    script = [SCRIPT[0], *turns[0]]
    for number, turn in enumerate(turns[1:], 2):
        script += [*turn, concludes(number == reached_after)]
    run = Run(script, plan(mode="multi_turn", seed=seed_that_plans(5, **config), **config))
    conversation = run.go()
    assert len(conversation.turns) == reached_after
    verdicts = [note.detail for note in conversation.notes if note.code == "conclusion"]
    assert verdicts == [NOT_REACHED] * (reached_after - 2) + [REACHED]
    assert run.llm.remaining == 0


def test_nobody_is_asked_after_the_last_planned_turn():
    config = {"min_turns": 2, "max_turns": 2, "min_tool_calls": 0}
    script = [SCRIPT[0], *[user(), final(), answer()] * 2]
    run = Run(script, plan(mode="multi_turn", **config))
    assert len(run.go().turns) == 2
    assert "conclusion" not in {one.purpose for one in run.llm.requests}


def test_limits_count_anew_in_each_turn_but_for_the_conversation_s_own():
    script = [
        SCRIPT[0],
        *[user(), step(read(), read("empty.txt")), final(), answer()],
        *[user(), step(read(), read("empty.txt")), final(), answer()],
        *[user(), step(call("list_files")), final(), answer()],
    ]
    run = Run(script, plan(mode="multi_turn", turns=3, max_calls_per_turn=2, max_calls=5, max_agent_steps=3))
    run.go()
    limits = [line for text in run.asked("step") for line in text.splitlines() if line.startswith("<limits")]
    assert limits[0::2] == [
        '<limits steps_left="3" calls_left="2"/>',
        '<limits steps_left="3" calls_left="2"/>',
        '<limits steps_left="3" calls_left="1"/>',
    ]


def test_both_modes_show_a_turn_the_same_way():
    turn = [user(), step(read()), step(read("")), step(write()), final(), answer()]
    single = Run(turn, plan())
    several = Run([SCRIPT[0], *turn], plan(mode="multi_turn", turns=1))
    single.go()
    several.go()
    shown = [
        [(one.purpose, one.messages[1:], one.schema) for one in run.llm.requests if one.purpose in ("step", "answer")]
        for run in (single, several)
    ]
    assert shown[0] == shown[1]
    assert single.states[-1].tools == FILE_TOOLS
