"""Verdicts on pairs: kept per person; which of them stands for lists and exports is said here, and nowhere else.

Of a pair stands the latest verdict (with its tag) and the latest comment that somebody gave. Where a lead chose between two
people's decisions, the chosen one's come before whatever else was given until then. While a conversation is reviewed blind
nothing stands, so that nothing shows.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from studio.domain.rounds import is_hidden
from studio.models import Conversation, Pair, PairVerdict, Review, User
from studio.models.fields import plain_text


def verdicts_seen(
    conversation: Conversation, *, by: User, is_hidden: bool
) -> tuple[dict[str, PairVerdict], dict[str, list[PairVerdict]]]:
    """What ``by`` said of each pair, by call id, and what everybody else said, the earliest first; nothing of that where it
    ``is_hidden`` because it is reviewed blind."""
    own: dict[str, PairVerdict] = {}
    others: dict[str, list[PairVerdict]] = {}
    for row in conversation.pair_verdicts.select_related("reviewer"):
        if row.reviewer_id == by.pk:
            own[row.call_id] = row
        elif row.verdict and not is_hidden:
            others.setdefault(row.call_id, []).append(row)
    return own, others


@transaction.atomic
def keep_verdict(
    conversation: Conversation,
    *,
    call_id: str,
    by: User,
    verdict: str,
    tag: str | None = None,
    comment: str | None = None,
) -> None:
    """Write down what ``by`` says of a pair now, and what stands of it; a tag or comment that is None stays.

    A tag belongs to its verdict: another verdict without a tag loses it.
    """
    # Whether it is blind may have changed since it was read; and until this is through, nobody decides.
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("dataset").defer("document")
    conversation = rows.get(pk=conversation.pk)
    row = conversation.pair_verdicts.filter(call_id=call_id, reviewer=by).first()
    if row is None:
        row = PairVerdict(conversation=conversation, call_id=call_id, reviewer=by)
    if tag is not None:
        row.tag = plain_text(tag, 80)
    elif verdict != row.verdict:
        row.tag = ""
    if comment is not None:
        row.comment = plain_text(comment)
    row.verdict, row.at = verdict, timezone.now()
    if row.verdict or row.comment:
        row.save()
    elif row.pk:
        row.delete()
    settle_verdicts(conversation, call_ids=[call_id])


def settle_verdicts(conversation: Conversation, *, call_ids: Collection[str] | None = None) -> None:
    """Bring the pairs up to what stands of the verdicts on them (``call_ids``: only these). Idempotent."""
    rows, pairs = conversation.pair_verdicts.all(), conversation.pairs.all()
    if call_ids is not None:
        rows, pairs = rows.filter(call_id__in=call_ids), pairs.filter(call_id__in=call_ids)
    said: dict[str, list[PairVerdict]] = {}
    if not is_hidden(conversation):
        choice = _choice(conversation)
        for row in sorted(rows, key=lambda row: (*_weight(row, choice), row.at, row.pk)):
            said.setdefault(row.call_id, []).append(row)
    changed = []
    for pair in pairs:
        judged = next((row for row in reversed(said.get(pair.call_id, [])) if row.verdict), PairVerdict())
        worded = next((row for row in reversed(said.get(pair.call_id, [])) if row.comment), PairVerdict())
        stands = (judged.verdict, judged.tag, worded.comment)
        if (pair.verdict, pair.tag, pair.comment) != stands:
            pair.verdict, pair.tag, pair.comment = stands
            changed.append(pair)
    Pair.objects.bulk_update(changed, ["verdict", "tag", "comment"])


def _choice(conversation: Conversation) -> tuple[int | None, datetime] | None:
    """Whose decision a lead chose last, and when."""
    chosen = Review.objects.filter(conversation=conversation, undone_at=None).exclude(chosen=None)
    return chosen.order_by("-pk").values_list("chosen__reviewer", "at").first()


def _weight(row: PairVerdict, choice: tuple[int | None, datetime] | None) -> tuple[bool, bool]:
    if choice is None:
        return False, False
    reviewer, at = choice
    return row.at > at, row.reviewer_id == reviewer
