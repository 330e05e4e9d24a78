"""The mock component of the embedded runtime: which answer is chosen, and what templates become."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from generation import fixtures
from generation.conversation import Outcome
from generation.fixtures import Fixture
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import EmbeddedRuntime, embedded_spin
from generation.sandbox.quota import Quota
from generation.sandbox.templates import fill
from generation.tools import ToolDefinition

TOOL = ToolDefinition(name="tool", description="Does it")
SESSION = "s1"


@pytest.fixture
def spin() -> Iterator[SpinClient]:
    with embedded_spin() as spin:
        yield spin


def seed(spin: SpinClient, *fixtures: dict[str, Any], session_id: str = SESSION, **tables: Any) -> None:
    loaded = [Fixture.model_validate({"tool": "tool", **fixture}) for fixture in fixtures]
    spin.seed_mock(session_id, tools=[TOOL], fixtures=loaded, tables=tables)


def ask(spin: SpinClient, *, session_id: str = SESSION, **arguments: Any) -> Any:
    execution = spin.execute(TOOL, arguments, session_id=session_id)
    if execution.outcome is Outcome.TOOL_ERROR:
        return execution.text
    try:
        return json.loads(execution.text)
    except ValueError:
        return execution.text


# --- choosing


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, None, True),
        ({"a": [1, 2]}, {"a": [1.0, 2]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [2, 1], False),
        ("a,b", "a,b", True),
    ],
)
def test_a_fixture_fits_by_json_equality(spin: SpinClient, wanted: object, given: object, fits: bool) -> None:
    seed(spin, {"match": {"x": wanted}, "response": "fits"}, {"response": "else"})
    assert ask(spin, x=given, other=1) == ("fits" if fits else "else")


def test_null_in_a_match_is_not_an_absent_argument(spin: SpinClient) -> None:
    seed(spin, {"match": {"x": None}, "response": "is null"}, {"response": "else"})
    assert (ask(spin, x=None), ask(spin)) == ("is null", "else")


def test_priority_goes_before_conditions_and_those_before_order(spin: SpinClient) -> None:
    seed(
        spin,
        {"match": {"a": 1}, "response": "first of one"},
        {"match": {"a": 1, "b": 1}, "response": "two"},
        {"match": {"b": 1}, "response": "second of one"},
        {"match": {"c": 1}, "when": [{"table": "t", "key": "1"}], "response": "match and state"},
        {"match": {"d": 1}, "priority": 1, "response": "preferred"},
        t={"1": {}},
    )
    assert ask(spin, a=1) == "first of one"
    assert ask(spin, a=1, b=1) == "two"
    assert ask(spin, b=1, c=1) == "match and state"
    assert ask(spin, a=1, b=1, d=1) == "preferred"


def test_a_fixture_applies_in_its_state_only(spin: SpinClient) -> None:
    seed(
        spin,
        {"when": [{"table": "issues", "key": "{{id}}", "has": {"state": "closed"}}], "response": "closed"},
        {"when": [{"table": "issues", "key": "{{id}}", "exists": False}], "response": "unknown"},
        {"when": [{"table": "issues", "key": "{{id}}", "has": {"labels": "bug"}}], "response": "a bug"},
        {"response": "other"},
        issues={"1": {"state": "closed"}, "2": {"state": "open", "labels": ["ui", "bug"]}, "3": {"state": "open"}},
    )
    assert [ask(spin, id=id) for id in ("1", "2", "3", "4")] == ["closed", "a bug", "other", "unknown"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_condition_on_a_record_nobody_named_never_holds(spin: SpinClient, exists: bool) -> None:
    condition = {"table": "users", "key": "{{who}}", "exists": exists}
    seed(spin, {"when": [condition], "response": "about somebody"}, {"response": "about nobody"}, users={"Ada": {}})
    assert (ask(spin), ask(spin, who=None)) == ("about nobody", "about nobody")
    assert ask(spin, who="Ada" if exists else "Bob") == "about somebody"


def test_the_mock_response_goes_before_a_fixture_without_conditions(spin: SpinClient) -> None:
    fixtures = [{"match": {}, "response": "empty match"}, {"match": {"a": 1}, "response": "one"}]
    spin.load_schema([{"name": "tool", "mockResponse": None, "mockFixtures": fixtures}])
    assert ask(spin) is None
    assert ask(spin, a=1) == "one"
    spin.load_schema([{"name": "tool", "mockFixtures": fixtures}])
    assert ask(spin) == "empty match"


def test_a_tool_without_answers_echoes(spin: SpinClient) -> None:
    seed(spin)
    assert ask(spin, a=[1]) == {
        "tool": "tool",
        "description": "Does it",
        "input_received": {"a": [1]},
        "mock_result": "Successfully executed tool",
        "status": "success",
    }


def test_a_fixture_may_answer_with_an_error(spin: SpinClient) -> None:
    seed(spin, {"error": {"type": "PermissionDenied", "message": "{{who}} may not"}})
    assert ask(spin, who="Ada") == "Error (PermissionDenied): Ada may not"


# --- state and sequences


def documented_fixtures() -> list[dict[str, Any]]:
    """The examples of the contract, read where they stand."""
    text = re.sub(r"\s*\n\s+", " ", fixtures.__doc__ or "")
    examples = re.findall(r'\{"tool": .*?\}(?=\n| \{"tool"| \*\*|\s*$)', text)
    return [json.loads(example) for example in examples]


def test_the_documented_state_transition_works_as_it_says(spin: SpinClient) -> None:
    cancelling = [one | {"tool": "tool"} for one in documented_fixtures() if one["tool"] == "cancel_build"]
    assert len(cancelling) == 3
    seed(spin, *cancelling, builds={"b1": {"state": "running"}, "b2": {"state": "done"}})
    assert ask(spin, id="b1") == "b1 is cancelled"
    assert ask(spin, id="b1") == "Error (Conflict): b1 is not running any more"
    assert ask(spin, id="b2") == "Error (Conflict): b2 is not running any more"
    assert ask(spin, id="b3") == "Error (NotFound): No build b3"


def test_the_documented_sequence_works_as_it_says(spin: SpinClient) -> None:
    seed(spin, *(one | {"tool": "tool"} for one in documented_fixtures() if one["tool"] == "get_job"))
    assert [ask(spin, id=7)["state"] for _ in range(4)] == ["queued", "running", "done", "done"]
    assert ask(spin, id=8)["status"] == "success"  # no fixture: the echo


def test_each_session_and_each_fixture_has_a_sequence_of_its_own(spin: SpinClient) -> None:
    fixtures_of_both = [{"responses": ["a1", "a2"]}, {"match": {"b": True}, "responses": ["b1 of {{b}}", None]}]
    for session_id in ("one", "other"):
        seed(spin, *fixtures_of_both, session_id=session_id)
    assert [ask(spin, session_id="one") for _ in range(2)] == ["a1", "a2"]
    assert [ask(spin, session_id="other"), ask(spin, session_id="other", b=True)] == ["a1", "b1 of true"]
    assert [ask(spin, session_id="one", b=True) for _ in range(3)] == ["b1 of true", None, None]
    seed(spin, *fixtures_of_both, session_id="one")
    assert ask(spin, session_id="one") == "a1"


def test_a_sequence_goes_with_an_action_that_succeeds(spin: SpinClient) -> None:
    action = {"do": "update", "table": "t", "key": "{{id}}", "append": {"log": "seen"}}
    seed(spin, {"action": action, "responses": ["first {{$record.log}}", {"then": "{{$record.log}}"}]}, t={"1": {}})
    assert ask(spin, id="2") == "Error (NotFound): No record 2"
    assert [ask(spin, id="1"), ask(spin, id="1")] == ['first ["seen"]', {"then": ["seen", "seen"]}]


@pytest.mark.parametrize("other", [{"response": 1}, {"error": {"type": "T", "message": "m"}}])
def test_a_fixture_answers_in_one_way(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="one way"):
        Fixture.model_validate({"tool": "tool", "responses": [1], **other})


# --- templates


@pytest.mark.parametrize(
    ("response", "filled"),
    [
        ("{{n}}", 5),
        ("{{ n }}", 5),
        ("n is {{n}}, {{flag}}, {{list}}", 'n is 5, true, [1,"ü"]'),
        ("{{user.name}} of {{user.team.name}}", "Ada of Core"),
        (
            {"user": "{{user.team}}", "deep": ["{{n}}", {"n": "{{n}}"}]},
            {"user": {"name": "Core"}, "deep": [5, {"n": 5}]},
        ),
        ({"gone": "{{nowhere}}", "kept": "{{null}}"}, {"kept": None}),
        (["{{nowhere}}", "{{user.nowhere}}", 1], [1]),
        ("[{{nowhere}}]", []),
        ("{{nowhere}}", None),
        ("{{sly}}", "{{n}}"),
        ("-{{sly}}-", "-{{n}}-"),
        ("{{due-date}}", "today"),
        ("{not} {{}} one", "{not} {{}} one"),
        (7, 7),
    ],
)
def test_a_template_is_filled_once(spin: SpinClient, response: object, filled: object) -> None:
    seed(spin, {"response": response})
    arguments = {
        "n": 5,
        "flag": True,
        "list": [1, "ü"],
        "null": None,
        "sly": "{{n}}",
        "user": {"name": "Ada", "team": {"name": "Core"}},
        "due-date": "today",
    }
    assert ask(spin, **arguments) == filled


def test_a_smuggled_template_stays_text_in_a_record(spin: SpinClient) -> None:
    seed(
        spin,
        {
            "action": {"do": "insert", "table": "t", "new_key": "{{$n}}", "record": {"title": "{{title}}", "n": 1}},
            "response": "{{$record.title}} {{$key}}",
        },
    )
    assert ask(spin, title="{{$key}}{{title}}") == "{{$key}}{{title}} 1"


def test_the_components_own_templates_are_text_and_unknown_ones_stay(spin: SpinClient) -> None:
    spin.load_schema([{"name": "tool", "mockResponse": {"n": "{{n}}", "s": "{{s}} {{nowhere}}"}}])
    assert ask(spin, n=5, s="{{n}}") == {"n": "5", "s": "{{n}} {{nowhere}}"}


@pytest.mark.parametrize(
    "fixture",
    [
        {"response": "{{x}}" * 50},
        {"response": ["{{x}}"] * 50},
        {"error": {"type": "E", "message": "{{x}}" * 50}},
        {"action": {"do": "insert", "table": "t", "new_key": "{{$n}}", "record": {"a": "{{x}}" * 50}}},
        {"when": [{"table": "t", "key": "{{x}}" * 50}], "response": 1},
    ],
    ids=["text", "list", "error", "record", "condition"],
)
def test_a_short_fixture_does_not_unfold_into_gigabytes(spin: SpinClient, fixture: dict[str, Any]) -> None:
    seed(spin, fixture)
    assert ask(spin, x="a" * 200_000).startswith("Error (QuotaExceeded): Quota exceeded: an answer is filled")


def test_a_response_of_the_service_does_not_unfold_either(spin: SpinClient) -> None:
    spin.load_schema([{"name": "tool", "mockResponse": {str(number): "{{x}}" for number in range(50)}}])
    assert ask(spin, x="a" * 200_000).startswith("Error (QuotaExceeded)")


@pytest.mark.parametrize("text", ["{{" + " " * 50_000, "{{a" + " " * 50_000, "{{" * 50_000, "{{ a " * 20_000])
def test_templates_that_never_end_are_text_at_once(text: str) -> None:
    begun = time.thread_time()
    assert fill({"a": text}, {"a": 1}) == {"a": text}
    assert time.thread_time() - begun < 2


# --- sessions and loading


def test_a_session_sees_its_own_tools_before_those_of_the_service(spin: SpinClient) -> None:
    spin.load_schema([{"name": "tool", "mockResponse": "shared"}, {"name": "other"}])
    seed(spin, {"response": "own"})
    assert (ask(spin), ask(spin, session_id="s2")) == ("own", "shared")
    assert [tool["name"] for tool in spin.list_mock_tools(session_id=SESSION)] == ["other", "tool"]
    spin.clear_mock(session_id=SESSION)
    assert ask(spin) == "shared"
    spin.clear_mock()
    assert ask(spin) == "Error (UnknownTool): Unknown tool: tool"


def test_seeding_again_replaces_all_a_session_has(spin: SpinClient) -> None:
    seed(spin, {"response": "old"}, t={"1": {}})
    seed(spin, {"action": {"do": "list", "table": "t"}})
    assert ask(spin) == []


def test_a_fixture_for_the_same_arguments_replaces_the_earlier_one(spin: SpinClient) -> None:
    spin.load_schema([{"name": "tool"}])
    assert spin.add_fixture("tool", match={"a": 1, "b": 2}, response="old") == 1
    assert spin.add_fixture("tool", match={"b": 2.0, "a": 1}, response="new") == 1
    assert spin.add_fixture("tool", match={"a": True}, response="true") == 2
    assert ask(spin, a=1, b=2) == "new"


def test_tools_are_loaded_from_yaml_with_json_types_only() -> None:
    with httpx.Client(transport=EmbeddedRuntime(Quota()), base_url="http://spin.test") as http:
        text = "tools:\n- name: tool\n  mockResponse: {day: 2024-05-01, n: 1, yes: true}\n"
        assert http.post("/mock/load-schema", content=text).json() == {"loaded": 1, "tools": ["tool"]}
        result = http.post("/mock/execute", json={"name": "tool", "arguments": {}}).json()["result"]
        assert result == {"day": "2024-05-01", "n": 1, "true": True}


@pytest.mark.parametrize(
    "text", ["}{", "tools: 3", "- description: nameless", "- !!python/name:os.system", "? [a]\n: b"]
)
def test_a_schema_that_can_not_be_read_is_500_in_plain_text(text: str) -> None:
    with httpx.Client(transport=EmbeddedRuntime(Quota()), base_url="http://spin.test") as http:
        reply = http.post("/mock/load-schema", content=text)
        assert (reply.status_code, reply.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")


def test_the_runtime_pulls_from_no_other_server() -> None:
    with httpx.Client(transport=EmbeddedRuntime(Quota()), base_url="http://spin.test") as http:
        reply = http.post("/mock/pull", json={"url": "http://example.com"})
        assert reply.status_code == 502
        assert "error" in reply.json()


@pytest.mark.parametrize("route", ["execute", "update-response", "add-fixture", "seed"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"name": 3}', b'{"arguments": {}}'])
def test_a_request_that_can_not_be_read_is_an_invalid_request(route: str, body: bytes) -> None:
    with httpx.Client(transport=EmbeddedRuntime(Quota()), base_url="http://spin.test") as http:
        reply = http.post(f"/mock/{route}", content=body, headers={"X-Session-Id": "s"})
        assert (reply.status_code, reply.json()["error_type"]) == (400, "InvalidRequest")
