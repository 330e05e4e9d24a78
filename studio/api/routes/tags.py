"""Tags: ``/api/datasets/{id}/tags``, which leads keep, and ``/api/conversations/{id}/tags``."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from studio.api.authentication import leads, person
from studio.api.conversation_rows import conversation_row
from studio.api.lookup import by_id
from studio.api.responses import answers
from studio.api.schemas.comments import TagIn, TagPatch, TagSetting, TagShown
from studio.domain import tags
from studio.domain.rounds import is_hidden
from studio.domain.taggings import tags_seen
from studio.models import Dataset, Tag

of_datasets = Router(tags=["tags"])
of_conversations = Router(tags=["tags"])


@of_datasets.get("/{id}/tags", response=answers(list[TagShown]))
def list_tags(request: HttpRequest, id: str) -> list[TagShown]:
    """The dataset's tags in their order; the first nine have keys on the review page."""
    return [TagShown.of(tag) for tag in _dataset(id).tags.all()]


@of_datasets.post("/{id}/tags", response=answers(TagShown, status=201, conflicts=True), auth=leads(to="edit tags"))
def add_tag(request: HttpRequest, id: str, body: TagIn) -> Status[TagShown]:
    """A new tag at the end of the list; 409 when its name is taken."""
    return Status(201, TagShown.of(tags.add_tag(_dataset(id), name=body.name, colour=body.colour, by=person(request))))


@of_datasets.patch("/{id}/tags/{tag_id}", response=answers(TagShown, conflicts=True), auth=leads(to="edit tags"))
def change_tag(request: HttpRequest, id: str, tag_id: str, body: TagPatch) -> TagShown:
    """Give it another name or colour; conversations keep it."""
    return TagShown.of(tags.change_tag(_tag(id, tag_id), by=person(request), **body.changes()))


@of_datasets.post("/{id}/tags/{tag_id}/up", response=answers(list[TagShown]), auth=leads(to="edit tags"))
def raise_tag(request: HttpRequest, id: str, tag_id: str) -> list[TagShown]:
    """Move it one place up; answers with the list."""
    tags.raise_tag(_tag(id, tag_id), by=person(request))
    return list_tags(request, id)


@of_datasets.delete("/{id}/tags/{tag_id}", response=answers(None, status=204), auth=leads(to="edit tags"))
def remove_tag(request: HttpRequest, id: str, tag_id: str) -> Status[None]:
    """Delete it, also from the conversations that have it."""
    tags.remove_tag(_tag(id, tag_id), by=person(request))
    return Status(204, None)


@of_conversations.post("/{id}/tags", response=answers(list[TagShown], conflicts=True))
def set_tag(request: HttpRequest, id: str, body: TagSetting) -> list[TagShown]:
    """Set a tag, or take it off; answers with those it has. A lead's new word joins the dataset's list.

    While a conversation is reviewed blind, only you see what you set; the others do when both have decided."""
    conversation = conversation_row(request, id)
    by = person(request)
    tags.set_tag(conversation, name=body.name, by=by, is_set=body.is_set)
    return [TagShown.of(tag) for tag in tags_seen(conversation, by=by, is_hidden=is_hidden(conversation))]


def _dataset(pid: str) -> Dataset:
    return by_id(Dataset.objects.all(), pid, what="dataset")


def _tag(pid: str, tag_pid: str) -> Tag:
    return by_id(Tag.objects.filter(dataset=_dataset(pid)), tag_pid, what="tag")
