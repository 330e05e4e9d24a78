"""Tools with hostile schemas: refused in the admin, by API and command; those that are stored already are shown and edited all the same."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.errors import InvalidInput
from generation.tools import ToolDefinition
from studio.catalog.schema_rows import schema_rows
from studio.domain.catalog import put_tools, registry_value
from studio.models import Registry, Tool, User
from studio.review.arguments.drawing import draw
from tests.standins.hostile_schemas import HOSTILE, Calls, nested
from tests.standins.studio_rows import make_conversation, make_user
from tests.studio.api.callers import Caller

pytestmark = pytest.mark.django_db

STORED = {name: schema for name, (schema, _) in HOSTILE.items()}


@pytest.fixture
def registry() -> Registry:
    return Registry.objects.create(slug="kit", name="Kit")


@pytest.mark.parametrize("name", HOSTILE)
def test_neither_admin_nor_import_nor_api_takes_it(name: str, registry: Registry) -> None:
    schema, words = HOSTILE[name]
    with pytest.raises(ValidationError, match=words):
        Tool(registry=registry, name="bad", parameters=schema).full_clean()
    with pytest.raises(InvalidInput, match=f"The tool bad is not taken: .*{words}"):
        put_tools(registry, tools=[ToolDefinition(name="bad", parameters=schema)])
    caller = Caller(make_user(role=User.Role.ADMIN))
    refused = caller.put(f"/registries/{registry.pid}/tools/bad", {"name": "bad", "parameters": schema})
    assert (refused.status_code, words in refused.json()["message"]) == (422, True)
    imported = caller.post(f"/registries/{registry.pid}/import", {"tools": [{"name": "bad", "inputSchema": schema}]})
    assert imported.status_code in (200, 422)
    assert words in json.dumps(imported.json())
    assert not registry.tools.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_stored_one_is_shown_and_its_arguments_are_edited(name: str, registry: Registry) -> None:
    Tool.objects.create(registry=registry, name="stored", parameters=STORED[name])
    arguments: dict[str, Any] = {"x": nested(8)}
    call = Call(id="call00001", tool="stored", arguments=arguments, result="", outcome=Outcome.OK)
    tools = registry_value(registry).tools
    turn = Turn(user="Do it.", steps=[Step(calls=[call])], answer="Done.")
    conversation = make_conversation(content=Conversation(tools=tools, turns=[turn], mode="single_turn", model="m"))
    client = Client()
    client.force_login(make_user(role=User.Role.LEAD))
    page = f"/conversations/{conversation.pid}/"
    for url in ("/registries/kit/", "/registries/kit/tools/stored/", page, f"{page}calls/call00001/edit/"):
        assert client.get(url).status_code == 200, url
    typed = client.post(f"{page}calls/call00001/check/", {"text": json.dumps(arguments), "tool": "stored"})
    assert typed.status_code == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_drawing_it_ends(name: str) -> None:
    with Calls(6_000_000):
        draw({"x": nested(8)}, schema=STORED[name])
        draw({}, schema=STORED[name])
        schema_rows(STORED[name])
