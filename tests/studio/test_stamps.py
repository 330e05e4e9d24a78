"""A stamped block prints what it would print without the stamp, whatever it does with what it is given."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.safestring import SafeString

from studio.domain import edits, reviews
from studio.domain.saving import Save
from studio.templatetags import stamps
from tests.standins.review_rows import call, person, reading, store, two_reads
from tests.studio.review.conftest import Page


@dataclass
class Side:
    html: str


@dataclass
class Thing:
    name: str
    state: str = "ok"
    note: str = ""
    side: Side | None = None


THINGS = [
    Thing("one", side=Side("<b>")),
    Thing("two & three", side=Side("")),
    Thing("", "wrong", "why"),
    Thing("four", "wrong", "why"),
    Thing("five", "ok", "", Side(SafeString("<i>"))),
    Thing("one"),
]


def rendered(block: str, *, is_stamped: bool) -> str:
    inner = f'{{% stamp thing "name side.html" %}}{block}{{% endstamp %}}' if is_stamped else block
    template = Template(f"{{% load stamps %}}{{% for thing in things %}}{inner}|{{% endfor %}}")
    return template.render(
        Context({"things": THINGS, "request": RequestFactory().get("/"), "which": "four", "names": ["one"]})
    )


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What came of each attempt to make a stamp."""
    outcomes: list[object] = []
    make = stamps.Stamp._make

    def noted(self: stamps.Stamp, thing: object, context: Context) -> object:
        outcomes.append(make(self, thing, context))
        return outcomes[-1]

    monkeypatch.setattr(stamps.Stamp, "_make", noted)
    return outcomes


@pytest.mark.parametrize(
    "block",
    [
        "<p id='{{ thing.name }}' class='{{ thing.state }}'>{{ thing.note }}{{ thing.name }}</p>",
        "{% if thing.side %}{{ thing.side.html }}{% else %}none{% endif %}",
        "{% if thing.side is None %}-{% elif thing.side.html %}{{ thing.side.html }}{% endif %}",
        "{% if thing.name %}{{ thing.name }}{% else %}nameless{% endif %}",
        "{% with side=thing.side %}{{ side.html|default:'x' }}{% endwith %}",
        "{% if thing.state == 'wrong' and thing.note %}{{ thing.note }}{% endif %}",
        "<i>{% apart %}{{ thing.name|upper }}{% if thing.name == which %}this{% endif %}{% endapart %}</i>{{ thing.name }} 100%",
        "{% apart %}{% stamp thing 'name' %}{{ thing.name }}{% endstamp %}{% endapart %}{% apart %}{{ thing.name|length }}{% endapart %}",
        "{% stamp thing 'name' %}{{ thing.name }}{% apart %}{{ thing.name|slugify }}{% endapart %}{% endstamp %}",
    ],
)
def test_prints_the_same_and_renders_less(block, made):
    assert rendered(block, is_stamped=True) == rendered(block, is_stamped=False)
    assert 0 < len(made) < len(THINGS)
    assert None not in made


@pytest.mark.parametrize(
    "block",
    [
        "{% if thing.name == which %}this{% endif %}",
        "{% if which != thing.name %}another{% endif %}",
        "{% if thing.name in names %}this{% endif %}",
        "{{ thing.name|upper }}",
        "{{ thing.name|truncatechars:3 }}",
        "{{ thing.name|slugify }}",
        "{{ thing.name|length }}",
        "{{ thing.name|safe }}",
        "{% for letter in thing.name %}{{ letter }}{% endfor %}",
    ],
)
def test_whoever_looks_into_a_blank_gets_the_thing_itself(block, made):
    assert rendered(block, is_stamped=True) == rendered(block, is_stamped=False)
    assert made[-1] is None


def test_many_different_things_are_rendered_one_by_one(monkeypatch):
    monkeypatch.setattr(stamps, "MAX_STAMPS", 2)
    monkeypatch.setattr("tests.studio.test_stamps.THINGS", [Thing(str(n), state=str(n)) for n in range(9)])
    assert rendered("{{ thing.state }}", is_stamped=True) == "0|1|2|3|4|5|6|7|8|"


def test_what_stands_apart_makes_no_stamp_of_its_own(made):
    rendered("{{ thing.state }}{% apart %}{{ thing.name }}{{ thing.note }}{% endapart %}", is_stamped=True)
    assert len(made) == len({thing.state for thing in THINGS})


def test_a_mark_of_somebody_else_is_text(monkeypatch):
    monkeypatch.setattr("tests.studio.test_stamps.THINGS", [Thing("one", note="\ue000"), Thing("\ue000name\ue001")])
    block = "{{ thing.name }} {{ thing.note }}"
    assert rendered(block, is_stamped=True) == rendered(block, is_stamped=False)


def test_a_stamp_is_written_right_or_refused():
    with pytest.raises(TemplateSyntaxError, match="Write"):
        Template("{% load stamps %}{% stamp thing %}{% endstamp %}")


@pytest.mark.django_db
def test_a_review_page_is_the_same_without_stamps(monkeypatch):
    anna = person("anna")
    content = two_reads()
    failed = call("read_file", {"file_path": "x" * 30_000}, "", error="not_found")
    waiting = call("read_file", {}, "line\n" * 50)
    content.turns[0].steps += [
        step.model_copy(update={"calls": [one]})
        for step, one in zip(reading("notes/c.txt"), [failed, waiting], strict=True)
    ]
    row = store(content)
    reviews.set_verdict(row, call_id=waiting.id, verdict="wrong", by=anna)
    edits.edit_call(
        row, save=Save(version=1, by=anna), call_id=content.calls[0].id, arguments={"file_path": "notes/c.txt"}
    )
    page = Page(row, anna)

    def lines(tail: str) -> list[str]:
        monkeypatch.setattr("django.middleware.csrf._mask_cipher_secret", lambda _: "x" * 64)
        text = page.get(tail).content.decode()
        return [line.strip() for line in text.splitlines() if line.strip() and "<time" not in line]

    tails = ["", "thread/", "texts/answer-0/edit/", f"{page.call(1)}edit/"]
    stamped = [lines(tail) for tail in tails]
    monkeypatch.setattr(stamps.Stamp, "render", lambda self, context: self.nodelist.render(context))
    assert stamped == [lines(tail) for tail in tails]
