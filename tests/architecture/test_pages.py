"""Every page is looked at in a browser: a URL that answers GET is in the list of pages, or is named here as part of one."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from studio.models import User
from tests.standins.every_page import PAGES, admin_pages
from tests.standins.page_rows import make_user

PARTS = {
    "review_background": "what the rail tells besides, read after the page",
    "next_conversation": "a way to another page",
    "previous_conversation": "a way to another page",
    "review_thread": "the thread of a conversation, after a change of its structure",
    "review_call": "one card, when its editor is closed",
    "review_text": "one text, when its editor is closed",
    "whole_payload": "the rest of a long payload",
    "pair_menu": "what can be done beside a pair",
    "pair_slot": "the same, closed",
    "add_call": "the form of a pair that is added",
    "turn_menu": "what can be done with a turn",
    "turn_slot": "the same, closed",
    "add_first_call": "the form of the first pair of a turn",
    "regenerate_call": "the form that asks for a branch from a pair",
    "regenerate_turn": "the form that asks for a branch from a turn",
    "branch_closed": "the same, closed",
    "show_branch": "a branch as it comes along",
    "show_rerun": "a rerun as it comes along",
    "pair_differences": "how a pair differs from its replay and from version 1",
    "show_replay": "a replay as it comes along",
    "answer_sources": "where the literals of an answer come from, as JSON",
    "people_to_mention": "names to choose from, as JSON",
    "export_download": "a file",
}
"""What htmx or a script asks for and puts into a page that is looked at, with the state it shows."""


def _routes(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in patterns:
        if isinstance(entry, URLPattern):
            yield entry
        elif not entry.namespace:  # the admin and the API: below
            yield from _routes(entry.url_patterns)


ROUTES = {route.name: route for route in _routes(get_resolver().url_patterns) if route.name}


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(make_user(User.Role.ADMIN))
    return client


def test_every_url_that_can_be_opened_is_a_page_or_part_of_one(admin: Client) -> None:
    looked_at = {page_of.url for page_of in PAGES}
    assert [name for name in sorted(ROUTES) if _opens(admin, name) and name not in looked_at | PARTS.keys()] == []


def _opens(client: Client, name: str) -> bool:
    """Whether the URL answers GET: what only does something refuses that before it looks for its rows."""
    converters = ROUTES[name].pattern.converters
    values = {key: 0 if isinstance(converter, IntConverter) else "x" for key, converter in converters.items()}
    return client.get(reverse(name, kwargs=values)).status_code != 405


def test_no_name_is_left_over() -> None:
    ours = {page_of.url for page_of in PAGES if ":" not in page_of.url}
    assert (ours | PARTS.keys()) - ROUTES.keys() == set()
    assert ours & PARTS.keys() == set()


def test_every_list_and_form_of_the_admin_is_looked_at() -> None:
    names = {name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)}
    forms = {f"admin:{name}" for name in names if name.endswith(("_changelist", "_change"))}
    assert len(forms) > 10
    assert forms - {page_of.url for page_of in [*PAGES, *admin_pages()]} == set()
