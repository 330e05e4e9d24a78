"""Text that models emit and databases refuse: kept to the byte in documents, made harmless in columns."""

import pytest

from generation.conversation import Outcome
from generation.plan import Config, Mode
from generation.plan import Scenario as ScenarioValue
from generation.tools import ToolDefinition, ToolRegistry
from studio.domain import edits, items, reviews, runs
from studio.domain.catalog import ensure_registry, freeze, put_tools, registry_value
from studio.domain.datasets import add_scenarios, ensure_dataset
from studio.domain.plans import plan_of
from studio.domain.saving import Save
from studio.models import Registry, Revision, Scenario
from studio.models.fields import plain_text
from tests.standins.studio_rows import claimed, file_walk, make_conversation, make_run, make_user

pytestmark = pytest.mark.django_db

HOSTILE = {
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud83db",
    "surrogates the wrong way round": "\ude00\ud83d",
    "control characters": "\x01\x1b[31m\x7f\u2028\u202e",
    "astral characters": "🙂" * 300,
    "markup": "</script><img src=x onerror=alert(1)>'\"\\",
    "one megabyte": "ä" * 1_000_000,
}


@pytest.fixture(params=HOSTILE)
def text(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


def test_a_conversation_keeps_any_text_in_every_place(text: str) -> None:
    content = file_walk(system_prompt=text, model=text, topic=text, metadata={text[:100]: text})
    content.turns[0].user = text
    content.turns[0].answer = text
    content.turns[0].steps[0].thought = text
    call = content.turns[0].steps[0].calls[0]
    call.arguments, call.result, call.reason = {"file_path": text}, text, text
    call.outcome, call.error_type = Outcome.TOOL_ERROR, text
    row = make_conversation(content=content)
    row.refresh_from_db()
    assert row.content == content
    assert Revision.objects.get(conversation=row).document == row.document


def test_edits_and_decisions_keep_any_text(text: str) -> None:
    by = make_user()
    row = make_conversation()
    row = edits.edit_text(row, save=Save(version=1, by=by, reason=text), field="answer", turn=1, text=text)
    row = edits.edit_result(
        row, save=Save(version=2, by=by), call_id="call00003", result=text, outcome=Outcome.TOOL_ERROR, error_type=text
    )
    assert row.content.turns[1].answer == text
    assert row.content.pair("call00003").call.result == text
    reviews.set_verdict(row, call_id="call00003", verdict="wrong", comment=text, by=by)
    review = reviews.reject(row, version=3, by=by, reason=text + ".")
    review.refresh_from_db()
    assert review.reason


def test_an_item_keeps_any_state_and_any_error(text: str) -> None:
    run = make_run(count=2)
    item = claimed(run)
    content = file_walk()
    content.turns[0].user = text
    assert items.save_state(item, content=content, ledger=[])
    assert items.saved_state(run.items.get(number=0)) == content
    assert items.fail_attempt(item, error=text)
    runs.stop_run(run.pk, reason=text)
    run.refresh_from_db()
    assert run.stop_reason == plain_text(text, 2000)


def test_scenarios_and_tools_keep_any_text(text: str) -> None:
    value = ScenarioValue(prompt="p", topic=text, seed_files={text[:200]: text}, seed_tables={text[:99]: {"k": {}}})
    added = add_scenarios(ensure_dataset("hostile"), scenarios=[value, value])
    assert ScenarioValue.model_validate(Scenario.objects.get().document) == value
    assert (added.new, add_scenarios(ensure_dataset("hostile"), scenarios=[value]).known) == (1, 1)
    registry = ensure_registry("hostile", name=text, description=text)
    # a schema that is not UTF-8 is refused when it is read
    schema = {"type": "object", "properties": {plain_text(text, 99): {"const": plain_text(text)}}}
    tool = ToolDefinition(name="t", description=text, parameters=schema)
    assert put_tools(registry, tools=[tool], tables={"t": {text[:99]: {"v": text}}}).added == 1
    assert put_tools(registry, tools=[tool]).unchanged == 1
    stored = registry_value(Registry.objects.get(pk=registry.pk))
    assert stored.tools[0].parameters == tool.parameters
    assert ToolRegistry.model_validate(freeze(registry).document).tables == {"t": {text[:99]: {"v": text}}}


@pytest.mark.parametrize(
    ("given", "limit", "kept"),
    [
        ("plain", None, "plain"),
        ("plain", 5, "plain"),
        ("plain", 4, "pla…"),
        ("\ud83d\ude00", None, "😀"),  # halves that belong together are one character
        ("\ud83d!", None, "\ufffd!"),
        ("a\x00", 2, "a\ufffd"),
        ("\ufeffbom", None, "\ufeffbom"),
    ],
)
def test_plain_text_changes_only_what_columns_refuse(given: str, limit: int | None, kept: str) -> None:
    assert plain_text(given, limit) == kept


def test_a_run_is_made_and_topped_up_of_tables_with_any_keys() -> None:
    tables = {"users": {text[:100]: {text[:100]: text} for text in HOSTILE.values()}}
    run = make_run(seed_tables=tables, pattern="single", mode="multi_turn", config=Config(attempts=1))
    items.fail_attempt(claimed(run), error="no")
    first, second = run.items.order_by("number")
    assert plan_of(first).scenario.seed_tables == plan_of(second).scenario.seed_tables == tables
    assert plan_of(first).mode is Mode.MULTI_TURN
