"""Keyset pagination: every row once, in order, both ways, whatever the cursor says."""

import base64
import json

import pytest
from django.http import QueryDict

from studio.models import Conversation
from studio.web.pagination import Page, count_up_to, page_of
from tests.standins.page_rows import make_conversation, make_dataset

WORST = ["-blocking_count", "-warning_count", "-pk"]


@pytest.fixture
def rows(db: None) -> list[Conversation]:
    dataset = make_dataset()
    counts = [(0, 1), (2, 0), (0, 0), (2, 5), (0, 1), (1, 1), (0, 0)]
    return [make_conversation(dataset, blocking_count=one, warning_count=two) for one, two in counts]


def _page(order: list[str], query: str = "", size: int = 3) -> Page[Conversation]:
    return page_of(Conversation.objects.all(), order=order, query=QueryDict(query), size=size)


@pytest.mark.parametrize("order", [["-pk"], ["pk"], WORST])
def test_walking_forwards_and_back_meets_every_row_once(rows: list[Conversation], order: list[str]) -> None:
    expected = list(Conversation.objects.order_by(*order))
    pages = [_page(order)]
    while pages[-1].next:
        pages.append(_page(order, f"after={pages[-1].next}"))
    assert [row for page in pages for row in page.rows] == expected
    assert len(pages) == 3
    back = [pages[-1]]
    while back[-1].previous:
        back.append(_page(order, f"before={back[-1].previous}"))
    assert [row for page in reversed(back) for row in page.rows] == expected


def test_rows_that_come_meanwhile_shift_nothing(rows: list[Conversation]) -> None:
    first = _page(["-pk"])
    make_conversation(make_dataset())
    assert _page(["-pk"], f"after={first.next}").rows == list(reversed(rows))[3:6]


def test_the_ends_have_no_neighbours(rows: list[Conversation]) -> None:
    whole = _page(["-pk"], size=10)
    assert (whole.next, whole.previous, len(whole.rows)) == ("", "", 7)


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor", ["", "%%%", "é", _cursor([]), _cursor(["x"]), _cursor({"a": 1}), _cursor([[1]]), _cursor([10**40])]
)
def test_a_cursor_that_makes_no_sense_never_fails(rows: list[Conversation], cursor: str) -> None:
    assert _page(["-pk"], f"after={cursor}").rows == _page(["-pk"]).rows


def test_counts_are_exact_up_to_a_limit(rows: list[Conversation]) -> None:
    assert count_up_to(Conversation.objects.all(), limit=7) == "7"
    assert count_up_to(Conversation.objects.all(), limit=6) == "more than 6"
