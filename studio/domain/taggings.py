"""Tags while a conversation is reviewed blind: kept per person, who alone sees them; what stands of it all is said here.

Until both have decided, the conversation has for everybody else, for lists, filters and exports, the tags it had before. Then
the latest word on each tag stands. What is set openly is no part of this: it stands at once.
"""

from collections.abc import Collection

from django.db.models import Exists, OuterRef

from studio.domain.rounds import hidden_among, is_hidden
from studio.models import Conversation, Tag, Tagging, User

_Tagged = Conversation.tags.through


def keep_tagging(conversation: Conversation, *, tag: Tag, by: User, is_set: bool) -> None:
    """Write down what ``by`` says of a tag, in a transaction that holds the conversation; elsewhere than in a blind review for all."""
    said = conversation.taggings.filter(tag=tag)
    if not is_hidden(conversation):
        said.delete()
        _set_openly(conversation, tag_pks=[tag.pk], is_set=is_set)
        return
    before = said.first()
    had = before.had if before else _Tagged.objects.filter(conversation=conversation, tag=tag).exists()
    said.filter(by=by).delete()  # the latest word stands, so it stands last
    if is_set != had or said.exists():
        Tagging.objects.create(conversation=conversation, tag=tag, by=by, is_set=is_set, had=had)


def settle_taggings(conversation: Conversation) -> None:
    """Bring the tags up to what stands of the words on them. Idempotent."""
    said = list(conversation.taggings.all())
    if not said:
        return
    hidden = is_hidden(conversation)
    stands = {row.tag_id: row.had if hidden else row.is_set for row in said}
    for is_set in (True, False):
        _set_openly(conversation, tag_pks=[pk for pk, stood in stands.items() if stood == is_set], is_set=is_set)


def tags_seen(conversation: Conversation, *, by: User, is_hidden: bool) -> list[Tag]:
    """The tags it has as ``by`` may know, in the dataset's order: where it ``is_hidden``, those it had before and their own."""
    has = list(conversation.tags.all())
    if not is_hidden:
        return has
    own = dict(conversation.taggings.filter(by=by).values_list("tag", "is_set"))
    seen = {tag.pk: True for tag in has} | own
    return list(Tag.objects.filter(pk__in=[pk for pk, is_set in seen.items() if is_set]))


def overrule(conversations: Collection[Conversation], *, tags: Collection[Tag], is_set: bool) -> None:
    """What was set on all of them openly holds against what was said before, or, where that is hidden, as what it had."""
    said = Tagging.objects.filter(conversation__in=conversations, tag__in=tags)
    if said.exists():
        hidden = hidden_among(conversations)
        said.filter(conversation__in=hidden).update(had=is_set)
        said.exclude(conversation__in=hidden).delete()


def tags_to_choose(conversation: Conversation, *, by: User, is_hidden: bool) -> list[tuple[Tag, bool]]:
    """Every tag of the dataset, and whether the conversation has it as ``by`` may know."""
    has = Exists(_Tagged.objects.filter(conversation=conversation, tag=OuterRef("pk")))
    own = dict(conversation.taggings.filter(by=by).values_list("tag", "is_set")) if is_hidden else {}
    tags = Tag.objects.filter(dataset=conversation.dataset_id).annotate(has=has)
    return [(tag, own.get(tag.pk, tag.has)) for tag in tags]


def _set_openly(conversation: Conversation, *, tag_pks: Collection[int], is_set: bool) -> None:
    """Set tags on a conversation for everybody to see, or take them off."""
    if is_set:
        rows = (_Tagged(conversation_id=conversation.pk, tag_id=pk) for pk in tag_pks)
        _Tagged.objects.bulk_create(rows, ignore_conflicts=True)
    elif tag_pks:
        _Tagged.objects.filter(conversation=conversation, tag__in=tag_pks).delete()
