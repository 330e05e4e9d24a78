"""What fixtures' actions do with a session's tables, asked through the embedded runtime."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from generation.errors import SandboxUnavailable, SeedingFailed
from generation.fixtures import Fixture
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.quota import Quota
from generation.tools import ToolDefinition

ISSUES = {
    "ENG-1": {"title": "Login fails", "state": "open", "labels": ["bug"], "points": 3, "due": "2024-05-01"},
    "ENG-2": {"title": "Dark mode", "state": "open", "labels": ["ui", "idea"], "points": 1},
    "ENG-10": {"title": "LOGIN page is slow", "state": "closed", "labels": [], "points": 2.5, "due": "2024-04-01"},
}
LIST = {"do": "list", "table": "issues"}
Action = dict[str, Any]


@pytest.fixture
def spin() -> Iterator[SpinClient]:
    with embedded_spin(Quota(records=5, total_bytes=2000)) as spin:
        yield spin


def seed(spin: SpinClient, **tools: Action | tuple[Action, object]) -> None:
    """One tool per keyword: its action, and its response when there is one."""
    fixtures = []
    for name, given in tools.items():
        action, response = given if isinstance(given, tuple) else (given, None)
        fixtures.append(Fixture.model_validate({"tool": name, "action": action, "response": response}))
    definitions = [ToolDefinition(name=name) for name in tools]
    spin.seed_mock("s1", tools=definitions, fixtures=fixtures, tables={"issues": ISSUES})


def ask(spin: SpinClient, tool: str, **arguments: Any) -> Any:
    text = spin.execute(ToolDefinition(name=tool), arguments, session_id="s1").text
    return text if text.startswith("Error") else json.loads(text)


def titles(spin: SpinClient, action: Action, **arguments: Any) -> list[str]:
    seed(spin, find={**LIST, **action})
    return [record["title"] for record in ask(spin, "find", **arguments)]


# --- one record


def test_get_answers_with_the_record_or_not_found(spin: SpinClient) -> None:
    seed(
        spin,
        get={"do": "get", "table": "issues", "key": "ENG-{{number}}", "missing": "There is no {{$key}} ({{number}})"},
        nowhere={"do": "get", "table": "users", "key": "x"},
    )
    assert ask(spin, "get", number=1) == ISSUES["ENG-1"]
    assert ask(spin, "get", number=7) == "Error (NotFound): There is no ENG-7 (7)"
    assert ask(spin, "nowhere") == "Error (NotFound): No record x"


def test_a_response_may_use_what_the_action_met(spin: SpinClient) -> None:
    response = {"id": "{{$key}}", "issue": "{{$record}}", "points": "{{$record.points}}", "say": "{{$record.title}}!"}
    seed(spin, get=({"do": "get", "table": "issues", "key": "{{id}}"}, response))
    assert ask(spin, "get", id="ENG-2") == {
        "id": "ENG-2",
        "issue": ISSUES["ENG-2"],
        "points": 1,
        "say": "Dark mode!",
    }


def test_insert_numbers_its_record_above_the_highest_key(spin: SpinClient) -> None:
    insert = {
        "do": "insert",
        "table": "issues",
        "new_key": "ENG-{{$n}}",
        "record": {"id": "{{$key}}", "number": "{{$n}}", "title": "{{title}}", "owner": "{{owner}}", "labels": []},
    }
    seed(spin, add=insert, find=LIST, get={"do": "get", "table": "issues", "key": "ENG-11"})
    added = {"id": "ENG-11", "number": 11, "title": "New", "labels": []}
    assert ask(spin, "add", title="New") == added
    assert ask(spin, "get") == added
    assert ask(spin, "add", title="Newer", owner=None)["owner"] is None
    assert len(ask(spin, "find")) == 5


def test_insert_refuses_a_key_that_is_taken(spin: SpinClient) -> None:
    seed(spin, add={"do": "insert", "table": "issues", "new_key": "{{id}}", "record": {}}, find=LIST)
    assert ask(spin, "add", id="ENG-1") == "Error (AlreadyExists): Record ENG-1 already exists"
    assert ask(spin, "find")[0] == ISSUES["ENG-1"]


def test_update_sets_appends_and_removes_what_was_given(spin: SpinClient) -> None:
    update = {
        "do": "update",
        "table": "issues",
        "key": "{{id}}",
        "set": {"state": "{{state}}", "title": "{{title}}"},
        "append": {"labels": "{{add}}", "comments": {"text": "{{comment}}", "on": "{{$key}}"}},
        "remove": {"labels": "{{drop}}"},
    }
    seed(spin, change=update, get={"do": "get", "table": "issues", "key": "{{id}}"})
    changed = ask(spin, "change", id="ENG-2", state="closed", add=["x", "y"], drop="ui", comment="done")
    assert changed == {
        "title": "Dark mode",
        "state": "closed",
        "labels": ["idea", "x", "y"],
        "points": 1,
        "comments": [{"text": "done", "on": "ENG-2"}],
    }
    assert ask(spin, "get", id="ENG-2") == changed
    assert ask(spin, "change", id="ENG-3") == "Error (NotFound): No record ENG-3"


def test_delete_answers_with_the_record_that_is_gone(spin: SpinClient) -> None:
    seed(spin, delete={"do": "delete", "table": "issues", "key": "{{id}}"}, find=LIST)
    assert ask(spin, "delete", id="ENG-1") == ISSUES["ENG-1"]
    assert ask(spin, "delete", id="ENG-1") == "Error (NotFound): No record ENG-1"
    assert len(ask(spin, "find")) == 2


def test_a_written_record_is_no_alias_of_another(spin: SpinClient) -> None:
    seed(
        spin,
        get={"do": "get", "table": "issues", "key": "ENG-2"},
        link={"do": "update", "table": "issues", "key": "ENG-2", "set": {"old": "{{$record}}"}},
        label={"do": "update", "table": "issues", "key": "ENG-2", "append": {"labels": "new"}},
    )
    ask(spin, "link")
    ask(spin, "label")
    assert ask(spin, "get")["old"] == ISSUES["ENG-2"]


# --- lists


@pytest.mark.parametrize(
    ("action", "arguments", "found"),
    [
        ({"where": {"state": "{{state}}"}}, {"state": "open"}, [1, 2]),
        ({"where": {"state": "{{state}}"}}, {}, [1, 2, 10]),
        ({"where": {"labels": "{{label}}"}}, {"label": "bug"}, [1]),
        ({"where": {"labels": "{{labels}}"}}, {"labels": ["idea", "ui"]}, [2]),
        ({"where": {"due": None}}, {}, [2]),
        ({"where": {"points": 1.0}}, {}, [2]),
        ({"where": {"points": True}}, {}, []),
        ({"search": ["title", "labels"], "text": "{{q}}"}, {"q": "login"}, [1, 10]),
        ({"search": ["title", "labels"], "text": "{{q}}"}, {"q": "BUG"}, [1]),
        ({"search": ["title"], "text": "{{q}}"}, {"q": ""}, [1, 2, 10]),
        ({"search": ["title"], "text": "{{q}}"}, {}, [1, 2, 10]),
        ({"at_least": {"points": "{{min}}"}, "at_most": {"points": "{{max}}"}}, {"min": 2, "max": 2.5}, [10]),
        ({"at_least": {"points": "{{min}}"}}, {"min": None}, [1, 2, 10]),
        ({"at_least": {"due": "{{from}}"}}, {"from": "2024-04-15"}, [1]),
        ({"at_most": {"due": "{{to}}"}}, {"to": 2024}, []),
        ({"sort": "points"}, {}, [2, 10, 1]),
        ({"sort": "-points"}, {}, [1, 10, 2]),
        ({"sort": "-due"}, {}, [1, 10, 2]),
        ({"sort": "due"}, {}, [10, 1, 2]),
        ({"sort": "{{by}}"}, {}, [1, 2, 10]),
        ({"sort": "-{{by}}"}, {"by": "points"}, [1, 10, 2]),
        ({"sort": "state"}, {}, [10, 1, 2]),
        ({"limit": 2}, {}, [1, 2]),
        ({"limit": "{{limit}}"}, {"limit": 1}, [1]),
        ({"limit": "{{limit}}"}, {"limit": 0}, []),
        ({"limit": "{{limit}}"}, {}, [1, 2, 10]),
    ],
)
def test_a_list_finds(spin: SpinClient, action: Action, arguments: dict[str, Any], found: list[int]) -> None:
    assert titles(spin, action, **arguments) == [ISSUES[f"ENG-{number}"]["title"] for number in found]


def test_a_list_counts_what_it_found_before_the_limit_and_shows_its_fields(spin: SpinClient) -> None:
    seed(
        spin,
        find=(
            {**LIST, "where": {"state": "open"}, "limit": 1, "fields": ["title", "due"]},
            {"total": "{{$count}}", "issues": "{{$records}}", "say": "{{$count}} found"},
        ),
    )
    shown = {"title": "Login fails", "due": "2024-05-01"}
    assert ask(spin, "find") == {"total": 2, "issues": [shown], "say": "2 found"}


@pytest.mark.parametrize("limit", [-1, 1.5, "many", True])
def test_a_limit_that_is_no_count_is_the_callers_mistake(spin: SpinClient, limit: object) -> None:
    seed(spin, find={**LIST, "limit": "{{limit}}"})
    assert ask(spin, "find", limit=limit).startswith("Error (InvalidArguments): limit must be a whole number")


# --- bounds and faults


def test_a_session_holds_so_many_records_and_bytes(spin: SpinClient) -> None:
    insert = {"do": "insert", "table": "notes", "new_key": "{{$n}}", "record": {"text": "{{text}}"}}
    drop = {"do": "delete", "table": "notes", "key": "{{key}}"}
    seed(spin, add=insert, drop=drop, find={"do": "list", "table": "notes"})
    assert (
        ask(spin, "add", text="x" * 2000) == "Error (QuotaExceeded): Quota exceeded: a session holds at most 2000 bytes"
    )
    assert ask(spin, "add", text="x" * 1500)["text"] == "x" * 1500
    assert ask(spin, "add", text="x" * 500).startswith("Error (QuotaExceeded)")
    ask(spin, "drop", key="1")
    assert ask(spin, "add", text="x" * 500)["text"] == "x" * 500
    ask(spin, "add", text="fifth")
    assert ask(spin, "add", text="sixth") == "Error (QuotaExceeded): Quota exceeded: a session holds at most 5 records"
    assert len(ask(spin, "find")) == 2


def test_tables_beyond_the_quota_are_refused_before_anything_changes(spin: SpinClient) -> None:
    seed(spin, find=LIST)
    with pytest.raises(SeedingFailed, match="5 records"):
        spin.seed_mock("s1", tools=[], fixtures=[], tables={"t": {str(key): {} for key in range(6)}})
    assert len(ask(spin, "find")) == 3


def test_a_fixture_that_can_not_be_carried_out_is_no_tool_result(spin: SpinClient) -> None:
    seed(spin, change={"do": "update", "table": "issues", "key": "ENG-1", "append": {"title": "x"}})
    with pytest.raises(SandboxUnavailable, match="'title' is no array"):
        ask(spin, "change")
