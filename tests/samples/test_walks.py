"""The shipped worlds walked through on the embedded runtime: what a call changes, a later call shows."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.conversation import Outcome
from generation.plan import Scenario
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.world import world_of
from generation.tools import ToolRegistry, violations

SAMPLES = Path(__file__).parents[2] / "studio" / "samples"
SESSION = "a-walk"
Walk = Callable[..., Any]
"""Calls a tool with these arguments; the JSON it answers, or ``(error_type, text)``."""


@pytest.fixture
def client() -> Iterator[SpinClient]:
    with embedded_spin() as client:
        yield client


def walk_through(client: SpinClient, name: str, scenario: Scenario | None = None) -> Walk:
    registry = ToolRegistry.model_validate_json((SAMPLES / f"{name}.registry.json").read_text("utf-8"))
    world = world_of(
        scenario or Scenario(prompt="A walk"),
        tools=registry.tools,
        registry_fixtures=registry.fixtures,
        registry_tables=registry.tables,
    )
    if world.has_mock_tools:
        client.seed_mock(SESSION, tools=world.tools, fixtures=world.fixtures, tables=world.tables)
    for path, content in world.seed_files.items():
        client.call("write_file", {"file_path": path, "content": content}, component="vfs", session_id=SESSION)

    def walk(tool_name: str, **arguments: Any) -> Any:
        tool = registry.tool(tool_name)
        assert tool is not None
        assert violations(arguments, tool) == []
        execution = client.execute(tool, arguments, session_id=SESSION)
        if execution.outcome is Outcome.TOOL_ERROR:
            return execution.error_type, execution.text
        return json.loads(execution.text) if tool.component == "mock" else execution.text

    return walk


def scenario(name: str, topic: str) -> Scenario:
    lines = (SAMPLES / f"{name}.scenarios.jsonl").read_text("utf-8").split("\n")
    return next(found for line in lines if line and (found := Scenario.model_validate_json(line)).topic == topic)


@pytest.fixture
def tracker(client: SpinClient) -> Walk:
    return walk_through(client, "issue-tracker")


@pytest.fixture
def house(client: SpinClient) -> Walk:
    return walk_through(client, "home")


def found(answer: dict[str, Any]) -> list[str]:
    return [issue["key"] for issue in answer["issues"]]


def test_a_created_issue_is_found_and_moves_along_the_workflow(tracker: Walk) -> None:
    created = tracker("create_issue", project="LEND", type="bug", title="Desk page logs out", labels=["login"])
    key = created["key"]
    assert found(tracker("search_issues", query="LOGS OUT")) == [key]
    assert found(tracker("search_issues", label="login", project="LEND")) == [key]
    assert key in found(tracker("search_issues", assignee=None, status="open", sprint=None))
    for status in ("in_progress", "in_review"):
        tracker("transition_issue", issue=key, status=status)
    moved = tracker("transition_issue", issue=key, status="done", resolution="fixed")
    assert moved == {"issue": key, "from": "in_review", "status": "done"}
    issue = tracker("get_issue", issue=key)
    assert (issue["status"], issue["resolution"]) == ("done", "fixed")
    assert key not in found(tracker("search_issues", status="open"))
    tracker("transition_issue", issue=key, status="open")
    assert tracker("get_issue", issue=key)["resolution"] is None


def test_created_issues_get_numbers_of_their_own(tracker: Walk) -> None:
    keys = [tracker("create_issue", project=p, type="task", title="Sweep up")["key"] for p in ("RACK", "LEND")]
    assert keys == ["RACK-140", "LEND-141"]


def test_a_transition_that_is_not_allowed_says_what_is(tracker: Walk) -> None:
    kind, text = tracker("transition_issue", issue="POCKET-121", status="done")
    assert kind == "InvalidTransition"
    assert "POCKET-121 is open" in text
    assert "in_progress, blocked or wont_do" in text
    assert tracker("get_issue", issue="POCKET-121")["status"] == "open"


def test_the_workflow_allows_what_the_tool_describes_and_nothing_else(client: SpinClient) -> None:
    ways = {
        "open": {"in_progress", "blocked", "wont_do"},
        "in_progress": {"open", "in_review", "blocked"},
        "in_review": {"in_progress", "done"},
        "blocked": {"open", "in_progress", "wont_do"},
        "done": {"open"},
        "wont_do": {"open"},
    }
    for before, after in ways.items():
        record = {"key": "LEND-500", "project": "LEND", "title": "A try", "status": before}
        for status in ways:
            world = Scenario(prompt="A try", seed_tables={"issues": {"LEND-500": record}})
            answer = walk_through(client, "issue-tracker", world)("transition_issue", issue="LEND-500", status=status)
            assert isinstance(answer, dict) == (status in after), (before, status, answer)


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("get_issue", {"issue": "LEND-999"}, "NotFound"),
        ("update_issue", {"issue": "LEND-999", "changes": {"priority": "low"}}, "NotFound"),
        ("transition_issue", {"issue": "LEND-999", "status": "done"}, "NotFound"),
        ("add_comment", {"issue": "LEND-999", "body": "Hello"}, "NotFound"),
        ("list_comments", {"issue": "LEND-999"}, "NotFound"),
        ("remove_label", {"issue": "LEND-104", "label": "photos"}, "NotFound"),
        ("link_issues", {"issue": "LEND-104", "relation": "blocks", "target": "LEND-999"}, "NotFound"),
        ("link_issues", {"issue": "LEND-104", "relation": "blocks", "target": "LEND-104"}, "InvalidLink"),
        ("search_issues", {"project": "NOPE"}, "NotFound"),
        ("create_issue", {"project": "NOPE", "type": "bug", "title": "Nowhere"}, "NotFound"),
        ("create_sprint", {"project": "NOPE", "name": "N 1", "starts": "2026-04-01", "ends": "2026-04-10"}, "NotFound"),
        ("get_user", {"email": "nobody@tallowreed.example"}, "NotFound"),
        ("assign_issue", {"issue": "RACK-135", "assignee": "nobody@tallowreed.example"}, "NotFound"),
        ("assign_issue", {"issue": "RACK-135", "assignee": "pavel.novotny@tallowreed.example"}, "Inactive"),
        ("move_to_sprint", {"issue": "LEND-109", "sprint": "sprint-11"}, "SprintClosed"),
        ("move_to_sprint", {"issue": "LEND-109", "sprint": "sprint-99"}, "NotFound"),
        ("move_to_sprint", {"issue": "LEND-107", "sprint": "sprint-12"}, "IssueFinished"),
    ],
)
def test_the_tracker_refuses_with_a_text_that_names_what_is_wrong(
    tracker: Walk, tool: str, arguments: dict[str, Any], kind: str
) -> None:
    error_type, text = tracker(tool, **arguments)
    assert error_type == kind
    assert "{{" not in text
    assert any(str(value) in text for value in arguments.values())


def test_an_issue_is_assigned_taken_back_and_moved_to_the_backlog(tracker: Walk) -> None:
    answer = tracker("assign_issue", issue="LEND-104", assignee="okello.otim@tallowreed.example")
    assert answer["assignee"] == "okello.otim@tallowreed.example"
    tracker("assign_issue", issue="LEND-104", assignee=None)
    tracker("move_to_sprint", issue="LEND-104", sprint=None)
    issue = tracker("get_issue", issue="LEND-104")
    assert (issue["assignee"], issue["sprint"]) == (None, None)


def test_an_update_leaves_the_fields_it_does_not_name(tracker: Walk) -> None:
    before = tracker("get_issue", issue="POCKET-130")
    environment = {"os": "ios", "version": "2.6.1"}
    tracker("update_issue", issue="POCKET-130", changes={"environment": environment, "due": None})
    assert tracker("get_issue", issue="POCKET-130") == {**before, "environment": environment, "due": None}


def test_labels_links_work_and_comments_add_up(tracker: Walk) -> None:
    for _ in range(2):
        labels = tracker("add_label", issue="LEND-107", label="regression")["labels"]
    assert labels == ["i18n", "mail", "regression"]
    assert tracker("remove_label", issue="LEND-107", label="mail")["labels"] == ["i18n", "regression"]
    links = tracker("link_issues", issue="LEND-106", relation="relates_to", target="LEND-109")["links"]
    assert [link["issue"] for link in links] == ["LEND-110", "LEND-109"]
    worker = "rafael.brandt@tallowreed.example"
    work = tracker("log_work", issue="POCKET-120", user=worker, hours=3.5, date="2026-03-12")["worklog"]
    assert [entry["hours"] for entry in work] == [5, 3.5]
    tracker("add_comment", issue="LEND-101", body="Holiday again.")
    comments = tracker("list_comments", issue="LEND-101")
    assert comments["total"] == 3
    assert comments["comments"][-1]["body"] == "Holiday again."


def test_a_new_sprint_is_listed_and_takes_issues(tracker: Walk) -> None:
    sprint = tracker("create_sprint", project="LEND", name="Desk 14", starts="2026-03-30", ends="2026-04-10")["id"]
    assert [row["id"] for row in tracker("list_sprints", project="LEND", state="planned")] == ["sprint-13", sprint]
    tracker("move_to_sprint", issue="LEND-109", sprint=sprint)
    assert found(tracker("search_issues", sprint=sprint)) == ["LEND-109"]


def test_a_search_counts_what_it_found_and_shows_what_it_was_asked_for(tracker: Walk) -> None:
    urgent = tracker("search_issues", project="RACK", due_before="2026-03-20")
    assert found(urgent) == ["RACK-132"]
    newest = tracker("search_issues", type="bug", sort="-created", limit=2)
    assert found(newest) == ["RACK-137", "LEND-114"]
    assert newest["total"] > 10


def test_a_scenario_s_records_stand_beside_the_registry_s(client: SpinClient) -> None:
    walk = walk_through(client, "issue-tracker", scenario("issue-tracker", "a fresh issue"))
    assert walk("get_issue", issue="LEND-142")["labels"] == ["printing"]
    assert walk("list_comments", issue="LEND-142")["total"] == 1
    assert walk("get_issue", issue="LEND-101")["status"] == "in_progress"


def test_a_light_that_was_set_is_listed_so(house: Walk) -> None:
    house("set_light", light="tilda-night-light", on=True, brightness=15, color={"hue": 120, "saturation": 70})
    night_light = next(light for light in house("list_lights", on=True) if light["id"] == "tilda-night-light")
    assert (night_light["brightness"], night_light["color"]) == (15, {"hue": 120, "saturation": 70})
    house("set_light", light="tilda-night-light", on=False)
    lights = house("list_lights", room="tilda_room")
    assert [(light["id"], light["on"], light["brightness"]) for light in lights] == [
        ("tilda-desk", True, 90),
        ("tilda-night-light", False, 15),
    ]


def test_events_are_created_moved_and_cancelled(house: Walk) -> None:
    event = house(
        "create_event",
        title="Dinner with Luís",
        date="2026-03-19",
        start="20:00",
        duration_minutes=120,
        calendar="family",
        people=["amara", "luis-ferreira"],
        reminder={"minutes_before": 60, "by": "phone"},
    )["id"]
    day = house("list_events", **{"from": "2026-03-19", "until": "2026-03-19"})
    assert [entry["id"] for entry in day["events"]] == [event, "event-24"]
    house("move_event", event=event, date="2026-03-20", start="19:30")
    mine = house("list_events", person="luis-ferreira")["events"][0]
    assert (mine["date"], mine["start"], mine["duration_minutes"]) == ("2026-03-20", "19:30", 120)
    assert house("cancel_event", event=event)["title"] == "Dinner with Luís"
    assert house("list_events", query="dinner")["total"] == 0


def test_heating_messages_and_shopping_remember(house: Walk) -> None:
    house("set_thermostat", room="living_room", target=17)
    assert house("get_thermostat", room="living_room")["target"] == 17
    assert house("get_thermostat", room="living_room")["mode"] == "heat"
    house("send_message", to="ruth-okafor", text="Lunch at 11:30.")
    newest = house("list_messages", **{"with": "ruth-okafor", "limit": 1})
    assert (newest["total"], newest["messages"][0]["text"]) == (2, "Lunch at 11:30.")
    house("add_shopping_item", item="balloons", quantity=20, unit="piece", shop="supermarket")
    house("remove_shopping_item", item="potatoes")
    items = [row["item"] for row in house("list_shopping_items", shop="supermarket")]
    assert items == ["balloons", "bananas", "oat milk"]


def test_weather_is_told_in_the_units_asked_for(house: Walk) -> None:
    toronto = house("get_current_weather", city="Toronto", units="imperial")
    assert (toronto["temperature"], toronto["unit"]) == (21.2, "fahrenheit")
    assert house("get_current_weather", city="Toronto")["temperature"] == -6
    days = house("get_forecast", **{"city": "Nairobi", "from": "2026-03-13", "days": 3})["days"]
    assert [day["date"] for day in days] == ["2026-03-13", "2026-03-14", "2026-03-15"]


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("get_current_weather", {"city": "Atlantis"}, "NotFound"),
        ("get_forecast", {"city": "Atlantis"}, "NotFound"),
        ("move_event", {"event": "event-14", "date": "2026-03-16", "start": "10:15"}, "PermissionDenied"),
        ("cancel_event", {"event": "event-25"}, "PermissionDenied"),
        ("cancel_event", {"event": "event-99"}, "NotFound"),
        ("set_light", {"light": "garden-string", "on": True}, "Unreachable"),
        ("set_light", {"light": "attic-lamp", "on": True}, "NotFound"),
        ("get_thermostat", {"room": "garden"}, "NotFound"),
        ("set_thermostat", {"room": "emeka_room", "target": 20}, "Locked"),
        ("send_message", {"to": "water-board", "text": "4412"}, "NotDelivered"),
        ("send_message", {"to": "nobody", "text": "4412"}, "NotFound"),
        ("add_shopping_item", {"item": "plasters", "quantity": 1, "unit": "pack", "shop": "pharmacy"}, "AlreadyListed"),
        ("remove_shopping_item", {"item": "caviar"}, "NotFound"),
    ],
)
def test_the_house_refuses_with_a_text_that_names_what_is_wrong(
    house: Walk, tool: str, arguments: dict[str, Any], kind: str
) -> None:
    error_type, text = house(tool, **arguments)
    assert error_type == kind
    assert "{{" not in text
    assert any(str(value) in text for value in arguments.values())


def test_the_file_tools_answer_as_their_descriptions_say(client: SpinClient) -> None:
    walk = walk_through(client, "files", scenario("files", "a file under another name"))
    assert walk("read_file", file_path="info/opening-hours.txt")[0] == "FileNotFound"
    assert "info/opening hours.txt" in json.loads(walk("list_files"))
    assert walk("read_file", file_path="info/opening hours.txt").startswith("Mon closed")


def test_an_empty_seed_file_is_there_and_empty(client: SpinClient) -> None:
    walk = walk_through(client, "files", scenario("files", "an empty notebook"))
    assert walk("read_file", file_path="notes/ideas.txt") == ""


def test_windows_line_ends_survive_the_sandbox(client: SpinClient) -> None:
    walk = walk_through(client, "files", scenario("files", "member data"))
    assert walk("read_file", file_path="imports/members.csv").count("\r\n") == 6
