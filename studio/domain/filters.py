"""Which conversations somebody means: the one definition of the filters, used by lists, queue, bulk actions, exports and API.

A filter that is not given lets everything through; all that are given must hold. Those about a call (tool, argument, outcome
``tool_error``, error type, verdict) hold together when one and the same call has it all, except for an argument, which is
matched with the tool alone.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlencode

from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from studio.domain.replays import REPLAYED
from studio.domain.search import among, having
from studio.models import Conversation, Dataset, Pair, Review, Revision, Run, Scenario, User
from studio.models.conversations import ConversationQuerySet
from studio.models.fields import plain_text

IN_REVIEW = "in_review"
ME = "me"
NOBODY = "nobody"
MAX_NUMBER = 2**31 - 1
MOST_FIELDS = 100

Status = Literal["needs_review", "in_review", "second_opinion", "adjudication", "approved", "rejected", "withheld"]

FINDINGS = {
    "any": Q(blocking_count__gt=0) | Q(warning_count__gt=0),
    "blocking": Q(blocking_count__gt=0),
    "warning": Q(warning_count__gt=0),
    "none": Q(blocking_count=0, warning_count=0),
}


def _storable(text: str) -> str:
    if plain_text(text) != text:
        raise ValueError("NUL and lone surrogates can't be looked for")
    return text


def _read_moment(given: object) -> object:
    """A day as such: pydantic would read midnight as one, and there ``to`` means another thing."""
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given) if len(given) <= len("2026-01-31") else datetime.fromisoformat(given)
    except ValueError as error:
        raise ValueError("write a day like 2026-01-31, or a time like 2026-01-31T12:00:00Z") from error


def _in_utc(moment: date | datetime) -> date | datetime:
    if isinstance(moment, datetime):
        try:
            return (moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError as error:
            raise ValueError("write a time between the years 1 and 9999, in UTC") from error
    if moment == date.max:
        raise ValueError("write a day before 9999-12-31")
    return moment


Word = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Moment = Annotated[datetime | date, BeforeValidator(_read_moment), AfterValidator(_in_utc)]


NAMES = {"q": "search", "findings": "checks"}
"""What people call a filter, where that is not its name."""


class Filters(BaseModel):
    """Filters by the names they have in URLs. A person is a user name, or ``me``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Word = Field(
        default="",
        description='Words that all occur in what was said, called, returned or commented: `begin*`, `"a phrase"`, `-without`.',
    )
    dataset: Word = Field(default="", description="An id or slug.")
    run: Word = Field(default="", description="An id.")
    scenario: Word = Field(default="", description="An id.")
    status: list[Status] = Field(
        default_factory=list, description="Any of these; may be given several times. `in_review`: somebody has it open."
    )
    tool: Word = Field(default="", description="A tool that was called.")
    argument: Word = Field(
        default="",
        description="An argument of a call (of `tool`, if that is given): `file_path=notes/a.txt`, `options.depth=2`, or only a value.",
    )
    outcome: Literal["", "ok", "tool_error"] = Field(
        default="", description="`tool_error`: a call failed; `ok`: none did."
    )
    error_type: Word = Field(default="", description="The type of error that a call gave.")
    verdict: Literal["", "ok", "wrong", "unseen"] = Field(default="", description="What people said of a pair.")
    findings: Literal["", "any", "blocking", "warning", "none"] = Field(
        default="", description="What the checks found."
    )
    check: Word = Field(default="", description="The code of a check that found something.")
    stale: bool | None = Field(default=None, description="Whether results or answers are stale.")
    replay: Literal["", "identical", "differs", "fails", "none"] = Field(
        default="",
        description="What the last replay gave: everything identical, something that differs or fails, or none.",
    )
    edited: bool | None = Field(default=None, description="Whether anybody edited it.")
    edited_by: Word = Field(default="", description="Who saved a change of it.")
    reviewer: Word = Field(default="", description="Who decided on it, if that was not taken back.")
    claimed_by: Word = Field(default="", description="Who has it open; only live claims count.")
    assigned_to: Word = Field(default="", description="Who is given it first, or `nobody`.")
    tag: Word = Field(default="", description="The name of a tag it has.")
    open_comments: bool | None = Field(default=None, description="Whether comments are unresolved.")
    mode: Word = ""
    pattern: Word = ""
    model: Word = Field(default="", description="Which model wrote it.")
    pairs_min: Number | None = None
    pairs_max: Number | None = None
    tokens_min: Number | None = Field(default=None, description="Tokens as estimated, of the whole training example.")
    tokens_max: Number | None = None
    created_from: Moment | None = Field(default=None, description="A day or a time, in UTC unless it says otherwise.")
    created_to: Moment | None = Field(default=None, description="A day (which is included) or a time (which is not).")
    decided_from: Moment | None = None
    decided_to: Moment | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_no_filter(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].get_default(call_default_factory=True) if value == "" else value

    @classmethod
    def read(cls, query: str | Mapping[str, list[str]]) -> Self:
        """The filters of a query string; what is no filter, or no value of one, is left aside."""
        given = read_fields(query) if isinstance(query, str) else query
        values: dict[str, Any] = {}
        for name, texts in given.items():
            if name == "status":
                known = [text for text in texts if text in STATUSES]
                values |= {name: known} if known else {}
            elif name in cls.model_fields and texts and texts[-1].strip():
                values[name] = texts[-1].strip()
        try:
            return cls(**values)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors()}
            return cls(**{name: value for name, value in values.items() if name not in wrong})

    @property
    def given(self) -> dict[str, Any]:
        """Those that are set, by name."""
        return {name: value for name, value in self if value not in ("", None, [])}

    @property
    def query(self) -> str:
        """They as a query string without ``?``: what ``read`` reads."""
        return urlencode([(name, text) for name, value in self.given.items() for text in _texts(value)])

    @property
    def words(self) -> list[tuple[str, str]]:
        """What is given, name and value, for people."""
        return [
            (NAMES.get(name, name.replace("_", " ")), ", ".join(_texts(value))) for name, value in self.given.items()
        ]

    def narrow(self, rows: ConversationQuerySet, *, by: User) -> ConversationQuerySet:
        """Those of ``rows`` that pass. What names something that is not there lets nothing through."""
        for name, value in self.given.items():
            if name in PEOPLE:
                rows = _of_person(rows, name, value, by)
            elif name in _NARROW:
                rows = _NARROW[name](rows, value)
        call = {name: value for name, value in self.given.items() if name in _CALL}
        # An argument is looked for with its tool already.
        rows = rows if self.argument and call.keys() == {"tool"} else _of_call(rows, call)
        return having(rows, words=self.q, argument=self.argument, tool=self.tool, check=self.check)


