"""A decision in bulk leaves each conversation as the same decision about it alone would, and undoing both does as well."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.domain import bulk, reviews
from studio.domain.comments import start_thread
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.policies import change_policy
from studio.models import Branch, BulkAction, Conversation, Dataset, PairVerdict, Review, SearchText, User
from tests.standins.studio_rows import make_conversation, make_dataset, make_user

pytestmark = pytest.mark.django_db

Prepared = Callable[[Conversation, User, User], Any]


def _two_approvals(row: Conversation, *_: User) -> None:
    change_policy(row.dataset, approvals_needed=2)


def _drawn(row: Conversation, *_: User) -> None:
    change_policy(row.dataset, double_review_share=100)


def _blind(row: Conversation, _me: User, other: User) -> None:
    _drawn(row)
    reviews.reject(row, version=1, by=other, reason="Ostrich")


def _approved_twice(row: Conversation, _me: User, other: User) -> None:
    _drawn(row)
    reviews.approve(row, version=1, by=other)
    reviews.approve(row, version=1, by=make_user())


def _approved_by(row: Conversation, by: User) -> None:
    _two_approvals(row)
    reviews.approve(row, version=1, by=by)


def _disputed(row: Conversation, _me: User, other: User) -> None:
    _two_approvals(row)
    reviews.approve(row, version=1, by=other)
    reviews.reject(row, version=1, by=make_user(), reason="Ostrich")


def _edited(row: Conversation, me: User, _other: User) -> None:
    change_policy(row.dataset, author_may_approve=False)
    row.revisions.create(version=2, document=row.document, summary="An edit", author=me)
    Conversation.objects.filter(pk=row.pk).update(version=2)


def _discussed(row: Conversation, _me: User, other: User) -> None:
    start_thread(row, text="Ibis", by=other)
    pair = row.pairs.first()
    assert pair is not None
    reviews.set_verdict(row, call_id=pair.call_id, verdict="wrong", by=other, comment="Heron")


def _set(**columns: object) -> Prepared:
    return lambda row, _me, _other: Conversation.objects.filter(pk=row.pk).update(**columns)


STATES: dict[str, Prepared] = {
    "as it was made": lambda *_: None,
    "two approvals needed": _two_approvals,
    "one approval of two": lambda row, _me, other: _approved_by(row, other),
    "one's own approval of two": lambda row, me, _other: _approved_by(row, me),
    "approved": lambda row, _me, other: reviews.approve(row, version=1, by=other),
    "rejected": lambda row, _me, other: reviews.reject(row, version=1, by=other, reason="Ostrich"),
    "asked about": lambda row, _me, other: reviews.ask_second_opinion(row, version=1, by=other, reason="Emu"),
    "asked about by oneself": lambda row, me, _other: reviews.ask_second_opinion(row, version=1, by=me),
    "skipped": lambda row, _me, other: reviews.skip(row, by=other),
    "held": lambda row, _me, other: reviews.claim(row, by=other),
    "held by oneself": lambda row, me, _other: reviews.claim(row, by=me),
    "drawn": _drawn,
    "blind": _blind,
    "approved twice, blind": _approved_twice,
    "disputed": _disputed,
    "edited by oneself": _edited,
    "discussed": _discussed,
    "withheld": _set(status="withheld"),
    "with findings": _set(warning_count=1),
    "stale": _set(stale_count=1),
    "branched": lambda row, *_: Branch.objects.create(
        conversation=row, endpoint=ensure_demo_endpoint(), status="done", version=1, turn=1, seed=1
    ),
}
CHANGED = {
    "approve": {
        "as it was made", "two approvals needed", "one approval of two", "asked about", "asked about by oneself", "skipped",
        "held by oneself", "discussed",
    },
    "reject": {
        "as it was made", "two approvals needed", "one approval of two", "one's own approval of two", "approved",
        "asked about", "asked about by oneself", "skipped", "held by oneself", "approved twice, blind", "edited by oneself",
        "discussed", "withheld", "with findings", "stale", "branched",
    },
}  # fmt: skip


def _made(number: int, state: str, me: User, other: User) -> Conversation:
    row = make_conversation(dataset=make_dataset(slug=f"{number}-{len(state)}-{Dataset.objects.count()}"))
    Conversation.objects.filter(pk=row.pk).update(blocking_count=0, warning_count=0, findings=[])
    row.refresh_from_db()
    STATES[state](row, me, other)
    row.refresh_from_db()
    return row


def _snapshot(row: Conversation) -> dict[str, Any]:
    """All that a decision may touch, without keys and times."""
    made = list(Review.objects.filter(conversation=row).order_by("pk"))
    places = {review.pk: at for at, review in enumerate(made)}
    people = {pk: at for at, pk in enumerate(dict.fromkeys(review.reviewer_id for review in made))}
    columns = ("status", "is_blind", "claimed_by", "open_threads", "version")
    current = Conversation.objects.values(*columns, "decided_by", "decided_at").get(pk=row.pk)
    return {
        "row": [current[name] for name in columns],
        "decided": (people.get(current["decided_by"], current["decided_by"]), current["decided_at"] is not None),
        "reviews": [
            (
                people[review.reviewer_id],
                *(review.decision, review.previous_status, review.version, review.reason, review.stands),
                *(
                    places.get(review.ended_by_id or 0),
                    places.get(review.counterpart_id or 0),
                    review.undone_at is None,
                ),
            )
            for review in made
        ],
        "marks": list(row.pairs.order_by("number").values_list("verdict", "tag", "comment")),
        "verdicts": PairVerdict.objects.filter(conversation=row).count(),
        "words": SearchText.objects.get(conversation=row).words,
    }


@pytest.mark.parametrize("kind", ["approve", "reject"])
def test_it_leaves_each_as_the_single_decision_does(kind: str) -> None:
    me, other = make_user(role=User.Role.LEAD), make_user()
    alone = {state: _made(1, state, me, other) for state in STATES}
    together = {state: _made(2, state, me, other) for state in STATES}
    before = {state: _snapshot(row) for state, row in together.items()}
    action = _do(kind, list(together.values()), by=me)
    changed = set(action.entries.filter(outcome="changed").values_list("conversation", flat=True))
    assert {state for state, row in together.items() if row.pk in changed} == CHANGED[kind]
    made: dict[str, Review] = {}
    for state in STATES:
        if state not in CHANGED[kind]:
            assert _snapshot(together[state]) == before[state], state
            continue
        made[state] = _decide(kind, alone[state], by=me)
        assert _snapshot(together[state]) == _snapshot(alone[state]), state
    bulk.work_at_once(bulk.undo_bulk(action, by=me))
    assert bulk.bulk_action(action.pk).undone == len(CHANGED[kind])
    for state, review in made.items():
        reviews.take_back(review, by=me)
        assert _snapshot(together[state]) == _snapshot(alone[state]), state


def _decide(kind: str, row: Conversation, *, by: User) -> Review:
    decide = {"approve": reviews.approve, "reject": reviews.reject}[kind]
    return decide(row, version=row.version, by=by, **({"reason": "Off topic"} if kind == "reject" else {}))


def _do(kind: str, rows: list[Conversation], *, by: User) -> BulkAction:
    chosen = Conversation.objects.filter(pk__in=[row.pk for row in rows])
    action = bulk.prepare_bulk(chosen, kind=kind, by=by, reason="Off topic")
    bulk.work_at_once(bulk.start_bulk(action, by=by))
    return bulk.bulk_action(action.pk)
