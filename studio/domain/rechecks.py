"""Checking stored conversations anew: for checks that are younger than they are. Content, version and status stay."""

from collections.abc import Iterator

from django.db import transaction

from studio.domain.conversations import derive
from studio.domain.findings import waivers_of
from studio.domain.likeness import find_alike, remember
from studio.domain.search import index_again
from studio.models import Conversation
from studio.models.conversations import ConversationQuerySet


def recheck_all(rows: ConversationQuerySet) -> Iterator[bool]:
    """Check each of the rows as it stands, one transaction each; says of each whether its findings changed."""
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        yield recheck(pk)


@transaction.atomic
def recheck(pk: int) -> bool:
    """Write down what the checks find now. False when that is what they found before, or it was deleted. Idempotent."""
    row = Conversation.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    content = row.content
    stale = frozenset(row.pairs.exclude(stale="").values_list("call_id", flat=True))
    alike, likeness = find_alike(content, dataset_pk=row.dataset_id, besides=row.pk)
    waived = waivers_of(row).keys()
    derived = derive(content, stale=stale, stale_answers=row.stale_answers, alike=alike, waived=waived)
    remember(row, own=likeness)
    changed = {name: value for name, value in derived.items() if getattr(row, name) != value}
    if changed:
        Conversation.objects.filter(pk=pk).update(**changed)
    index_again(row)
    return "findings" in changed
