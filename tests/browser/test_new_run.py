"""The form of a new run in the browser: what does not apply is not asked for, what would be left out is said first."""

import pytest
from playwright.sync_api import expect

from studio.domain.endpoints import ensure_demo_endpoint
from studio.models import Run, User
from tests.standins.browsing import Studio
from tests.standins.studio_rows import make_dataset, make_registry, make_scenario

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mode_without_tools_asks_for_no_registry(studio: Studio) -> None:
    make_scenario(dataset=make_dataset(slug="plain"), prompt="Why is the sky blue?")
    make_registry()
    ensure_demo_endpoint()
    studio.log_in(role=User.Role.LEAD)
    page = studio.open("/runs/new/")
    registry = page.get_by_label("Registry")
    expect(registry).to_be_visible()
    for mode, is_asked in (("basic", False), ("multi_turn", True), ("chain_of_thought", False)):
        page.get_by_label("Mode").select_option(mode)
        expect(registry).to_be_visible(visible=is_asked)
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", name="plain without tools")).to_be_visible()
    assert Run.objects.get().registry is None
    assert studio.axe() == []


def test_what_does_not_fit_is_said_before_the_run_is_started(studio: Studio) -> None:
    dataset = make_dataset(slug="mixed")
    make_scenario(dataset=dataset, prompt="Read a.txt.")
    make_scenario(dataset=dataset, prompt="Is it warm?", tools=["get_weather"])
    make_registry()
    ensure_demo_endpoint()
    studio.log_in(role=User.Role.LEAD)
    page = studio.open("/runs/new/")
    page.get_by_label("Registry").select_option("files")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("alert")).to_contain_text("get_weather (1)")
    assert not Run.objects.exists()
    assert studio.axe() == []
    assert studio.overflow() <= 0
    page.get_by_role("button", name="Start with the 1 that fit").click()
    expect(page.get_by_role("heading", name="mixed with")).to_be_visible()
    assert Run.objects.get().requested == 1
