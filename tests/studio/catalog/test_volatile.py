"""The form of a tool's volatile members, and the same check in the admin."""

import pytest
from django.test import Client

from studio.models import Tool, User
from tests.standins.page_rows import make_registry, make_user

pytestmark = pytest.mark.django_db
PAGE = "/registries/kit/tools/read_file/"


@pytest.fixture
def tool() -> Tool:
    return make_registry(slug="kit").tools.get(name="read_file")


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def test_an_admin_names_them_line_by_line(tool: Tool) -> None:
    client = client_of(User.Role.ADMIN)
    response = client.post(f"{PAGE}volatile/", {"names": " created_at \r\nitems.id, etag\n\n"}, follow=True)
    assert Tool.objects.get(pk=tool.pk).volatile == ["created_at", "items.id", "etag"]
    page = response.content.decode()
    assert "Replays and reruns from now on go by it" in page
    assert "created_at\nitems.id\netag</textarea>" in page


def test_what_can_be_no_name_stands_at_the_field_with_all_that_was_typed(tool: Tool) -> None:
    client = client_of(User.Role.ADMIN)
    response = client.post(f"{PAGE}volatile/", {"names": "at\nitems[].id"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "“items[].id” needs no brackets" in page
    assert "at\nitems[].id</textarea>" in page
    assert 'aria-invalid="true"' in page
    assert Tool.objects.get(pk=tool.pk).volatile == []


@pytest.mark.parametrize("role", [User.Role.ANNOTATOR, User.Role.LEAD])
def test_others_read_them_and_may_not_change_them(tool: Tool, role: str) -> None:
    Tool.objects.filter(pk=tool.pk).update(volatile=["etag"])
    client = client_of(role)
    page = client.get(PAGE).content.decode()
    assert "etag" in page
    assert "volatile/" not in page
    assert client.post(f"{PAGE}volatile/", {"names": "at"}).status_code == 403
    assert Tool.objects.get(pk=tool.pk).volatile == ["etag"]


def test_the_admin_keeps_them_and_refuses_what_they_cannot_be(tool: Tool) -> None:
    client = client_of(User.Role.ADMIN)
    form = {
        "registry": tool.registry_id,
        "name": tool.name,
        "component": tool.component,
        "parameters": '{"type": "object"}',
        "annotations": "{}",
        "position": "0",
        "fixtures-TOTAL_FORMS": "0",
        "fixtures-INITIAL_FORMS": "0",
    }
    url = f"/admin/studio/tool/{tool.pk}/change/"
    assert client.post(url, {**form, "volatile": '["at", "items.id"]'}).status_code == 302
    assert Tool.objects.get(pk=tool.pk).volatile == ["at", "items.id"]
    for wrong, words in (('{"at": true}', "Write a list of names"), ('["items[].id", 5]', "needs no brackets")):
        response = client.post(url, {**form, "volatile": wrong})
        assert response.status_code == 200
        assert words in response.content.decode()
    assert Tool.objects.get(pk=tool.pk).volatile == ["at", "items.id"]
