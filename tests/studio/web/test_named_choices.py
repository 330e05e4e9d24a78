"""Choices by names that people gave: marks for what nobody sees, values as they are."""

import pytest
from django.http import QueryDict

from studio.library.forms import FilterForm
from studio.models import Dataset, User
from studio.web.named_choices import NamedChoiceField, show_choices
from tests.standins.page_rows import make_dataset, make_user

ODD = "<b>x\u202e\u200by"
SHOWN = "<b>x[U+202E][U+200B]y"


def test_a_name_is_shown_with_marks_and_its_value_stays() -> None:
    assert show_choices([(ODD, ODD), ("", "Any")]) == [(ODD, SHOWN), ("", "Any")]


@pytest.mark.django_db
def test_rows_are_chosen_by_marked_names_and_sent_by_their_value() -> None:
    dataset = make_dataset(slug="odd", name=ODD)
    field = NamedChoiceField(Dataset.objects.all(), to_field_name="slug", empty_label=None)
    assert list(field.choices) == [("odd", SHOWN)]
    assert field.clean("odd") == dataset
    html = str(field.widget.render("dataset", "odd"))
    assert "&lt;b&gt;x[U+202E][U+200B]y</option>" in html


@pytest.mark.django_db
def test_the_filters_of_the_list_name_datasets_so() -> None:
    make_dataset(slug="odd", name=ODD)
    form = FilterForm(QueryDict("dataset=odd"), user=make_user(User.Role.LEAD))
    assert ("odd", SHOWN) in form.fields["dataset"].choices
    assert [chip.words for chip in form.chips] == [SHOWN]