def read_fields(query: str) -> dict[str, list[str]]:
    """The fields of a query string; of more than there are filters for, the first."""
    return parse_qs("&".join(query.lstrip("?").split("&", MOST_FIELDS)[:MOST_FIELDS]))


def list_query(filters: Filters, sort: str) -> str:
    """Filters and a sort as the list, the queue and saved views write them, without ``?``."""
    return "&".join(filter(None, [filters.query, urlencode({"sort": sort}) if sort else ""]))


STATUSES = frozenset(Status.__args__)  # type: ignore[attr-defined]  # of a Literal


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [value.isoformat() if isinstance(value, date) else str(value)]


_CALL = ("tool", "outcome", "error_type", "verdict")
"""What one call must have together."""
PEOPLE = ("edited_by", "reviewer", "claimed_by", "assigned_to")


def _of_call(rows: ConversationQuerySet, call: dict[str, str]) -> ConversationQuerySet:
    if call.get("outcome") == "ok":
        del call["outcome"]
        rows = rows.filter(error_count=0)
    elif call == {"outcome": "tool_error"}:
        return _flag(Q(error_count__gt=0))(rows, True)
    if not call:
        return rows
    if call.get("verdict") == "unseen":
        call["verdict"] = Pair.Verdict.UNSEEN
    pairs = Pair.objects.filter(**call)
    each = Exists(pairs.filter(conversation=OuterRef("pk")))
    return among(rows, pairs.values_list("conversation", flat=True), condition=each)


Narrow = Callable[[ConversationQuerySet, Any], ConversationQuerySet]


