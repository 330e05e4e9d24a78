"""Fields: JSON kept to the byte, secrets sealed, ids opaque."""

import json
import pickle

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms.models import model_to_dict

from studio.models import Dataset, Endpoint, Registry
from studio.models.fields import new_pid
from tests.standins.studio_rows import make_dataset

pytestmark = pytest.mark.django_db

KEY = "sk-verysecret-0123456789"


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint.objects.create(name="own", base_url="http://127.0.0.1:9/v1", model="m", api_key=KEY)


def stored_key() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM studio_endpoint WHERE name = 'own'")
        return str(cursor.fetchone()[0])


def test_a_key_comes_back_as_it_was_put_in_and_is_sealed_in_between(endpoint: Endpoint) -> None:
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == KEY
    assert "verysecret" not in stored_key()
    before = stored_key()
    endpoint.save()
    assert stored_key() != before  # each sealing is another text


def test_a_key_stands_in_no_text_that_leaves(endpoint: Endpoint) -> None:
    texts = [str(endpoint), repr(endpoint), repr(Endpoint.objects.all())]
    texts += [serializers.serialize(form, [endpoint]) for form in ("json", "jsonl", "xml")]
    assert "verysecret" not in "".join(texts)


def test_a_key_sealed_under_another_secret_reads_as_none(endpoint: Endpoint, settings) -> None:
    settings.SECRET_KEY = "another"
    assert Endpoint.objects.get(pk=endpoint.pk).api_key == ""


def test_no_key_is_stored_as_nothing(endpoint: Endpoint) -> None:
    endpoint.api_key = ""
    endpoint.save()
    assert stored_key() == ""


@pytest.mark.parametrize(
    "value", [{"b": 1, "a": [1.0, True, None]}, ["\x00", "\ud800", "🙂"], "text", 0, False, {}, [], {"\udfff": 1}]
)
def test_json_comes_back_as_it_was_put_in(value: object) -> None:
    row = make_dataset()
    row.reject_reasons = value
    row.save()
    back = Dataset.objects.get(pk=row.pk).reject_reasons
    assert json.dumps(back) == json.dumps(value)
    (copied,) = serializers.deserialize("json", serializers.serialize("json", [row]))
    assert json.dumps(copied.object.reject_reasons) == json.dumps(value)


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        Registry(slug="x", name="x", tables="{").full_clean()


def test_a_row_can_be_copied_and_shown_in_a_form() -> None:
    row = make_dataset()
    assert pickle.loads(pickle.dumps(row)).reject_reasons == row.reject_reasons
    assert model_to_dict(row)["reject_reasons"] == row.reject_reasons


def test_ids_for_people_are_opaque_and_differ() -> None:
    made = {new_pid() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(pid) == 12 and not set(pid) & set("01ilo") for pid in made)
