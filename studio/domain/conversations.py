"""Conversations: put one in, save a changed one. Document, pairs, revision and version are written together or not at all."""

import re
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.checks import Finding, check, estimated_tokens
from generation.conversation import Conversation as Content
from generation.conversation import Outcome, PairRef, canonical_json, to_json
from generation.errors import InvalidInput
from generation.similarity import Fingerprint
from studio.domain.comments import recount
from studio.domain.errors import NotPossible, StaleVersion
from studio.domain.findings import BLOCKING, open_findings, waivers_of
from studio.domain.likeness import find_alike, remember
from studio.domain.rounds import void
from studio.domain.search import index_words, notes_of
from studio.domain.statements import insert
from studio.domain.taggings import settle_taggings
from studio.domain.verdicts import settle_verdicts
from studio.models import Conversation, Dataset, Item, Pair, Revision, Run, ToolSet, User
from studio.models.conversations import CLAIM
from studio.models.fields import plain_text

OWN_RESULT = "The call was changed and has not been run again."
"""Why a changed call is stale. No other reason replaces it: only running it, or writing its result, settles it."""
CALL_ID = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True)
class Examined:
    """What storing a new conversation needs and takes time to work out: its text, its columns, what it is likened by."""

    document: str
    derived: dict[str, Any]
    likeness: Fingerprint


def examine(dataset: Dataset, *, content: Content) -> Examined:
    """Work that out, outside of any transaction. Raises InvalidInput for what can't be stored at all."""
    alike, likeness = find_alike(content, dataset_pk=dataset.pk)
    derived = derive(content, stale=frozenset(), stale_answers={}, alike=alike)
    return Examined(document=storable_document(content), derived=derived, likeness=likeness)


@transaction.atomic
def add_conversation(
    dataset: Dataset,
    *,
    content: Content,
    item: Item | None = None,
    run: Run | None = None,
    scenario_pk: int | None = None,
    toolset: ToolSet | None = None,
    examined: Examined | None = None,
    imported_as: str = "",
    by: User | None = None,
) -> Conversation:
    """Store a new conversation with its pairs and first revision. One that fails a blocking check is withheld from review.

    ``examined`` is what ``examine`` gave for it, ``imported_as`` the digest by which one that came in is known again. Raises InvalidInput for what can't be stored at all.
    """
    examined = examined or examine(dataset, content=content)
    withheld = examined.derived["blocking_count"] > 0
    conversation = Conversation.objects.create(
        dataset=dataset,
        item=item,
        run=run,
        scenario_id=scenario_pk,
        toolset=toolset,
        document=examined.document,
        imported_as=imported_as,
        status=Conversation.Status.WITHHELD if withheld else Conversation.Status.NEEDS_REVIEW,
        **examined.derived,
    )
    remember(conversation, own=examined.likeness)
    insert([Pair(conversation=conversation, call_id=ref.call.id, **_mirror(ref)) for ref in content.pairs()])
    insert(
        [
            Revision(
                conversation=conversation,
                version=1,
                document=conversation.document,
                summary="Generated" if item else "Imported",
                stale={},
                stale_answers={},
                author=by,
            )
        ]
    )
    index_words(conversation, content=content)
    return conversation


@dataclass(kw_only=True)
class Change:
    """What a save does besides replacing the content.

    ``stale``: call ids that become stale, with the reason; ``fresh``: call ids that are no longer. ``stale_answers`` and
    ``fresh_answers``: the same for answers, by turn number. ``is_restored``: ``stale`` and ``stale_answers`` are all that is
    stale from now on, whatever was before. ``key`` names the save: one that is repeated under its key makes no second revision.
    """

    summary: str
    reason: str = ""
    stale: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    stale_answers: dict[int, str] = field(default_factory=dict)
    fresh_answers: set[int] = field(default_factory=set)
    is_restored: bool = False
    key: str = ""


