"""The filter form of the list of conversations: what can be chosen, and what is. ``studio.domain.filters`` says what it means."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django import forms
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.http import QueryDict

from generation.checks import EXPLANATIONS
from generation.plan import Mode, Pattern
from studio.domain.filters import IN_REVIEW, ME, NOBODY, Filters, list_query
from studio.domain.keymaps import keymap_of
from studio.domain.orders import LISTED, NEWEST, ORDERS, Order
from studio.models import Conversation, Dataset, Run, Tag, Tool, User
from studio.web.named_choices import show_choices
from studio.web.visible_text import name_odd

YES_NO = (("yes", "Yes"), ("no", "No"))

SELECTS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "findings": (
        "Checks",
        (("any", "Any finding"), ("blocking", "Blocking"), ("warning", "Warning"), ("none", "None")),
    ),
    "outcome": ("Outcome", (("ok", "No tool error"), ("tool_error", "Tool error"))),
    "verdict": ("Verdict on a pair", (("ok", "Ok"), ("wrong", "Wrong"), ("unseen", "Unseen"))),
    "check": ("Check", tuple((code, code.replace("_", " ")) for code in sorted(EXPLANATIONS))),
    "stale": ("Stale", YES_NO),
    "replay": (
        "Replay",
        (("identical", "Identical"), ("differs", "Differs"), ("fails", "Fails now"), ("none", "Not replayed")),
    ),
    "edited": ("Edited", YES_NO),
    "open_comments": ("Open comments", YES_NO),
    "mode": ("Mode", tuple((mode.value, mode.value.replace("_", " ")) for mode in Mode)),
    "pattern": ("Pattern", tuple((pattern.value, pattern.value.replace("_", " ")) for pattern in Pattern)),
}
TEXTS = {
    "argument": ("Argument", "file_path=notes/a.txt"),
    "error_type": ("Error type", "FileNotFound"),
    "model": ("Model", ""),
    "run": ("Run", "its id"),
    "scenario": ("Scenario", "its id"),
}
PEOPLE = {"assigned_to": "Assigned to", "claimed_by": "Open with", "reviewer": "Reviewed by", "edited_by": "Edited by"}
NUMBERS = {"pairs_min": "Pairs from", "pairs_max": "Pairs to", "tokens_min": "Tokens from", "tokens_max": "Tokens to"}
DAYS = {
    "created_from": "Made from",
    "created_to": "Made to",
    "decided_from": "Decided from",
    "decided_to": "Decided to",
}
ALWAYS = ("dataset", "status", "tool", "findings")
GROUPS = {
    "Calls": ("argument", "outcome", "error_type", "verdict"),
    "State": ("check", "stale", "replay", "edited", "open_comments", "tag"),
    "People": tuple(PEOPLE),
    "Origin": ("run", "scenario", "mode", "pattern", "model"),
    "Size and days (UTC)": (*NUMBERS, *DAYS),
}


@dataclass(frozen=True)
class Chip:
    """A filter that is set, in words, and the query of the list without it."""

    name: str
    words: str
    without: str


class FilterForm(forms.Form):
    """The fields of all filters and the sort. What makes no sense is shown as it came, and left aside."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    sort = forms.ChoiceField(
        label="Sort", required=False, choices=[("" if name == NEWEST else name, ORDERS[name].words) for name in LISTED]
    )

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data)
        self.given, self.filters = data, Filters.read(data.urlencode())
        self.said: dict[str, dict[str, str]] = {}
        statuses = [
            (value, words)
            for value, words in Conversation.Status.choices
            if user.is_lead or value != Conversation.Status.WITHHELD
        ]
        tools = Tool.objects.order_by("name").values_list("name", flat=True).distinct()
        tags = Tag.objects.order_by("name").values_list("name", flat=True).distinct()
        people = User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)
        names = [(ME, "Me"), *((name, name) for name in people)]
        self._select("dataset", "Dataset", Dataset.objects.values_list("slug", "name"))
        self._select("status", "Status", [statuses[0], (IN_REVIEW, "In review"), *statuses[1:]])
        self._select("tool", "Tool", ((name, name) for name in tools))
        self._select("tag", "Tag", ((name, name) for name in tags))
        for name, (label, choices) in SELECTS.items():
            self._select(name, label, choices)
        for name, label in PEOPLE.items():
            self._select(name, label, [*names, (NOBODY, "Nobody")] if name == "assigned_to" else names)
        for name, (label, example) in TEXTS.items():
            self.fields[name] = forms.CharField(label=label, required=False, max_length=200)
            self.fields[name].widget.attrs["placeholder"] = example
        for name, label in NUMBERS.items():
            self.fields[name] = forms.IntegerField(label=label, required=False, min_value=0)
        for name, label in DAYS.items():
            self.fields[name] = forms.CharField(label=label, required=False, widget=forms.DateInput({"type": "date"}))
        self.fields["q"].widget.attrs |= {
            "placeholder": 'word begin* "phrase" -not',
            "data-key": keymap_of(user)["search"],
            "type": "search",
        }

    def _select(self, name: str, label: str, choices: Iterable[tuple[str, Any]]) -> None:
        nothing = f"Any {label.lower()}" if name in ALWAYS else "Any"
        self.said[name] = dict(show_choices(choices))
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=[("", nothing), *self.said[name].items()]
        )

    @property
    def order(self) -> Order:
        return ORDERS[self.chosen_sort or NEWEST]

    @property
    def chosen_sort(self) -> str:
        """The name of a sort that is not the usual one."""
        name = self.data.get("sort", "")
        return name if name in LISTED and name != NEWEST else ""

    @property
    def query(self) -> str:
        """The filters and the sort without a place, as a query: what the review page, a saved view and a bulk action keep."""
        return list_query(self.filters, self.chosen_sort)

    @property
    def is_narrow(self) -> bool:
        return bool(self.filters.given)

    @property
    def left_aside(self) -> str:
        """The filters whose value makes no sense, in words."""
        given = [name for name in self.fields if self.given.get(name, "").strip() and name != "sort"]
        return ", ".join(str(self.fields[name].label) for name in given if name not in self.filters.given)

    @property
    def always(self) -> list[forms.BoundField]:
        return [self[name] for name in (*ALWAYS, "sort")]

    @property
    def more(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS.items()]

    @property
    def has_more(self) -> int:
        """How many filters are set behind the fold."""
        return len(self.filters.given.keys() - {*ALWAYS, "q"})

    @property
    def chips(self) -> list[Chip]:
        """Each filter that is set, but for the search, which stands in sight."""
        return [self._chip(name, value) for name, value in self.filters.given.items() if name != "q"]

    def _chip(self, name: str, value: Any) -> Chip:
        texts = [text for given, text in parse_qsl(self.filters.query) if given == name]
        words = ", ".join(self.said.get(name, {}).get(text, name_odd(text)) for text in texts)
        if name == "run" and (run := Run.objects.select_related("dataset").filter(pid=value).first()):
            words = name_odd(f"{run.dataset}, {naturaltime(run.created_at)}")
        rest = self.given.copy()
        for gone in (name, "after", "before"):
            rest.pop(gone, None)
        return Chip(str(self.fields[name].label), words, rest.urlencode() or "all=1")
