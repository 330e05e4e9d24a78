"""Keys of the review page: none hijacked while one types, each shown; and what the page looks like to axe and to a phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from generation.conversation import Conversation as Content
from generation.conversation import Step, Turn
from studio.domain.edits import edit_call
from studio.domain.saving import Save
from studio.models import Conversation
from tests.standins.review_rows import call, registry, store, two_reads


@pytest.fixture
def conversation(transactional_db):
    return store(two_reads())


@pytest.fixture
def page(open_page, anna, conversation):
    return open_page(anna, f"/conversations/{conversation.pid}/")


def test_the_sheet_of_keys_opens_and_closes(page):
    page.keyboard.press("?")
    sheet = page.locator("#keys")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Run the call again")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_keys_are_letters_while_one_types(page, conversation):
    page.keyboard.press("e")
    field = page.get_by_label("file_path")
    field.fill("")
    page.keyboard.type("jkaxenp?tors1")
    expect(field).to_have_value("jkaxenp?tors1")
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    assert not Conversation.objects.get(pk=conversation.pk).pairs.exclude(verdict="").exists()


@pytest.mark.parametrize("with_it", ["isComposing: true", "modifierAltGraph: true", "altKey: true", "ctrlKey: true"])
def test_keys_are_left_alone_in_compositions_and_chords(page, with_it):
    page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: 'j', bubbles: true, {with_it}}}))")
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    page.keyboard.press("j")
    expect(page.locator("#pair-2")).to_have_class(re.compile("is-active"))


def test_thoughts_are_one_key_away_and_stay_open(page):
    thought = page.get_by_text("I read notes/b.txt.")
    expect(thought).to_be_hidden()
    page.keyboard.press("t")
    expect(thought).to_be_visible()
    page.reload()
    expect(thought).to_be_visible()


def test_wrong_is_marked_in_the_minimap_too(page):
    page.keyboard.press("x")
    expect(page.locator('[data-minimap] a[href="#pair-1"]')).to_have_attribute("data-state", "wrong")


def test_hostile_output_runs_nothing(open_page, anna):
    nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>\x00\u202e\ud800'
    turn = Turn(
        user=nasty, steps=[Step(thought=nasty, calls=[call("read_file", {"file_path": "x<b>"}, nasty)])], answer=nasty
    )
    row = store(Content(tools=registry().tools, turns=[turn]))
    page = open_page(anna, f"/conversations/{row.pid}/")
    expect(page.locator("#pair-1 .side-result")).to_contain_text("[NUL][U+202E][U+D800]")
    assert page.locator("#review img").count() == 0
    assert page.title().endswith("Tracewright")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_axe_finds_nothing_serious_and_nothing_overflows(open_page, anna, conversation, width, scheme):
    first = conversation.content.calls[0].id
    edit_call(conversation, save=Save(version=1, by=anna), call_id=first, arguments={"file_path": "notes/c.txt"})
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = open_page(anna, f"/conversations/{conversation.pid}/", **options)
    page.locator("#pair-2 [data-do=edit]").click()
    expect(page.locator("form.editor")).to_be_visible()
    page.locator("#reject-panel summary").click()
    found = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_optional_arguments_are_folded_and_count_once_something_is_typed(open_page, anna):
    found = call("search_issues", {"query": "data loss"}, "[]")
    content = Content(
        tools=registry("issue-tracker").tools, turns=[Turn(user="u", steps=[Step(calls=[found])], answer="a")]
    )
    row = store(content, registry_name="issue-tracker")
    page = open_page(anna, f"/conversations/{row.pid}/")
    page.keyboard.press("e")
    page.get_by_text("more, not given").click()
    page.get_by_label("label", exact=True).fill("data-loss")
    page.get_by_label("priority", exact=True).select_option("high")
    page.keyboard.press("Control+s")
    expect(page.locator("form.editor")).to_have_count(0)
    arguments = Conversation.objects.get(pk=row.pk).content.calls[0].arguments
    assert arguments == {"query": "data loss", "priority": "high", "label": "data-loss"}


def test_a_key_pressed_the_moment_an_editor_arrived_is_no_page_load(page):
    page.evaluate("""() => {
      window.stillHere = true;
      document.addEventListener("htmx:afterSwap", function leave() {
        const cancel = document.querySelector("form.editor [data-cancel]");
        if (!cancel) return;
        document.removeEventListener("htmx:afterSwap", leave);
        setTimeout(() => cancel.click());
      });
    }""")
    page.keyboard.press("e")
    expect(page.locator("form.editor")).to_have_count(0)
    expect(page.locator("#pair-1")).to_be_focused()
    assert page.evaluate("window.stillHere") is True


@pytest.mark.parametrize("width", [1440, 390])
def test_one_key_leads_to_the_search_of_the_list(open_page, anna, conversation, width):
    page = open_page(anna, f"/conversations/{conversation.pid}/", viewport={"width": width, "height": 900})
    page.keyboard.press("/")
    page.wait_for_url(re.compile(r"/conversations/(\?.*)?#id_q$"))
    expect(page.locator("#id_q")).to_be_focused()


def test_what_is_typed_on_the_way_to_the_search_is_no_key(page, conversation):
    expect(page.locator('.review-keys [data-do="search"] kbd')).to_be_visible()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("""() => {
      for (const key of ["/", "a"]) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }""")
    expect(page.locator("#id_q")).to_be_focused()
    assert [url for url in sent if "/pairs/" in url or "/calls/" in url] == []
    assert not Conversation.objects.get(pk=conversation.pk).pairs.exclude(verdict="").exists()


PRESS = """
  const press = (key, more) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  const active = () => document.querySelector("#thread .is-active").id;
  const typed = () => (press("x"), press("j"), active());
  const stayed = () => (press("Escape"), press("j"), active());
  window.isLeft = true;
