"""The search: what of a conversation can be found, how it is written down, and how a query is read.

Both databases index the same terms: texts are folded here (case, accents, punctuation), so that they can't disagree about
what a word is, and what is written without spaces (Chinese, Japanese, Korean) is cut into pairs of neighbouring characters. A word of
a query is a run of terms that stand together: ``notes/a.txt`` is three, ``東京都`` two. Arguments and codes of checks are
terms as well, as digests that no text contains.

Bounded, so that a result of megabytes costs what a page does: of each text its first ``TEXT`` characters, of a
conversation the first ``WHOLE``.
"""

import re
import unicodedata
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice, pairwise
from time import monotonic
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Exists, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from generation.conversation import Conversation as Content
from generation.conversation import canonical_json
from studio.domain.rounds import hidden_among
from studio.domain.statements import notes_on
from studio.models import Conversation, SearchIndex, SearchText
from studio.models.conversations import AmongThose, ConversationQuerySet, InOrder
from studio.models.fields import plain_text

TEXT = 4_000
WHOLE = 60_000
LEAVES = 60
"""Values inside a call's arguments that it can be found by."""
VALUE = 200
"""No longer value of an argument can be found as a whole."""
WORD = 64
FEW = 2_000
"""Up to so many matches are named one by one."""
MANY = 20_000
MOMENT_S = 60
REMEMBERED = 1_000

_many_until: dict[tuple[str, tuple[Any, ...]], float] = {}

