"""The argument editor over HTTP: drawn anew, checked as one types, refused at the field, saved with another tool."""

import json
from typing import Any

import pytest

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from generation.tools import ToolDefinition
from tests.standins.review_rows import call, store
from tests.studio.review.conftest import Page

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string", "minLength": 1}, "n": {"type": "integer", "minimum": 1}},
                "required": ["sku"],
            },
        },
        "note": {"type": ["string", "null"]},
    },
    "required": ["lines"],
}
ARGUMENTS = {"z": 12345678901234567890, "lines": [{"n": 1, "sku": "a"}], "note": None, "f": 1.0}


@pytest.fixture
def order(anna):
    tools = [
        ToolDefinition(name="order", parameters=ORDER),
        ToolDefinition(
            name="quote",
            parameters={
                "type": "object",
                "properties": {"lines": {}, "until": {"type": "string"}},
                "required": ["until"],
            },
        ),
    ]
    turn = Turn(user="Order a", steps=[Step(calls=[call("order", ARGUMENTS, "ok")]), Step()], answer="Done")
    return Page(store(Content(tools=tools, turns=[turn])), anna)


def post(page, verb, arguments, **more):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return page.post(f"{page.call(1)}{verb}/", {"kind": "fields", "version": 1, "text": text, **more})


def opened(page):
    """The text of the editor as a browser would send it back."""
    html = page.get(f"{page.call(1)}edit/", htmx=True).content.decode()
    area = html[html.index('name="text"') :]
    text = area[area.index(">\n") + 2 : area.index("</textarea>")]
    return text.replace("&quot;", '"').replace("\n", "\r\n")


def test_what_nobody_touched_makes_no_revision_and_stays_to_the_digit(order):
    assert post(order, "edit", opened(order)).status_code == 200
    assert order.fresh().version == 1
    assert json.dumps(order.fresh().content.calls[0].arguments) == json.dumps(ARGUMENTS)


def test_a_refused_value_stands_at_its_nested_field_and_takes_the_focus(order):
    response = post(order, "edit", {**ARGUMENTS, "lines": [{"sku": "a"}, {"sku": "", "n": 0}]})
    html = response.content.decode()
    assert response.status_code == 422
    assert html.count('aria-invalid="true"') == 2
    field = html[: html.index('aria-invalid="true"')].rpartition("<textarea")[2]
    name = field[field.index('id="') + 4 :].partition('"')[0]
    assert f'id="{name}-about">' in html
    assert f'aria-describedby="{name}-about"' in field
    assert order.fresh().version == 1


def test_violations_of_what_is_typed_come_with_their_pointers(order):
    response = post(order, "check", {"lines": [{"n": 0}], "note": 3})
    assert response.status_code == 200
    assert {one["pointer"] for one in response.json()["violations"]} == {"/lines/0/n", "/lines/0/sku", "/note"}
    assert post(order, "check", {"lines": []}).json() == {"violations": []}


def test_text_that_is_no_json_is_told_with_its_place(order):
    assert "line 1, column 2" in post(order, "check", "{").json()["violations"][0]["message"]
    response = post(order, "fields", "{")
    assert response.status_code == 422
    assert response.json()["violations"][0]["pointer"] == ""


def test_refused_text_that_is_no_json_is_kept_as_typed(order):
    response = post(order, "edit", '{"lines": [')
    html = response.content.decode()
    assert response.status_code == 422
    assert 'data-mode="raw"' in html
    assert "{&quot;lines&quot;: [</textarea>" in html


def test_the_form_is_drawn_for_what_was_typed(order):
    html = post(order, "fields", {"lines": [{"sku": "a"}, {"sku": "b"}]}).content.decode()
    assert 'data-path="[&quot;lines&quot;,1,&quot;sku&quot;]"' in html
    assert "data-text" not in html
    assert order.fresh().version == 1


def test_another_tool_keeps_what_has_a_place_in_it(order):
    html = post(order, "fields", ARGUMENTS, tool="quote", was="order").content.decode()
    text = html[html.index('data-text="') :].split('"')[1].replace("&quot;", '"')
    assert json.loads(text) == {"lines": ARGUMENTS["lines"]}
    assert "is a required property" in html
    refused = post(order, "edit", text, tool="quote")
    assert refused.status_code == 422
    assert '<option value="quote" selected>' in refused.content.decode()
    saved = post(order, "edit", {"lines": [], "until": "May"}, tool="quote")
    assert saved.status_code == 200
    assert order.fresh().content.calls[0].tool == "quote"


def test_a_tool_the_conversation_lacks_is_refused(order):
    assert post(order, "edit", {}, tool="nothing").status_code == 422
    assert post(order, "check", {}, tool="nothing").json()["violations"][0]["message"] == "Unknown tool nothing"


def test_checking_needs_ones_own_conversation(order, client):
    response = client.post(f"{order.url}{order.call(1)}check/", {"text": "{}"})
    assert response.status_code == 302
    assert order.get(f"{order.call(1)}check/").status_code == 405


def test_choices_that_are_no_choices_do_no_harm(order):
    for choices in ("[", "[[[", '{"a": "b"}', "7"):
        assert post(order, "fields", ARGUMENTS, choices=choices).status_code == 200