@transaction.atomic
def save_change(
    conversation: Conversation, *, version: int, content: Content, change: Change, by: User | None
) -> Conversation:
    """Save ``content`` as the next version of what ``version`` was, and return the row as it now stands.

    A save that changes nothing makes no revision. A decided conversation goes back to review, and what was decided about
    another content is void. Raises StaleVersion when somebody saved since ``version``, or ``conversation`` itself is of another
    one; InvalidInput for what can't be stored; NotPossible where only leads change it.
    """
    rows = Conversation.objects.light().select_for_update(of=("self",)).select_related("dataset")
    current = rows.get(pk=conversation.pk)
    # ``content`` was made from ``conversation``: an older one would carry somebody's save away.
    if not current.version == version == conversation.version:
        raise StaleVersion(current=current.version, by=last_author(current))
    current.document = conversation.document  # of the same version, and long
    require_editable(current, by=by)
    pairs = {pair.call_id: pair for pair in current.pairs.all()}
    standing = {call_id: pair.stale for call_id, pair in pairs.items() if pair.stale}
    stale, answers = _stale_after(current, content, change, standing=standing)
    document = storable_document(content)
    if document == current.document and answers == current.stale_answers and standing == stale:
        return current
    now = timezone.now()
    alike, likeness = find_alike(content, dataset_pk=current.dataset_id, besides=current.pk)
    derived = derive(content, stale=frozenset(stale), stale_answers=answers, alike=alike)
    if derived["blocking_count"]:
        derived["blocking_count"] = len(open_findings(derived["findings"], waived=waivers_of(current).keys()))
    before, status = current.status, _status_after_edit(current, derived["blocking_count"])
    voided = void(current, by=by) if document != current.document or status != current.status else {}
    columns = {
        "document": document,
        "version": version + 1,
        "status": status,
        "is_edited": True,
        "updated_at": now,
        "stale_answers": answers,
        **({} if status == current.status else {"decided_by": None, "decided_at": None}),
        **({"claim_until": now + CLAIM} if by and current.is_claimed and current.claimed_by_id == by.pk else {}),
        **voided,
        **_replay_after(current, content),
        **derived,
    }
    Conversation.objects.filter(pk=current.pk, version=version).update(**columns)
    for name, value in columns.items():
        setattr(current, name, value)
    added = _mirror_pairs(current, content, stale, pairs)
    remember(current, own=likeness)
    index_words(current, content=content, notes=notes_of(current))
    made = Revision(
        conversation=current,
        version=version + 1,
        document=document,
        summary=plain_text(change.summary, 200),
        reason=plain_text(change.reason, 500),
        stale=stale,
        stale_answers=answers,
        author=by,
        at=now,
        key=plain_text(change.key, 64),
    )
    insert([made])
    if voided or status != before:
        settle_verdicts(current)  # a review that begins anew may be blind
        settle_taggings(current)
        recount(current)
    elif added:
        settle_verdicts(current, call_ids=added)  # one that comes back has what was said of it
    return current


