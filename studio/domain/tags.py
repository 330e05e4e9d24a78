"""Tags: a dataset's list of them, which leads keep, and which of them a conversation has. They change no version."""

from django.db import IntegrityError, transaction
from django.db.models import Max

from studio.domain.claims import require_free
from studio.domain.errors import NotPossible, Refused
from studio.domain.taggings import keep_tagging
from studio.domain.team import require_lead
from studio.models import Conversation, Dataset, Tag, User
from studio.models.fields import plain_text

MAX_NAME = 40
Colour = Tag.Colour


def add_tag(dataset: Dataset, *, name: str, by: User, colour: str = Colour.PLAIN) -> Tag:
    """A new tag at the end of the dataset's list. Raises Refused for a name that is none, NotPossible for one that is taken."""
    require_lead(by, to="add a tag")
    return _add(dataset, name=_name(name), colour=_colour(colour))


def change_tag(tag: Tag, *, by: User, name: str | None = None, colour: str | None = None) -> Tag:
    """Give it another name or colour; the conversations that have it keep it."""
    require_lead(by, to="change a tag")
    tag.name = tag.name if name is None else _name(name)
    tag.colour = tag.colour if colour is None else _colour(colour)
    try:
        with transaction.atomic():
            tag.save(update_fields=["name", "colour"])
    except IntegrityError as error:
        raise NotPossible(f"There is a tag “{tag.name}” already. Choose another name.") from error
    return tag


@transaction.atomic
def raise_tag(tag: Tag, *, by: User) -> None:
    """Move it one place up in the list; the first stays where it is."""
    require_lead(by, to="change a tag")
    tags = list(Tag.objects.select_for_update().filter(dataset=tag.dataset_id).order_by("position", "pk"))
    at = next((number for number, row in enumerate(tags) if row.pk == tag.pk), 0)
    if at:
        tags[at - 1], tags[at] = tags[at], tags[at - 1]
    for number, row in enumerate(tags):
        row.position = number
    Tag.objects.bulk_update(tags, ["position"])


def remove_tag(tag: Tag, *, by: User) -> None:
    """Take it out of the list and off every conversation."""
    require_lead(by, to="delete a tag")
    tag.delete()


@transaction.atomic
def set_tag(conversation: Conversation, *, name: str, by: User, is_set: bool = True) -> None:
    """Set a tag on a conversation, or take it off. A lead's new word joins the dataset's list; anybody else chooses from it.

    Raises Refused, ClaimHeld. One that is set already, or off already, stays so. While it is reviewed blind, it is so for ``by``
    alone (``studio.domain.taggings``).
    """
    wanted = _name(name)
    # First of all, as bulk actions do: PostgreSQL asks for the row when this ends, and two who tag it at once would wait for each other.
    rows = Conversation.objects.select_for_update(of=("self",)).light().select_related("dataset")
    current = rows.get(pk=conversation.pk)
    require_free(current, by=by)
    tag = Tag.objects.filter(dataset=conversation.dataset_id, name=wanted).first()
    if tag is None:
        if not is_set:
            return
        if not by.is_lead:
            raise Refused(f"This dataset has no tag “{wanted}”. Choose one of its list, or ask a lead to add it.")
        tag = _add(conversation.dataset, name=wanted, colour=Colour.PLAIN)
    keep_tagging(current, tag=tag, by=by, is_set=is_set)


def _add(dataset: Dataset, *, name: str, colour: str = Colour.PLAIN) -> Tag:
    last = Tag.objects.filter(dataset=dataset).aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            return Tag.objects.create(
                dataset=dataset, name=name, colour=colour, position=0 if last is None else last + 1
            )
    except IntegrityError as error:
        raise NotPossible(f"There is a tag “{name}” already. Choose another name.") from error


def _name(text: str) -> str:
    name = plain_text(" ".join(text.split()))
    if not name or len(name) > MAX_NAME:
        message = f"A tag has 1 to {MAX_NAME} characters."
        raise Refused(message, details=[{"pointer": "/name", "message": message}])
    return name


def _colour(colour: str) -> str:
    if colour not in Colour.values:
        raise Refused(f"There is no colour “{colour[:40]}”: known are {', '.join(Colour.values)}.")
    return colour
