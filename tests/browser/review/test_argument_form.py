"""The argument form by keyboard alone: nested edits, lists, alternatives, raw JSON in step, another tool, sixty fields."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.templatetags.static import static
from playwright.sync_api import Page, expect

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from generation.tools import ToolDefinition
from studio.models import Conversation
from tests.standins.browsing import Held
from tests.standins.review_rows import call, store

LINE = {
    "type": "object",
    "properties": {"sku": {"type": "string", "minLength": 1}, "n": {"type": "integer", "minimum": 1}},
    "required": ["sku"],
}
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "buyer": {
            "type": "object",
            "properties": {"name": {"type": "string", "minLength": 2}, "note": {"type": ["string", "null"]}},
            "required": ["name"],
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "lines": {"type": "array", "items": LINE},
        "pay": {
            "oneOf": [
                {
                    "title": "Card",
                    "type": "object",
                    "properties": {"by": {"const": "card"}, "owner": {"type": "string"}, "no": {"type": "string"}},
                    "required": ["by", "no"],
                },
                {
                    "title": "Bank",
                    "type": "object",
                    "properties": {"by": {"const": "bank"}, "owner": {"type": "string"}, "iban": {"type": "string"}},
                    "required": ["by"],
                },
            ]
        },
        "free": {"type": "string", "default": "none"},
    },
    "required": ["buyer"],
}
ARGUMENTS = {
    "id": 12345678901234567890,
    "buyer": {"name": "Ada", "note": None},
    "tags": ["one", "two", "three"],
    "pay": {"by": "card", "owner": "Ada", "no": "1"},
    "rate": 1.0,
}
QUOTE = {
    "type": "object",
    "properties": {"buyer": {"type": "object"}, "until": {"type": "string"}},
    "required": ["until"],
}
SIXTY = {
    "type": "object",
    "properties": {f"setting_{n:02}": {"type": "string", "description": f"Number {n}"} for n in range(60)},
    "required": [f"setting_{n:02}" for n in range(20)],
}
TOOLS = [
    ToolDefinition(name="order", parameters=ORDER),
    ToolDefinition(name="quote", parameters=QUOTE),
    ToolDefinition(name="configure", parameters=SIXTY),
]


@pytest.fixture
def row(transactional_db):
    settings = {f"setting_{n:02}": "on" for n in range(20)}
    calls = [call("order", ARGUMENTS, "ok"), call("configure", settings, "ok")]
    return store(Content(tools=TOOLS, turns=[Turn(user="Order", steps=[Step(calls=calls), Step()], answer="Done")]))


@pytest.fixture
def page(open_page, anna, row) -> Page:
    page: Page = open_page(anna, f"/conversations/{row.pid}/")
    page.keyboard.press("e")
    expect(page.locator("#pair-1 .argument-form")).to_be_visible()
    return page


def at(page: Page, *path: object):
    """The field of this place."""
    quoted = json.dumps(list(path), separators=(",", ":")).replace("\\", "\\\\")
    return page.locator(f"#pair-1 [data-path='{quoted}']")


def input_of(page: Page, *path: object):
    return at(page, *path).locator("> .argument-input")


def typed(page: Page) -> Any:
    return json.loads(page.locator("#pair-1 [name=text]").input_value())


def saved(row: Conversation) -> Any:
    return Conversation.objects.get(pk=row.pk).content.calls[0].arguments


def test_a_nested_value_is_refused_as_one_types_and_on_saving_then_saved(page, row):
    keys = page.keyboard
    name = input_of(page, "buyer", "name")
    expect(name).to_be_focused()
    keys.press("Control+A")
    keys.type("A")
    expect(at(page, "buyer", "name").locator(".field-error")).to_contain_text("shorter than 2")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    keys.press("Control+s")
    expect(page.locator("#pair-1 form[data-unsaved]")).to_have_count(1)
    expect(input_of(page, "buyer", "name")).to_be_focused()
    expect(input_of(page, "buyer", "name")).to_have_attribute("aria-invalid", "true")
    keys.press("End")
    keys.type("da B")
    expect(at(page, "buyer", "name").locator(".field-error")).to_have_count(0)
    keys.press("Control+s")
    expect(page.locator("form.editor")).to_have_count(0)
    assert json.dumps(saved(row)) == json.dumps({**ARGUMENTS, "buyer": {"name": "Ada B", "note": None}})


def test_items_are_added_moved_and_removed_by_keys(page, row):
    keys = page.keyboard
    input_of(page, "tags", 0).focus()
    keys.press("Alt+Enter")
    expect(input_of(page, "tags", 1)).to_be_focused()
    keys.type("new")
    keys.press("Alt+ArrowDown")
    expect(input_of(page, "tags", 2)).to_be_focused()
    expect(input_of(page, "tags", 2)).to_have_value("new")
    assert typed(page)["tags"] == ["one", "two", "new", "three"]
    keys.press("Alt+ArrowUp")
    expect(input_of(page, "tags", 1)).to_have_value("new")
    keys.press("Alt+ArrowUp")
    expect(input_of(page, "tags", 0)).to_have_value("new")
    keys.press("Alt+ArrowUp")
    assert typed(page)["tags"] == ["new", "one", "two", "three"]
    input_of(page, "tags", 3).focus()
    keys.press("Alt+Delete")
    expect(input_of(page, "tags", 3)).to_have_count(0)
    expect(input_of(page, "tags", 2)).to_be_focused()
    keys.press("Control+s")
    expect(page.locator("form.editor")).to_have_count(0)
    assert json.dumps(saved(row)) == json.dumps({**ARGUMENTS, "tags": ["new", "one", "two"]})


def test_a_list_of_objects_begins_with_nothing_and_grows(page):
    page.locator("#pair-1 .argument-form > .argument-more > summary").first.press("Enter")
    box = at(page, "lines").get_by_role("checkbox")
    box.press("Space")
    add = at(page, "lines").get_by_role("button", name="Add item")
    expect(add).to_be_focused()
    add.press("Enter")
    expect(input_of(page, "lines", 0, "sku")).to_be_focused()
    page.keyboard.type("a-1")
    assert typed(page)["lines"] == [{"sku": "a-1"}]
    page.keyboard.press("Alt+Enter")
    expect(input_of(page, "lines", 1, "sku")).to_be_focused()
    assert typed(page)["lines"] == [{"sku": "a-1"}, {}]


def test_another_alternative_keeps_what_has_a_place_and_comes_back(page):
    chooser = at(page, "pay").get_by_label("Which kind of pay")
    chooser.focus()
    page.keyboard.type("B")
    expect(at(page, "pay", "iban")).to_have_count(1)
    assert typed(page)["pay"] == {"by": "bank", "owner": "Ada"}
    expect(at(page, "pay").get_by_label("Which kind of pay")).to_be_focused()
    page.keyboard.type("C")
    expect(at(page, "pay", "no")).to_have_count(1)
    assert typed(page)["pay"] == {"by": "card", "owner": "Ada"}


def test_absent_empty_and_null_are_three_things(page):
    note = at(page, "buyer", "note")
    note.get_by_label("Type of note").focus()
    page.keyboard.type("t")
    expect(input_of(page, "buyer", "note")).to_have_value("")
    assert typed(page)["buyer"] == {"name": "Ada", "note": ""}
    note.get_by_role("checkbox").press("Space")
    assert typed(page)["buyer"] == {"name": "Ada"}
    note.get_by_role("checkbox").press("Space")
    expect(input_of(page, "buyer", "note")).to_be_focused()
    assert typed(page)["buyer"] == {"name": "Ada", "note": ""}
    page.keyboard.type("x")
    assert typed(page)["buyer"] == {"name": "Ada", "note": "x"}


def test_a_default_is_offered_and_only_then_given(page):
    assert "free" not in typed(page)
    page.locator("#pair-1 .argument-form > .argument-more > summary").first.press("Enter")
    at(page, "free").get_by_role("button", name="Use default none").press("Enter")
    expect(input_of(page, "free")).to_have_value("none")
    assert typed(page)["free"] == "none"


def test_the_form_and_the_json_are_in_step(page, row):
    keys = page.keyboard
    input_of(page, "buyer", "name").fill("Grace")
    keys.press("Escape")
    keys.press("E")
    raw = page.locator("#pair-1 [name=text]")
    expect(raw).to_be_focused()
    expect(raw).to_have_value(json.dumps(ARGUMENTS, indent=2).replace('"Ada"', '"Grace"', 1))
    raw.fill('{"id": 1.50, "buyer": {"name": "Joan", "tags"')
    expect(page.locator("#pair-1 [data-problems]")).to_contain_text("line 1")
    expect(raw).to_have_value('{"id": 1.50, "buyer": {"name": "Joan", "tags"')
    raw.fill('{"id": 1.50, "buyer": {"name": "J"}}')
    expect(page.locator("#pair-1 [data-problems]")).to_contain_text("/buyer/name")
    keys.press("Escape")
    keys.press("e")
    expect(input_of(page, "buyer", "name")).to_have_value("J")
    expect(at(page, "buyer", "name").locator(".field-error")).to_be_visible()
    input_of(page, "buyer", "name").fill("Joan")
    expect(raw).to_have_value('{"id": 1.50, "buyer": {"name": "Joan"}}')
    keys.press("Control+s")
    expect(page.locator("form.editor")).to_have_count(0)
    assert saved(row) == {"id": 1.5, "buyer": {"name": "Joan"}}


def test_what_is_typed_survives_a_reload_in_the_form_too(page):
    input_of(page, "tags", 1).fill("kept")
    page.reload()
    expect(input_of(page, "tags", 1)).to_have_value("kept")
    expect(page.get_by_text("was restored")).to_be_visible()
    page.get_by_role("button", name="Start over").press("Enter")
    expect(input_of(page, "tags", 1)).to_have_value("two")


def test_another_tool_redraws_the_form_and_the_first_comes_back_whole(page, row):
    tool = page.locator("#pair-1 [name=tool]")
    tool.focus()
    page.keyboard.press("ArrowDown")
    expect(input_of(page, "until")).to_be_visible()
    assert typed(page) == {"buyer": ARGUMENTS["buyer"]}
    tool.focus()
    page.keyboard.press("ArrowUp")
    expect(input_of(page, "tags", 2)).to_be_visible()
    assert typed(page) == ARGUMENTS
    tool.focus()
    page.keyboard.press("ArrowDown")
    input_of(page, "until").fill("May")
    page.keyboard.press("Control+s")
    expect(page.locator("form.editor")).to_have_count(0)
    changed = Conversation.objects.get(pk=row.pk).content.calls[0]
    assert (changed.tool, changed.arguments) == ("quote", {"buyer": ARGUMENTS["buyer"], "until": "May"})


def test_sixty_fields_stay_usable(page):
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("e")
    form = page.locator("#pair-2 .argument-form")
    expect(form.get_by_text("40 more, not given")).to_be_visible()
    expect(form.locator(".argument-input:visible")).to_have_count(20)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#pair-2 [data-filter]")).to_be_focused()
    page.keyboard.type("setting_47")
    expect(form.locator(".argument-input:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.type("far away")
    assert json.loads(page.locator("#pair-2 [name=text]").input_value())["setting_47"] == "far away"


def test_json_that_is_not_complete_yet_is_kept_and_the_rest_waits(page, row):
    page.keyboard.press("Escape")
    page.wait_for_function("!document.activeElement.matches('input, select, textarea')")
    page.keyboard.press("E")
    expect(page.locator("#pair-1 [name=text]")).to_be_visible()
    page.locator("#pair-1 [name=text]").fill('{"buyer": {"name": "Ada"}, "odd": "\\u0000"}')
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    odd = input_of(page, "odd")
    odd.fill('"\\u0000')
    expect(input_of(page, "buyer", "name")).to_be_disabled()
    odd.fill('"\\u0000x"')
    expect(input_of(page, "buyer", "name")).to_be_enabled()
    assert typed(page)["odd"] == "\x00x"


def test_what_is_typed_while_the_form_is_drawn_anew_goes_on(page):
    page.keyboard.press("Escape")
    page.keyboard.press("E")
    page.locator("#pair-1 [name=text]").fill('{"buyer": {"name": "Ada"}, "odd": "\\u0000"}')
    odd = input_of(page, "odd")
    expect(odd).to_be_attached()
    drawn = Held(page, "**/fields/")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    odd.fill('"\\u0000')
    drawn.let_go()
    expect(page.locator("#pair-1 [data-problems]")).to_contain_text("line 1")
    page.keyboard.type('x"')
    expect(input_of(page, "buyer", "name")).to_be_enabled()
    assert typed(page)["odd"] == "\x00x"


def test_keys_that_are_not_in_the_schema_are_added_edited_and_removed(page):
    extra = page.locator("#pair-1 .argument-form > .argument-extra")
    extra.locator("summary").press("Enter")
    extra.locator("[data-new-key]").fill('odd "key"')
    page.keyboard.press("Enter")
    expect(input_of(page, 'odd "key"')).to_be_focused()
    page.keyboard.type("x")
    assert typed(page)['odd "key"'] == "x"
    page.keyboard.press("Alt+Delete")
    expect(at(page, 'odd "key"')).to_have_count(0)
    assert typed(page) == ARGUMENTS


def test_edits_in_place_leave_the_rest_of_the_text(page):
    """The scripts' own editing of JSON, against texts no form would write."""
    changed = page.evaluate(
        """async (scripts) => {
          const { put, take, add, swap } = await import(scripts);
          const text = '{ "a":[1.0,  2e2,{"k\\\\u00e9":"\\\\ud800"} ],"b" : 10000000000000000001 ,"c":{}}';
          return [put(text, ["a", 1], "3"), put(text, ["c", "d"], "null"), take(text, ["a", 0]), take(text, ["b"]),
            add(text, ["a"], 3, '"x"'), swap(text, ["a"], 0, 2), put(text, ["a", 2, "k\\u00e9"], '"\\\\ud800"') === text,
            put(text, ["e"], "true")];
        }""",
        static("js/json-text.js"),
    )
    text = '{ "a":[1.0,  2e2,{"k\\u00e9":"\\ud800"} ],"b" : 10000000000000000001 ,"c":{}}'
    assert changed == [
        text.replace("2e2", "3"),
        text.replace("{}}", '{\n  "d": null\n}}'),
        text.replace("1.0,  ", ""),
        text.replace(',"b" : 10000000000000000001', ""),
        text.replace('"} ]', '"}, "x" ]'),
        text.replace("1.0", "@").replace('{"k\\u00e9":"\\ud800"}', "1.0").replace("@", '{"k\\u00e9":"\\ud800"}'),
        True,
        text.replace("{}}", '{}, "e": true}'),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_axe_finds_nothing_serious_in_the_form(open_page, anna, row, width, scheme):
    page = open_page(anna, f"/conversations/{row.pid}/", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.locator("#pair-1 [data-do=edit]").click()
    input_of(page, "buyer", "name").fill("A")
    expect(at(page, "buyer", "name").locator(".field-error")).to_be_visible()
    for summary in page.locator("#pair-1 .argument-form > details > summary").all():
        summary.click()
    found = [
        f"{one['id']}: {node['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
        if "argument" in node["html"] or "pair-1" in node["html"]
    ]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_script_the_json_is_there(chromium, live_server, anna, row, client):
    client.force_login(anna)
    context = chromium.new_context(java_script_enabled=False)
    value = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/conversations/{row.pid}/calls/{row.content.calls[0].id}/edit/")
    expect(page.locator("#pair-1 .argument-form")).to_be_hidden()
    page.locator("#pair-1 [name=text]").fill('{"buyer": {"name": "Joan"}}')
    page.locator("#pair-1 [data-do=save]").click()
    expect(page).to_have_url(re.compile("#pair-1$"))
    context.close()
    assert saved(row) == {"buyer": {"name": "Joan"}}