def _rare(condition_of: Callable[[Any], Q]) -> Narrow:
    """By what few of many may have: those are looked up by an index of their own."""

    def narrow(rows: ConversationQuerySet, value: Any) -> ConversationQuerySet:
        condition = condition_of(value)
        return among(rows, Conversation.objects.filter(condition).values_list("pk", flat=True), condition=condition)

    return narrow


def _flag(condition: Q) -> Narrow:
    return lambda rows, value: _rare(lambda _: condition)(rows, value) if value else rows.exclude(condition)


def _row(column: str, kind: type[Model]) -> Narrow:
    """By the row of this id or slug: looked up first, so that the list can go by an index of its key."""

    def narrow(rows: ConversationQuerySet, value: str) -> ConversationQuerySet:
        named = Q(pid=value) | Q(slug=value) if kind is Dataset else Q(pid=value)
        found = kind._default_manager.filter(named).values_list("pk", flat=True).first()
        return rows.none() if found is None else rows.filter(**{column: found})

    return narrow


def _by_status(rows: ConversationQuerySet, statuses: list[str]) -> ConversationQuerySet:
    stored = [status for status in statuses if status != IN_REVIEW]
    if stored == statuses:
        return rows.filter(status__in=stored)
    waiting, opened = Q(status__in=Conversation.Status.waiting()), Q(claim_until__gte=timezone.now())
    if stored:
        return rows.filter(Q(status__in=stored) | (waiting & opened))
    return _rare(lambda _: opened)(rows.filter(waiting), None)


def _tagged(rows: ConversationQuerySet, name: str) -> ConversationQuerySet:
    return among(rows, Conversation.tags.through.objects.filter(tag__name=name).values_list("conversation", flat=True))


def _of_person(rows: ConversationQuerySet, name: str, value: str, by: User) -> ConversationQuerySet:
    """By somebody's part in it. What others decided is no filter where it is hidden from ``by``."""
    if name == "assigned_to" and value == NOBODY:
        return rows.filter(assigned_to=None)
    pk = by.pk if value == ME else User.objects.filter(username=value).values_list("pk", flat=True).first()
    if pk is None:
        return rows.none()
    if name == "assigned_to":
        return rows.filter(assigned_to=pk)
    if name == "claimed_by":
        return rows.filter(claimed_by=pk, claim_until__gte=timezone.now())
    if name == "edited_by":
        edited = Revision.objects.filter(author=pk, version__gt=1)
        # In a blind review, who edited is as hidden as who decided.
        edited = edited if pk == by.pk else edited.filter(conversation__is_blind=False)
        return among(rows, edited.values_list("conversation", flat=True))
    decided = Review.objects.visible_to(by).filter(reviewer=pk, undone_at=None)
    return among(rows, decided.exclude(decision=Review.Decision.SKIPPED).values_list("conversation", flat=True))


def _begin(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(tzinfo=UTC))


def _end(value: date) -> datetime:
    return value if isinstance(value, datetime) else _begin(value + timedelta(days=1))


_NARROW: dict[str, Narrow] = {
    "dataset": _row("dataset", Dataset),
    "run": _row("run", Run),
    "scenario": _row("scenario", Scenario),
    "status": _by_status,
    "findings": lambda rows, value: rows.filter(FINDINGS[value]),
    "stale": _flag(Q(stale_count__gt=0)),
    "replay": _rare(REPLAYED.__getitem__),
    "edited": _flag(Q(is_edited=True)),
    "tag": _tagged,
    "open_comments": _flag(Q(open_threads__gt=0)),
    "mode": _rare(lambda name: Q(mode=name)),
    "pattern": _rare(lambda name: Q(pattern=name)),
    "model": _rare(lambda name: Q(model=name)),
    "pairs_min": _rare(lambda least: Q(pair_count__gte=least)),
    "pairs_max": _rare(lambda most: Q(pair_count__lte=most)),
    "tokens_min": _rare(lambda least: Q(token_count__gte=least)),
    "tokens_max": _rare(lambda most: Q(token_count__lte=most)),
    "created_from": _rare(lambda begin: Q(created_at__gte=_begin(begin))),
    "created_to": _rare(lambda end: Q(created_at__lt=_end(end))),
    "decided_from": _rare(lambda begin: Q(decided_at__gte=_begin(begin))),
    "decided_to": _rare(lambda end: Q(decided_at__lt=_end(end))),
}
