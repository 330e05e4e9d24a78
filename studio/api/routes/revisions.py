"""``/api/conversations/{id}/revisions``: a conversation as it was after each change."""

from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router

from studio.api.authentication import person
from studio.api.conversation_rows import conversation_row
from studio.api.paging import Page, Paging, page_of
from studio.api.responses import answers
from studio.api.schemas.conversations import RevisionDetail, RevisionSummary
from studio.api.schemas.fields import MAX_INTEGER
from studio.domain.rounds import hide_authors, is_hidden

router = Router(tags=["revisions"])


@router.get("/{id}/revisions", response=answers(Page[RevisionSummary]))
def list_revisions(request: HttpRequest, id: str, paging: Query[Paging]) -> Page[RevisionSummary]:
    """Its revisions, the newest first."""
    conversation, by = conversation_row(request, id), person(request)
    rows = conversation.revisions.select_related("author").defer("document")
    page = page_of(rows, paging=paging, show=RevisionSummary.of, order=["-version"])
    if is_hidden(conversation):
        for shown in page.items:
            shown.author = shown.author if shown.author == str(by) else None
    return page


@router.get("/{id}/revisions/{version}", response=answers(RevisionDetail))
def get_revision(request: HttpRequest, id: str, version: Annotated[int, Path(ge=1, le=MAX_INTEGER)]) -> RevisionDetail:
    """One revision with its document."""
    conversation = conversation_row(request, id)
    revision = conversation.revisions.select_related("author").filter(version=version).first()
    if revision is None:
        raise Http404(f"There is no version {version} of this conversation.")
    if is_hidden(conversation):
        hide_authors([revision], by=person(request))
    return RevisionDetail.of(revision)
