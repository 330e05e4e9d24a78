"""An editor open on the page: what it holds, what was refused of it, and who saved meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.safestring import SafeString

from studio.review.arguments.fields import ArgumentField

PLACES = [
    ("after", "in a step of its own, after this one"),
    ("before", "in a step of its own, before this one"),
    ("beside", "in the same step, as a parallel call"),
]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Somebody saved while this was typed: who, when, what they did, and what now stands. ``members`` are those of the arguments
    that both changed; the others are merged already."""

    by: str
    version: int
    summary: str
    at: datetime | None
    standing: SafeString
    members: list[SafeString] = field(default_factory=list)


@dataclass(kw_only=True)
class Editor:
    """``target`` is the id of the part it stands in; ``kind`` chooses its form; ``version`` is what a save builds on.

    ``draft`` names what is typed for the browser, which keeps it until it was saved; ``part`` is where a text stood in ``version``.
    Arguments have more: their ``form``, the ``tool`` it is drawn for out of the conversation's ``tools``, ``problems`` that stand
    at no field, and the text ``carried`` over from another tool. A new call has the ``place`` it goes to (see
    ``studio.domain.structure``) and the ``thought`` of its step.
    """

    target: str
    kind: str
    url: str
    version: int
    draft: str
    part: str = ""
    text: str = ""
    label: str = ""
    note: str = ""
    reason: str = ""
    outcome: str = "ok"
    error_type: str = ""
    form: ArgumentField | None = None
    tool: str = ""
    tools: list[str] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    carried: str | None = None
    place: str = ""
    thought: str = ""
    errors: list[str] = field(default_factory=list)
    conflict: Conflict | None = None

    @property
    def has_arguments(self) -> bool:
        return self.kind in ("fields", "raw")

    @property
    def is_new(self) -> bool:
        """Whether it is a call that is not there yet."""
        return bool(self.place)

    @property
    def places(self) -> list[tuple[str, str]]:
        return PLACES

    @property
    def fields_url(self) -> str:
        """Where the form of arguments is drawn anew for what was typed."""
        return self.url.rsplit("/", 2)[0] + "/fields/"

    @property
    def check_url(self) -> str:
        """Where arguments are checked as they are typed."""
        return self.url.rsplit("/", 2)[0] + "/check/"

    @property
    def is_large(self) -> bool:
        """Whether there are so many fields that people look for one by its name."""
        return self.form is not None and self.form.count > 15

    @property
    def show_url(self) -> str:
        """The part without its editor."""
        return self.url.rsplit("/", 2)[0] + "/show/"

    @property
    def is_refused(self) -> bool:
        return bool(self.problems) or (self.form is not None and self.form.is_refused)


CLOSED = Editor(target="", kind="", url="", version=0, draft="")
"""No editor is open. Templates ask every part whether it is the editor's target; a failing lookup is slow there."""
