"""People: who sees the team, and what each sets for themselves."""

import re

import pytest
from django.test import Client

from studio.domain.reviews import approve, reject
from studio.domain.team import find_token, issue_token
from studio.models import ApiToken, User
from tests.standins.page_rows import make_conversation, make_user


def test_the_team_is_for_leads(as_lead: Client, as_annotator: Client) -> None:
    assert as_annotator.get("/team/").status_code == 403
    assert "/team/" not in as_annotator.get("/").content.decode()
    assert as_lead.get("/team/").status_code == 200


def test_decisions_are_counted_per_person_without_those_taken_back(as_lead: Client) -> None:
    mara = make_user(username="mara")
    approve(make_conversation(), version=1, by=mara)
    reject(make_conversation(), version=1, by=mara, reason="Off topic")
    undone = reject(make_conversation(), version=1, by=mara, reason="Off topic")
    undone.undone_at = undone.at
    undone.save()
    person = next(person for person in as_lead.get("/team/").context["people"] if person == mara)
    assert (person.approved, person.rejected, person.passed_on) == (1, 1, 0)


def test_a_theme_is_kept_and_used_on_every_page(as_annotator: Client, annotator: User) -> None:
    assert 'data-theme="system"' in as_annotator.get("/").content.decode()
    assert as_annotator.post("/settings/theme/choose/", {"theme": "dark"})["Location"] == "/settings/"
    assert 'data-theme="dark"' in as_annotator.get("/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", 'dark" onload="x'])
def test_a_theme_that_is_none_is_refused(as_annotator: Client, annotator: User, theme: str) -> None:
    assert as_annotator.post("/settings/theme/choose/", {"theme": theme}).status_code == 422
    annotator.refresh_from_db()
    assert annotator.theme == "system"


def test_a_token_is_shown_once_and_works(as_annotator: Client, annotator: User) -> None:
    response = as_annotator.post("/settings/tokens/create/", {"name": "notebook"})
    shown = re.search(r"tw_[\w-]{20,}", response.content.decode())
    assert shown
    assert "no-store" in response["Cache-Control"]
    row = find_token(shown.group())
    assert row is not None
    assert (row.user, row.name) == (annotator, "notebook")
    page = as_annotator.get("/settings/").content.decode()
    assert shown.group() not in page
    assert "notebook" in page


def test_a_token_is_deleted_by_its_owner_only(as_annotator: Client, annotator: User) -> None:
    other = make_user()
    tokens = {user: issue_token(user) for user in (annotator, other)}
    pids = {user: ApiToken.objects.get(user=user).pid for user in tokens}
    assert as_annotator.post(f"/settings/tokens/{pids[other]}/delete/").status_code == 404
    assert as_annotator.post(f"/settings/tokens/{pids[annotator]}/delete/")["Location"] == "/settings/"
    assert find_token(tokens[annotator]) is None
    assert find_token(tokens[other]) is not None


def test_changes_take_a_post(as_annotator: Client) -> None:
    for path in ("/settings/theme/choose/", "/settings/tokens/create/", "/settings/tokens/x/delete/"):
        assert as_annotator.get(path).status_code == 405
