"""Datasets, scenarios and tools: what one reads there."""

from django.test import Client

from studio.models import Fixture, Tool
from tests.standins.page_rows import make_conversation, make_dataset, make_registry, make_run, make_scenario


def test_a_dataset_shows_how_far_it_is_and_where_to_go(as_lead: Client) -> None:
    dataset = make_dataset(slug="one", guidelines="Read <each> pair.")
    make_run(dataset)
    for status in ("needs_review", "needs_review", "approved"):
        make_conversation(dataset, status=status)
    page = as_lead.get("/datasets/one/").content.decode()
    assert 'max="3" value="1"' in page
    assert "Read &lt;each&gt; pair." in page
    assert "/review/next/?dataset=one" in page
    assert "/conversations/?dataset=one&amp;status=needs_review" in page
    assert "/scenarios/?dataset=one" in page
    assert "1 scenario" in page


def test_an_annotator_reads_a_dataset_without_what_was_withheld(as_annotator: Client) -> None:
    dataset = make_dataset(slug="one")
    make_conversation(dataset, status="withheld")
    page = as_annotator.get("/datasets/one/").content.decode()
    assert "Withheld" not in page
    assert "0 conversations" in page
    assert "New run" not in page


def test_a_dataset_that_is_not_there_is_not_found(as_lead: Client) -> None:
    assert as_lead.get("/datasets/nowhere/").status_code == 404


def test_scenarios_are_found_by_dataset_and_words(as_annotator: Client) -> None:
    one, two = make_dataset(slug="one"), make_dataset(slug="two")
    zebra = make_scenario(one, prompt="Feed the zebra")
    make_scenario(one, prompt="Feed the cat", topic="pets")
    make_scenario(two, prompt="Wash the zebra")
    assert as_annotator.get("/scenarios/?dataset=one&q=ZEBRA").context["page"].rows == [zebra]
    assert len(as_annotator.get("/scenarios/?q=pets").context["page"].rows) == 1
    assert len(as_annotator.get("/scenarios/").context["page"].rows) == 3


def test_a_scenario_shows_its_world_as_text_and_what_was_made(as_annotator: Client) -> None:
    scenario = make_scenario(
        make_dataset(),
        seed_files={"a<b>.txt": "<script>"},
        seed_tables={"users": {"u1": {"n": 1}}},
        tools=["needed_tool"],
    )
    made = make_conversation(scenario.dataset, scenario=scenario)
    hidden = make_conversation(scenario.dataset, scenario=scenario, status="withheld")
    page = as_annotator.get(f"/scenarios/{scenario.pid}/").content.decode()
    assert "&lt;script&gt;" in page
    assert "a&lt;b&gt;.txt" in page
    assert "needed_tool" in page
    assert "u1" in page
    assert made.pid in page
    assert hidden.pid not in page


def test_a_tool_shows_its_arguments_and_how_many_fixtures_it_has(as_annotator: Client) -> None:
    registry = make_registry(slug="kit")
    Fixture.objects.create(
        tool=Tool.objects.get(registry=registry, name="search_issues"), document={"response": "\ud800<x>"}
    )
    page = as_annotator.get("/registries/kit/tools/search_issues/").content.decode()
    assert "<code>author.mail</code>" in page
    assert "1 fixture" in page
    assert '<span class="odd">[U+D800]</span>&lt;x&gt;' in page
    assert "/admin/" not in page


def test_registries_count_their_tools(as_annotator: Client, as_admin: Client) -> None:
    registry = make_registry(slug="kit")
    (row,) = as_annotator.get("/registries/").context["page"].rows
    assert (row, row.tool_count, row.fixture_count) == (registry, 3, 0)
    assert "search_issues" in as_annotator.get("/registries/kit/").content.decode()
    assert f"/admin/studio/registry/{registry.pk}/change/" in as_admin.get("/registries/kit/").content.decode()


def test_what_is_not_there_is_not_found(as_annotator: Client) -> None:
    make_registry(slug="kit")
    for path in (
        "/registries/none/",
        "/registries/kit/tools/none/",
        "/registries/none/tools/read_file/",
        "/scenarios/none/",
    ):
        assert as_annotator.get(path).status_code == 404
