"""The fields of the argument form as its template and its scripts know them. Every text here is shown escaped and marked."""

from dataclasses import dataclass, field
from typing import Literal

from django.utils.safestring import SafeString

from generation.conversation import canonical_json
from studio.review.arguments.json_text import Path, pointer_to
from studio.web.visible_text import name_odd, show

Kind = Literal["text", "number", "choice", "null", "group", "list", "json"]
_HEADING = 200


@dataclass(frozen=True)
class Option:
    """One thing to choose. ``json`` is the value that choosing it sets."""

    json: str
    words: SafeString
    is_chosen: bool = False


@dataclass(frozen=True)
class Chooser:
    """Which of several shapes a value has. ``name`` keeps the choice while the editor is open; "" where the value tells."""

    name: str
    options: list[Option]

    @property
    def is_undecided(self) -> bool:
        return not any(option.is_chosen for option in self.options)


@dataclass(kw_only=True)
class ArgumentField:
    """One place in the arguments. ``name`` is unique in its form, ``path`` leads to the place, ``value`` is what its input holds.

    ``starter`` is the JSON set when it becomes given; ``new`` the JSON a new member or item begins with.
    """

    name: str
    path: Path
    kind: Kind
    key: str = ""
    title: str = ""
    description: str = ""
    hints: list[str] = field(default_factory=list)
    placeholder: str = ""
    mode: str = ""
    value: str = ""
    summary: str = ""
    starter: str = "null"
    new: str = "null"
    default: str | None = None
    default_words: str = ""
    is_given: bool = False
    is_required: bool = False
    is_item: bool = False
    is_extra: bool = False
    is_unknown: bool = False
    is_read_only: bool = False
    is_deprecated: bool = False
    is_line: bool = False
    is_open: bool = True
    is_first: bool = False
    takes_more: bool = False
    choosers: list[Chooser] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    members: list["ArgumentField"] = field(default_factory=list)
    errors: list[SafeString] = field(default_factory=list)
    branch: object = None

    @property
    def path_json(self) -> str:
        """The path for a data attribute: ASCII, whatever the keys hold."""
        return canonical_json(list(self.path))

    @property
    def pointer(self) -> str:
        return pointer_to(self.path)

    @property
    def label(self) -> SafeString:
        return show(self.key[:_HEADING])

    @property
    def list_label(self) -> SafeString | str:
        """What the list is called that an item stands in."""
        return show(str(self.path[-2])[:_HEADING]) if self.is_item and len(self.path) > 1 else ""

    @property
    def is_compound(self) -> bool:
        return self.kind in ("group", "list")

    @property
    def is_shut(self) -> bool:
        """Whether it begins closed. What is refused stands open."""
        return not self.is_open and not self.is_refused

    @property
    def title_words(self) -> SafeString | str:
        """The title where it says more than the key."""
        plain = self.key.replace("_", " ").replace("-", " ").casefold()
        return "" if self.title.casefold() in (plain, self.key.casefold()) else show(self.title)

    @property
    def plain_label(self) -> str:
        """The label without markup, for attributes: "tags 2" for an item."""
        label = name_odd(self.key[:_HEADING]) or "arguments"
        return f"{name_odd(str(self.path[-2])[:_HEADING])} {label}" if self.list_label else label

    @property
    def description_words(self) -> SafeString:
        return show(self.description)

    @property
    def hint_words(self) -> list[SafeString]:
        return [show(hint) for hint in self.hints]

    @property
    def summary_words(self) -> SafeString:
        return show(self.summary)

    @property
    def is_default_offered(self) -> bool:
        return self.default is not None and not self.is_given

    @property
    def default_shown(self) -> SafeString:
        return show(self.default_words)

    @property
    def rows(self) -> int:
        return min(12, self.value.count("\n") + 1 + len(self.value) // 80)

    @property
    def is_removable(self) -> bool:
        """Whether it goes away for good when it is taken out: items and keys the schema does not name."""
        return self.is_item or self.is_extra

    @property
    def is_optional(self) -> bool:
        return not (self.is_required or self.is_removable)

    @property
    def shown(self) -> list["ArgumentField"]:
        """Members that are given, required or refused; all of them where nothing is folded."""
        return [member for member in self.members if not member.is_foldable]

    @property
    def folded(self) -> list["ArgumentField"]:
        """Optional members that are not given."""
        return [member for member in self.members if member.is_foldable]

    @property
    def is_foldable(self) -> bool:
        return not (self.is_given or self.is_required or self.is_refused)

    @property
    def is_refused(self) -> bool:
        """Whether an error stands at it or within it."""
        return bool(self.errors) or any(member.is_refused for member in self.members)

    @property
    def count(self) -> int:
        """How many fields there are in it, itself excepted."""
        return sum(1 + member.count for member in self.members)