_UNSPACED = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ACCENT = re.compile("[\u0300-\u036f]+")
_BETWEEN = re.compile(r"[\W_]+")
_LONG = re.compile(rf"\S{{{WORD + 1},}}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ASCII = bytes(ord(chr(byte).lower()) if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """One word or phrase of a query, folded, and as it was ``given``. ``is_begun``: its last word may go on."""

    text: str
    given: str = ""
    is_begun: bool = False
    is_without: bool = False


def index_words(conversation: Conversation, *, content: Content, notes: Iterable[str] = ()) -> None:
    """Write down what the conversation is found by, in the transaction of whoever stores it."""
    has = {conversation.pk} if conversation.version > 1 else ()
    _write([_text_of(conversation, content=content, notes=notes)], has=has)


def index_again(conversation: Conversation) -> None:
    """The same for one that is stored, with what people wrote about it: to be called when that or its findings change."""
    index_again_all([conversation.pk])


def index_again_all(pks: Collection[int]) -> None:
    """The same for some hundred, in few statements; what stands as it should is not written."""
    rows = list(Conversation.objects.filter(pk__in=pks).select_related("dataset"))
    notes = _notes_of_all(rows)
    wanted = [_text_of(row, content=row.content, notes=notes[row.pk]) for row in rows]
    stands = {row.pk: (row.words, row.terms) for row in SearchText.objects.filter(pk__in=pks)}
    _write([row for row in wanted if stands.get(row.pk) != (row.words, row.terms)], has=stands)


def notes_of(conversation: Conversation) -> list[str]:
    """Comments and reasons; none while some people must not see those of others, because a search would show them."""
    return _notes_of_all([conversation])[conversation.pk]


def _notes_of_all(conversations: Collection[Conversation]) -> dict[int, list[str]]:
    hidden = hidden_among(conversations)
    notes: dict[int, list[str]] = {row.pk: [] for row in conversations}
    for pk, text in notes_on([pk for pk in notes if pk not in hidden]):
        notes[pk].append(text)
    return notes


def _text_of(conversation: Conversation, *, content: Content, notes: Iterable[str]) -> SearchText:
    words = _joined([*_texts(content), *notes])
    codes = {finding["code"] for finding in conversation.findings}
    marks = {EVERY, *(_mark("check", code) for code in codes)}
    marks.update(mark for call in content.calls for mark in argument_marks(call.tool, call.arguments))
    return SearchText(conversation_id=conversation.pk, words=words, terms=" ".join([fold(words), *sorted(marks)]))


def _write(rows: list[SearchText], *, has: Container[int] = ()) -> None:
    """Store the rows, and those that stand already (``has``) in their place."""
    stand = [row for row in rows if row.pk in has]
    # Not all as an insertion with conflicts: PostgreSQL would make each vector twice.
    if _update(stand) < len(stand):
        stand = list(SearchText.objects.filter(pk__in=[row.pk for row in stand]))
    there = {row.pk for row in stand}
    SearchText.objects.bulk_create(
        [row for row in rows if row.pk not in there],
        update_conflicts=True,
        unique_fields=["conversation"],
        update_fields=["words", "terms"],
    )


def _update(rows: list[SearchText]) -> int:
    """How many of them there were. One, as every save has, is written by itself: the statement for many holds each text twice."""
    if len(rows) == 1:
        return SearchText.objects.filter(pk=rows[0].pk).update(words=rows[0].words, terms=rows[0].terms)
    return SearchText.objects.bulk_update(rows, ["words", "terms"]) if rows else 0


def fold(text: str, *, is_open: bool = False) -> str:
    """The terms of a text, spaces between. ``is_open``: unspaced writing at its end may go on in what is looked for."""
    if text.isascii():
        folded = text.encode("ascii").translate(_ASCII).decode("ascii")
    else:
        bare = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
        folded = _BETWEEN.sub(" ", unicodedata.normalize("NFKC", bare).casefold()).strip()
        end = len(folded) if is_open else -1
        folded = _UNSPACED.sub(lambda run: f" {_pairs(run[0], is_open=run.end() == end)} ", folded)
    return " ".join(_LONG.sub(lambda word: word[0][:WORD], folded).split())


def _pairs(run: str, *, is_open: bool) -> str:
    pairs = [first + second for first, second in pairwise(run)]
    return " ".join(pairs if is_open and pairs else [*pairs, run[-1]])


def read_query(text: str) -> list[Term]:
    """The words and phrases of a query: ``begin*``, ``"a phrase"``, ``-without``. What has no letter or digit is left out."""
    terms = []
    for match in _PART.finditer(plain_text(text)):
        given = match["phrase"] or match["word"] or ""
        folded = fold(given, is_open=True)
        # One character of unspaced writing is the beginning of the pair it stands in.
        last = folded.rpartition(" ")[2]
        is_begun = given.endswith("*") or (len(last) == 1 and _UNSPACED.match(last) is not None)
        if folded:
            terms.append(Term(folded, given, is_begun=is_begun, is_without=bool(match["minus"])))
    return terms


def having(
    rows: ConversationQuerySet, *, words: str = "", argument: str = "", tool: str = "", check: str = ""
) -> ConversationQuerySet:
    """Those of ``rows`` in which all of that is found."""
    terms = read_query(words)
    wanted = [term for term in terms if not term.is_without]
    if argument:
        wanted.append(Term(_mark(tool, *_read_argument(argument))))
    if check:
        wanted.append(Term(_mark("check", check)))
    unwanted = [term for term in terms if term.is_without]
    if not wanted and not unwanted:
        return rows
    return among(rows, _found(wanted or [Term(EVERY)], unwanted))


def among(
    rows: ConversationQuerySet, keys: QuerySet[Any, Any], *, condition: Q | Exists | None = None
) -> ConversationQuerySet:
    """Those of ``rows`` whose primary key is one of ``keys``; ``condition`` says the same of a row by itself.

    Few keys are read first and named: their rows are then found by them, whatever the order. Where there are many, a page is
    full after a few rows in order, so each is looked at by itself. In between, each is looked for among the keys.
    """
    keys = keys.order_by()
    if condition is not None and _are_many(keys):
        return rows.filter(condition)
    few = list(keys[: FEW + 1])
    if len(few) <= FEW:
        return rows.filter(pk__in=few)
    return rows.filter(AmongThose(InOrder(F("pk")), keys))


def _are_many(keys: QuerySet[Any, Any]) -> bool:
    """Whether there are more than ``MANY``; those that were a moment ago are taken to be, for either way finds the same rows."""
    try:
        asked, now = keys[MANY:].query.sql_with_params(), monotonic()
    except EmptyResultSet:
        return False
    if _many_until.get(asked, 0) > now:
        return True
    if not keys[MANY:].exists():
        return False
    if len(_many_until) >= REMEMBERED:
        _many_until.clear()
    _many_until[asked] = now + MOMENT_S
    return True


def _found(wanted: list[Term], unwanted: list[Term]) -> QuerySet[Any, Any]:
    """The keys of the conversations that have all the wanted terms and none of the unwanted."""
    is_sqlite = connection.vendor == "sqlite"
    write, both, either, but_not = (
        (_for_fts5, " AND ", " OR ", " NOT ") if is_sqlite else (_for_tsquery, " & ", " | ", " & !")
    )
    # Terms are letters and digits alone, so nothing in them needs escaping.
    query = f"({both.join(map(write, wanted))})"
    if unwanted:
        query += f"{but_not}({either.join(map(write, unwanted))})"
    # In a subquery, PostgreSQL does not know the words when it plans: of frequent ones it would read every vector instead of the
    # index, and what that costs is not in its figures.
    sql = "studio_search_index MATCH %s" if is_sqlite else "index @@ (SELECT to_tsquery('simple', %s))"
    index = SearchIndex if is_sqlite else SearchText
    holds = RawSQL(sql, [query], output_field=BooleanField())  # noqa: S611  one of two constants
    return index.objects.filter(holds).values_list("conversation_id", flat=True)


def _for_fts5(term: Term) -> str:
    return f'"{term.text}"{"*" if term.is_begun else ""}'


def _for_tsquery(term: Term) -> str:
    words = [f"'{word}'" for word in term.text.split(" ")]
    return f"({' <-> '.join(words)}{':*' if term.is_begun else ''})"


def _texts(content: Content) -> Iterator[str]:
    for turn in content.turns:
        yield turn.user
        for step in turn.steps:
            yield step.thought
            yield step.text
            for call in step.calls:
                yield call.tool
                yield call.reason
                for path, value in _leaves(call.arguments):
                    yield f"{path}: {value}"
                yield _readable(call.result or "")
        yield turn.answer or ""


def _joined(texts: Iterable[str]) -> str:
    joined = "\n".join(text[:TEXT] for text in texts if text)
    return plain_text(joined[:WHOLE])


def _readable(result: str) -> str:
    """A result's beginning with the escapes of JSON as what they stand for: else a word behind a line break has an n too many."""
    start = result[:TEXT]
    if "\\" not in start:
        return start
    text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), start)
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\n")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each value inside an argument, with the names that lead to it; the members of a list have the list's."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, path)
    else:
        yield path, value if isinstance(value, str) else canonical_json(value)


def argument_marks(tool: str, arguments: dict[str, Any]) -> Iterator[str]:
    """The terms that a call's arguments are found by: by path, by name alone and by neither, with the tool and without."""
    for path, value in islice(_leaves(arguments), LEAVES):
        if len(value) <= VALUE:
            for name in {path, path.rpartition(".")[2], ""}:
                yield _mark("", name, value)
                yield _mark(tool, name, value)


def _read_argument(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    return (name.strip(), value.strip()) if equals else ("", text.strip())


def _mark(*parts: str) -> str:
    return "xqz" + blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


EVERY = _mark("every")
"""What every conversation is found by: those without a word are looked for among them."""
