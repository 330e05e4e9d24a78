"""Saved views: whose they are, who changes them, what the list opens with."""

import pytest

from studio.domain import saved_views as views
from studio.domain.errors import NotAllowed, Refused
from studio.models import SavedView
from tests.standins.page_rows import make_user

pytestmark = pytest.mark.django_db


def names(user) -> list[str]:
    return [view.name for view in views.views_for(user)]


def test_a_view_keeps_filters_and_sort_and_nothing_else() -> None:
    query = "?tool=read_file&after=abc&stale=maybe&nonsense=1&status=approved&status=withheld&sort=worst&q="
    view = views.save_view(" Worst reads ", query=query, by=make_user())
    assert (view.name, view.query) == ("Worst reads", "status=approved&status=withheld&tool=read_file&sort=worst")


def test_saving_under_the_same_name_changes_the_view() -> None:
    ann, ben = make_user(), make_user()
    first = views.save_view("Mine", query="edited=yes", by=ann)
    again = views.save_view("Mine", query="edited=no", by=ann)
    assert (again.pk, SavedView.objects.get(pk=first.pk).query) == (first.pk, "edited=no")
    views.save_view("Mine", query="stale=yes", by=ben)
    assert SavedView.objects.count() == 2


def test_ones_own_views_are_seen_by_oneself_and_shared_ones_by_all() -> None:
    lead, ann = make_user("lead"), make_user()
    views.save_view("Ann's", query="", by=ann)
    views.save_view("Team's", query="", by=lead, is_shared=True)
    views.save_view("Lead's", query="", by=lead)
    assert names(ann) == ["Ann's", "Team's"]
    assert names(lead) == ["Lead's", "Team's"]


def test_only_leads_share() -> None:
    ann = make_user()
    with pytest.raises(NotAllowed):
        views.save_view("x", query="", by=ann, is_shared=True)
    view = views.save_view("x", query="", by=ann)
    with pytest.raises(NotAllowed):
        views.share_view(view, is_shared=True, by=ann)


def test_nobody_changes_the_view_of_somebody_else_but_leads_tidy_shared_ones() -> None:
    lead, other_lead, ann = make_user("lead"), make_user("lead"), make_user()
    own = views.save_view("Own", query="", by=ann)
    shared = views.save_view("Shared", query="", by=lead, is_shared=True)
    for view, by in ((own, lead), (shared, ann)):
        for change in (lambda: views.rename_view(view, name="y", by=by), lambda: views.delete_view(view, by=by)):  # noqa: B023
            with pytest.raises(NotAllowed):
                change()
    with pytest.raises(NotAllowed):
        views.set_default_view(own, by=lead)
    views.rename_view(shared, name="Renamed", by=other_lead)
    views.delete_view(SavedView.objects.get(name="Renamed"), by=other_lead)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_is_needed_and_has_its_length(name: str) -> None:
    with pytest.raises(Refused):
        views.save_view(name, query="", by=make_user())


def test_a_name_stands_once() -> None:
    ann = make_user()
    views.save_view("a", query="", by=ann)
    view = views.save_view("b", query="", by=ann)
    with pytest.raises(Refused, match="already"):
        views.rename_view(view, name="a", by=ann)
    views.rename_view(view, name="b\x00", by=ann)


def test_one_view_is_what_the_list_opens_with_until_it_is_taken_from_one() -> None:
    lead, ann = make_user("lead"), make_user()
    first = views.save_view("a", query="stale=yes", by=ann)
    shared = views.save_view("b", query="edited=yes", by=lead, is_shared=True)
    assert views.default_view_of(ann) is None
    for view in (first, shared):
        views.set_default_view(view, by=ann)
        assert views.default_view_of(ann) == view
    assert [view.is_default for view in views.views_for(ann)] == [False, True]
    views.set_default_view(shared, by=lead)
    views.share_view(shared, is_shared=False, by=lead)
    assert views.default_view_of(ann) is None
    assert views.default_view_of(lead) == shared
    views.set_default_view(None, by=lead)
    assert views.default_view_of(lead) is None


def test_there_is_an_end_to_views() -> None:
    ann = make_user()
    for number in range(views.MOST):
        views.save_view(str(number), query="", by=ann)
    with pytest.raises(Refused, match="delete one"):
        views.save_view("one more", query="", by=ann)
    views.save_view("3", query="stale=yes", by=ann)
