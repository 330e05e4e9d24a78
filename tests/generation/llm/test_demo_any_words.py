"""The demo model under random words and results: it never breaks, and every call it makes fits its schema."""

import json
import random
from pathlib import Path

import pytest

from generation.llm.demo import answer
from generation.tools import ToolRegistry, violations
from tests.standins.demo_requests import reply, request, step

SAMPLES = Path(__file__).parents[3] / "studio" / "samples"
WORDS = [
    "please",
    "read",
    "write",
    "file",
    "to",
    "from",
    "the",
    "a",
    "and",
    "then",
    "set",
    "status",
    "open",
    "high",
    "12",
    "2026-03-04",
    "notes/a.md",
    "Anna",
    "'x",
    "y'",
    '"t"',
    "it",
    "all",
    "both",
    "every",
    "lights",
    "off",
    "on",
    "TRK-1",
    "LEND-104",
    "with",
    "about",
    ",",
    ".",
    ":",
    "?",
    ";",
    "tell",
    "that",
    "delete",
    "7%",
    "18:30",
    "a@b.example",
    "is",
    "not",
    "null",
    "{{x}}",
    "<id>",
    "ünï",
    "日本",
    "(a)",
    "[b]",
    "*",
    "once",
    "more",
    "again",
    "instead",
    "cancel",
    "move",
    "sprint-12",
    "event-13",
    "kitchen_room",
    "piotr-zielinski",
    "\n",
    "�",
    "\x00",
]
RESULTS = [
    "[]", "{}", "null", "", "Error (NotFound): There is no such thing.", "a,b\n1,2\n", "[1,2,[3]]", '["x.md"]',
    '{"total":1,"issues":[{"key":"LEND-1","a":[1,{"b":2}]}]}', "- [x] a\n- [ ] b\n", '"text"', "1e999",
]  # fmt: skip
PATTERNS = ["", "single", "parallel", "sequential", "write_then_verify", "error_recovery"]


@pytest.mark.parametrize("name", ["files", "issue-tracker", "home"])
def test_any_words_and_results_give_valid_calls_and_no_failure(name):
    registry = ToolRegistry.model_validate_json((SAMPLES / f"{name}.registry.json").read_text("utf-8"))
    tools = [tool.model_dump(include={"name", "description", "parameters", "annotations"}) for tool in registry.tools]
    rng = random.Random(name)
    made = 0
    for seed in range(150):
        said = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 25)))
        done = [(rng.choice(tools)["name"], {}, rng.choice(RESULTS)) for _ in range(rng.randint(0, 3))]
        pattern = f"<pattern>\n{rng.choice(PATTERNS)}\n</pattern>"
        body = step(said, tools=tools, done=done, sections=pattern, seed=seed)
        for call in reply(body)["tool_calls"]:
            tool = registry.tool(call["function_name"])
            assert tool is not None, said
            assert violations(call["arguments"], tool) == [], said
            made += 1
        body["response_format"]["json_schema"]["name"] = "answer"
        assert reply(body)["content"].strip(), said
        told = f'<scenario>\n{said}\n</scenario>\n<turn number="2" of="3"/>'
        assert isinstance(reply(request("user_message", told, tools=tools))["content"], str)
    assert made > 30


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": None},
        {"messages": [1, {"role": "user"}]},
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
            "response_format": {"type": "text"},
        },
        {
            "messages": [
                {"role": "system", "content": "<tools>\nno json\n</tools>"},
                {"role": "user", "content": "<limits/>"},
            ]
        },
    ],
)
def test_requests_of_another_form_are_answered(body):
    assert json.dumps(answer(body)["choices"][0]["message"]["content"])
