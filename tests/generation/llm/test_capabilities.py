"""How an endpoint's abilities are found, remembered, and not mislearned."""

from typing import Any

import pytest

from generation.errors import LLMMalformed, LLMRejected
from generation.llm.capabilities import Capabilities, Profile, adapted
from generation.llm.settings import Strategy
from tests.generation.llm.replies import Bench, Count, three
from tests.standins import faults
from tests.standins.openai_server import OpenAIServer

LADDER: list[tuple[set[str], Strategy]] = [
    (set(), Strategy.JSON_SCHEMA),
    ({"json_schema"}, Strategy.TOOL),
    ({"json_schema", "tools"}, Strategy.JSON_OBJECT),
    ({"json_schema", "tools", "json_object"}, Strategy.TEXT),
]


@pytest.mark.parametrize(("refuses", "strategy"), LADDER)
def test_the_surest_way_the_endpoint_takes_is_found_once_and_remembered(refuses: set[str], strategy: Strategy) -> None:
    with OpenAIServer(three, refuses=refuses) as server, Bench(server.base_url) as bench:
        assert bench.ask().count == 3
        probing = len(server.requests)
        assert probing == len(refuses) + 1
        assert bench.endpoint.client().ask(purpose="count", messages=[], reply=Count).count == 3
        assert len(server.requests) == probing + 1
        assert bench.endpoint.capabilities.profile().strategy is strategy


def test_a_forced_tool_call_names_the_question_and_carries_its_schema() -> None:
    with OpenAIServer(three) as server, Bench(server.base_url, structured_output="tool") as bench:
        assert bench.ask().count == 3
    body = server.requests[0].body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "count"}}
    assert "count" in body["tools"][0]["function"]["parameters"]["properties"]
    assert "response_format" not in body


@pytest.mark.parametrize("strategy", ["json_object", "text"])
def test_without_a_field_for_it_the_schema_stands_in_the_system_message(strategy: str) -> None:
    with OpenAIServer(three) as server, Bench(server.base_url, structured_output=strategy) as bench:
        assert bench.ask().count == 3
        bench.ask(messages=[{"role": "user", "content": "How many?"}])
    first, second = (request.body["messages"] for request in server.requests)
    assert first[0]["content"].startswith("Be exact.\n\nAnswer with one JSON object")
    assert '"count"' in first[0]["content"]
    assert second[0]["role"] == "system"


@pytest.mark.parametrize("field", ["seed", "temperature", "max_tokens"])
def test_a_field_the_model_does_not_take_is_left_out_from_then_on(field: str) -> None:
    with OpenAIServer(three, refuses={field}) as server, Bench(server.base_url) as bench:
        bench.ask()
        bench.ask()
        assert [field in request.body for request in server.requests] == [True, False, False]
        assert bench.endpoint.capabilities.profile().strategy is Strategy.JSON_SCHEMA
    if field == "max_tokens":
        assert server.requests[1].body["max_completion_tokens"] == 2000


def test_a_rejection_that_no_other_way_cures_teaches_nothing() -> None:
    odd = faults.status(400, message="response_format and tools are fine, but the grammar of this request is not")
    with OpenAIServer(three, faults=[odd] * 4) as server, Bench(server.base_url) as bench:
        with pytest.raises(LLMRejected):
            bench.ask()
        assert bench.ask().count == 3
        assert len(server.requests) == 5
    assert "json_schema" in str(server.requests[-1].body["response_format"])


def test_one_schema_the_endpoint_can_not_take_does_not_weaken_the_others() -> None:
    invalid = faults.status(400, message="Invalid schema for response_format 'count': too many properties.")
    narrow = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    with OpenAIServer(three, faults=[invalid]) as server, Bench(server.base_url) as bench:
        bench.ask(schema=narrow)
        bench.ask(schema=narrow)
        bench.ask()
    asked_by_tool = ["tool_choice" in request.body for request in server.requests]
    assert asked_by_tool == [False, True, True, False]


def test_a_server_that_ignores_the_schema_is_asked_differently() -> None:
    def ignorant(body: dict[str, Any]) -> Any:
        return "Well, three I suppose." if "response_format" in body else {"count": 3}

    with OpenAIServer(ignorant) as server, Bench(server.base_url) as bench:
        for _ in range(2):
            with pytest.raises(LLMMalformed):
                bench.ask()
        assert bench.ask().count == 3


def test_a_strategy_that_worked_once_survives_bad_replies() -> None:
    spoiled = [None, *[faults.PROSE] * 4]
    with OpenAIServer(three, faults=spoiled) as server, Bench(server.base_url) as bench:
        bench.ask()
        for _ in range(4):
            with pytest.raises(LLMMalformed):
                bench.ask()
        assert bench.endpoint.capabilities.profile().strategy is Strategy.JSON_SCHEMA


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ("This model does not support response_format json_schema", {"strategy": Strategy.TOOL}),
        ("No endpoints found that can handle the requested parameters.", {"strategy": Strategy.TOOL}),
        ("[{'loc': ['body', 'response_format'], 'msg': 'extra fields not permitted'}]", {"strategy": Strategy.TOOL}),
        ("Unsupported parameter: 'max_tokens', use 'max_completion_tokens'", {"limit_field": "max_completion_tokens"}),
        (
            "'temperature' does not support 0.7 with this model. Only the default (1) value",
            {"withheld": {"temperature"}},
        ),
        ("Unrecognized request argument supplied: seed", {"withheld": {"seed"}}),
    ],
)
def test_a_refusal_is_read_as_what_to_change(refusal: str, expected: dict[str, Any]) -> None:
    changed = adapted(Profile(), refusal)
    assert changed is not None
    assert {name: getattr(changed, name) for name in expected} == expected


@pytest.mark.parametrize(
    "refusal",
    [
        "max_tokens is too large: 100000",
        "temperature must be between 0 and 2",
        "The model `x` does not exist",
        "messages with role 'tool' must follow a message with 'tool_calls'",
        "",
    ],
)
def test_other_refusals_are_no_reason_to_ask_differently(refusal: str) -> None:
    assert adapted(Profile(), refusal) is None


def test_what_two_threads_found_at_once_is_both_remembered() -> None:
    capabilities = Capabilities()
    capabilities.remember(Profile(withheld=frozenset({"seed"})))
    capabilities.remember(Profile(strategy=Strategy.JSON_OBJECT, limit_field="max_completion_tokens"))
    capabilities.remember(Profile())
    assert capabilities.profile() == Profile(
        strategy=Strategy.JSON_OBJECT, limit_field="max_completion_tokens", withheld=frozenset({"seed"})
    )