def _stale_after(
    current: Conversation, content: Content, change: Change, *, standing: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What is stale once the change is saved: calls by id, answers by turn, each with its reason; ``standing``: the calls before."""
    stale, answers = change.stale, {str(turn): reason for turn, reason in change.stale_answers.items()}
    if not change.is_restored:
        own = {call_id: reason for call_id, reason in standing.items() if reason == OWN_RESULT}
        stale, answers = {**standing, **stale, **own}, {**current.stale_answers, **answers}
    ids = {call.id for call in content.calls}
    stale = {call_id: reason for call_id, reason in stale.items() if call_id in ids and call_id not in change.fresh}
    turns = set(range(len(content.turns))) - change.fresh_answers
    return stale, {turn: reason for turn, reason in answers.items() if int(turn) in turns}


def _replay_after(current: Conversation, content: Content) -> dict[str, Any]:
    """A replay speaks of calls and results: it is forgotten when one of them changes, and stands when words do."""
    if current.replayed_at is None or _executed(current.content) == _executed(content):
        return {}
    current.pairs.update(replay=Pair.Replay.NONE)
    return {"replayed_at": None, "replay_version": None, "replay_differs": 0, "replay_fails": 0}


def _executed(content: Content) -> list[Any]:
    return [(call.id, call.tool, canonical_json(call.arguments), call.result, call.outcome) for call in content.calls]


def storable_document(content: Content) -> str:
    """The content as canonical text. Raises InvalidInput for call ids that pairs can't be kept by, and for numbers JSON lacks."""
    ids = [call.id for call in content.calls]
    for call_id in ids:
        if not CALL_ID.fullmatch(call_id):
            raise InvalidInput(f"{call_id[:80]!r} is no call id: use 1 to 64 visible ASCII characters.")
    if twice := sorted({call_id for call_id in ids if ids.count(call_id) > 1}):
        raise InvalidInput(f"Call ids stand twice: {', '.join(twice[:5])}. Give each call its own.")
    try:
        return to_json(content)
    except ValueError as error:
        raise InvalidInput("NaN and Infinity are no JSON: write another number or text.") from error


def derive(
    content: Content,
    *,
    stale: frozenset[str],
    stale_answers: dict[str, str],
    alike: Sequence[Finding] = (),
    waived: Container[str] = (),
) -> dict[str, Any]:
    """The columns that lists filter and sort by, from the content; ``alike`` is what was found beyond it, ``waived`` the
    digests of the findings that a lead lets pass."""
    findings = [_stored(finding) for finding in (*check(content), *alike)]
    calls = content.calls
    return {
        "mode": plain_text(content.mode, 16),
        "pattern": plain_text(content.pattern or "", 24),
        "model": plain_text(content.model, 120),
        "excerpt": plain_text(content.turns[0].user if content.turns else "", 200),
        "tool_names": f" {' '.join(sorted({plain_text(call.tool) for call in calls}))} " if calls else "",
        "turn_count": len(content.turns),
        "pair_count": len(calls),
        "token_count": estimated_tokens(content),
        "error_count": sum(call.outcome is Outcome.TOOL_ERROR for call in calls),
        "stale_count": len(stale) + len(stale_answers),
        "blocking_count": len(open_findings(findings, waived=waived)),
        "warning_count": sum(finding["severity"] != BLOCKING for finding in findings),
        "findings": findings,
    }


def _stored(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "call_id": finding.call_id,
        "turn": finding.turn,
    }


def _mirror(ref: PairRef) -> dict[str, Any]:
    call = ref.call
    return {
        "number": ref.number,
        "turn": ref.turn,
        "step": ref.step,
        "tool": plain_text(call.tool, 64),
        "outcome": call.outcome or "",
        "error_type": plain_text(call.error_type or "", 80),
        "provenance": call.provenance,
    }


def _mirror_pairs(
    conversation: Conversation, content: Content, stale: dict[str, str], rows: dict[str, Pair]
) -> list[str]:
    """Bring the pairs, ``rows`` by call id, up to the document; returns the ids of those that were not there."""
    refs = {ref.call.id: ref for ref in content.pairs()}
    if gone := [pair.pk for call_id, pair in rows.items() if call_id not in refs]:
        Pair.objects.filter(pk__in=gone).delete()
    new, changed = [], defaultdict[tuple[tuple[str, Any], ...], list[int]](list)
    for call_id, ref in refs.items():
        wanted = {**_mirror(ref), "stale": stale.get(call_id, "")[:200]}
        row = rows.get(call_id)
        if row is None:
            new.append(Pair(conversation=conversation, call_id=call_id, **wanted))
        elif changes := tuple((name, value) for name, value in wanted.items() if getattr(row, name) != value):
            changed[changes].append(row.pk)
    for changes, pks in changed.items():  # what makes one result stale makes many
        Pair.objects.filter(pk__in=pks).update(**dict(changes))
    Pair.objects.bulk_create(new)
    return [pair.call_id for pair in new]


def require_editable(conversation: Conversation, *, by: User | None) -> None:
    """Raises NotPossible when people disagree about it and ``by`` is none of those who settle that."""
    if conversation.status == Conversation.Status.ADJUDICATION and by is not None and not by.is_lead:
        raise NotPossible("People disagree about this conversation: until a lead has settled it, only leads change it.")


def _status_after_edit(conversation: Conversation, blocking: int) -> str:
    status = Conversation.Status
    if conversation.status == status.WITHHELD:
        return status.WITHHELD if blocking else status.NEEDS_REVIEW
    if conversation.status in (status.APPROVED, status.REJECTED):
        return status.NEEDS_REVIEW
    return conversation.status


def last_author(conversation: Conversation) -> str:
    """Who saved the standing version, as others are told. While it is reviewed blind, nobody is named."""
    if conversation.is_blind:
        return "Another reviewer"
    last = conversation.revisions.select_related("author").defer("document").order_by("-version").first()
    return str(last.author) if last and last.author else "Somebody"