"""


@pytest.mark.parametrize("way", ["n", "p"])
def test_what_is_typed_on_the_way_to_another_conversation_is_no_key(page, conversation, way):
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    assert page.evaluate(f"() => {{ {PRESS} press({way!r}); return [typed(), stayed()]; }}") == ["pair-1", "pair-2"]
    page.wait_for_function("() => !window.isLeft")
    assert not Conversation.objects.get(pk=conversation.pk).pairs.exclude(verdict="").exists()


def test_nor_is_what_is_typed_once_a_decision_leads_on(page, conversation):
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    leads_on = f"""() => {{ {PRESS}
      return new Promise((resolve) => {{
        addEventListener("htmx:afterOnLoad", ({{ detail }}) => detail.xhr.getResponseHeader("HX-Redirect") && resolve([typed(), stayed()]));
        press("s");
      }});
    }}"""
    assert page.evaluate(leads_on) == ["pair-1", "pair-2"]
    page.wait_for_function("() => !window.isLeft")
    assert not Conversation.objects.get(pk=conversation.pk).pairs.exclude(verdict="").exists()


def test_keys_go_on_behind_a_link_that_stays_on_the_page(page):
    page.locator('.minimap a[href="#pair-2"]').click()
    page.keyboard.press("k")
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))


def test_the_url_names_a_pair_once_one_rests_at_it(page):
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    calls = page.evaluate(f"""() => {{ {PRESS}
      const replace = history.replaceState.bind(history);
      window.calls = 0;
      history.replaceState = (...values) => ((window.calls += 1), replace(...values));
      for (const key of "jkjjkj") press(key);
      return window.calls;
    }}""")
    assert calls == 0
    expect(page).to_have_url(re.compile("#text-answer-0$"))
    assert page.evaluate("window.calls") == 1


def test_and_before_the_page_is_left(page):
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    page.evaluate(f"() => {{ {PRESS} press('j'); document.querySelector('.nav-brand').click(); }}")
    page.wait_for_function("() => !window.isLeft")
    page.go_back()
    expect(page).to_have_url(re.compile("#pair-2$"))
    expect(page.locator("#pair-2")).to_have_class(re.compile("is-active"))


def test_and_when_the_browser_may_be_asked_to_reload(page):
    expect(page.locator("#pair-1")).to_have_class(re.compile("is-active"))
    assert (
        page.evaluate(f"() => {{ {PRESS} press('j'); press('r', {{ ctrlKey: true }}); return location.hash; }}")
        == "#pair-2"
    )
