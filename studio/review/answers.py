"""How the review page answers: the part that changed and the rail beside it to htmx, the whole page or a redirect to the rest."""

import json
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import ForeignKey
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string

from generation.conversation import PairRef
from studio.domain.replays import EVERY_CALL
from studio.domain.visibility import conversations_for
from studio.models import Conversation
from studio.review.branches import BranchView, show_branch
from studio.review.editors import CLOSED, Editor
from studio.review.presentation import show_card, show_text, show_thread
from studio.review.queue import queue_of
from studio.review.rail import show_rail
from studio.review.replays import show_panel
from studio.review.saving import Meanwhile
from studio.review.sources import Sources, load_sources
from studio.web.decorators import user_of

SAVED = "review:saved"
"""The event that tells the page to look which other parts changed."""
REBUILT = "review:rebuilt"
"""The event that tells the page that its whole thread is new; its value is the id of the part to go to."""
CLAIMED = "claim:saved"
"""The event that tells the rail to look who holds the conversation: what was done claimed it along."""
_PEOPLE = ("dataset", "claimed_by", "decided_by", "assigned_to")
_BESIDE = (*_PEOPLE, "run", "scenario")


@dataclass(kw_only=True)
class Notice:
    """Something that stands in the way of a decision, shown in the rail. ``is_conflict``: somebody saved meanwhile;
    ``repeats_obstacles``: the rail's own list of obstacles says it already."""

    text: str
    is_conflict: bool = False
    repeats_obstacles: bool = False


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, for a fragment."""
    return bool(getattr(request, "htmx", False))


def load(request: HttpRequest, pid: str) -> Conversation:
    """The conversation of this public id with what its page needs. Raises Http404, also for what one may not know of."""
    rows = conversations_for(user_of(request)).select_related(*_BESIDE)
    return get_object_or_404(rows, pid=pid)


def load_light(request: HttpRequest, pid: str) -> Conversation:
    """The same without its content. Raises Http404."""
    return get_object_or_404(conversations_for(user_of(request)).light().select_related(*_PEOPLE), pid=pid)


def find_ref(sources: Sources, call_id: str) -> PairRef:
    """The pair of this call. Raises Http404 when the conversation has none."""
    try:
        return sources.content.pair(call_id)
    except KeyError as error:
        raise Http404("No such call.") from error


def answer_card(
    request: HttpRequest,
    sources: Sources,
    call_id: str,
    *,
    editor: Editor | None = None,
    saved: bool = False,
    meanwhile: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """The card of a call, with its editor when one is open."""
    ref = find_ref(sources, call_id)
    if not is_htmx(request):
        return _plainly(request, sources, f"pair-{ref.number + 1}", editor, status)
    context = {"card": show_card(sources, ref), "editor": editor or CLOSED, "meanwhile": meanwhile}
    return _answer(request, sources, "review/card.html", context, saved=saved, status=status)


def answer_text(
    request: HttpRequest,
    sources: Sources,
    part: str,
    *,
    editor: Editor | None = None,
    saved: bool = False,
    meanwhile: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """A text of the conversation, with its editor when one is open."""
    try:
        text = show_text(sources, part)
    except LookupError as error:
        raise Http404("No such part.") from error
    if not is_htmx(request):
        return _plainly(request, sources, text.name, editor, status)
    context = {"text": text, "editor": editor or CLOSED, "meanwhile": meanwhile}
    return _answer(request, sources, "review/text.html", context, saved=saved, status=status)


def answer_thread(
    request: HttpRequest,
    sources: Sources,
    *,
    anchor: str,
    editor: Editor | None = None,
    meanwhile: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """Everything between minimap and rail, with both: pairs came, went or have other numbers. ``anchor`` is the id of the part that
    the reader goes on with."""
    if not is_htmx(request):
        return _plainly(request, sources, anchor, editor, status)
    context = {
        "conversation": sources.conversation,
        "thread": show_thread(sources),
        "editor": editor or CLOSED,
        "branch": _branch(sources),
        "told": meanwhile,
        **rail_context(request, sources),
        "is_out_of_band": True,
    }
    html = "".join(render_to_string(f"review/{name}.html", context, request) for name in ("rebuilt", "minimap", "rail"))
    response = HttpResponse(html, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#thread", "innerHTML"
    response["HX-Trigger-After-Settle"] = json.dumps({REBUILT: {"anchor": anchor}})
    return response


def answer_page(
    request: HttpRequest,
    sources: Sources,
    *,
    editor: Editor | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page."""
    conversation = sources.conversation
    context = {
        "conversation": conversation,
        "thread": show_thread(sources),
        "editor": editor or CLOSED,
        "branch": _branch(sources),
        **rail_context(request, sources, notice=notice),
    }
    return render(request, "review.html", context, status=status)


def _branch(sources: Sources) -> BranchView | None:
    branch = sources.branch
    if branch is None:
        return None
    branch.conversation = sources.conversation  # read already
    return show_branch(branch, url=f"{sources.url}branches/{branch.pid}/", standing=sources.content)


def answer_rail(request: HttpRequest, sources: Sources, *, notice: Notice, version: int, status: int) -> HttpResponse:
    """The rail with what stands in the way of a decision; to plain requests the page with it."""
    if not is_htmx(request):
        return answer_page(request, sources, notice=notice, status=status)
    context = rail_context(request, sources, notice=notice, version=version)
    return render(request, "review/rail.html", context, status=status)


def rail_context(
    request: HttpRequest, sources: Sources, *, notice: Notice | None = None, version: int | None = None
) -> dict[str, Any]:
    """What the rail's template needs. Its forms speak of ``version``, by default the one that stands."""
    rail = show_rail(sources, by=user_of(request), version=version)
    return {
        "rail": rail,
        "replay": show_panel(
            sources.conversation, sources.reruns.get(EVERY_CALL), repeated=sources.repeated(sources.content.calls)
        ),
        "conversation": sources.conversation,
        "queue": queue_of(request),
        "notice": notice,
        "is_out_of_band": False,
    }


def reload(request: HttpRequest, conversation: Conversation) -> Sources:
    """The sources freshly read, as after a save."""
    return load_sources(load(request, conversation.pid), by=user_of(request))


def after_save(request: HttpRequest, saved: Conversation, *, before: Sources) -> Sources:
    """The sources of what a save gave back, without reading it again: who and what stands beside it was read before the save."""
    read = before.conversation
    for name in _BESIDE:
        field = cast(ForeignKey[Any, Any], Conversation._meta.get_field(name))
        if field.is_cached(read) and getattr(saved, field.attname) == getattr(read, field.attname):
            field.set_cached_value(saved, field.get_cached_value(read))
    return load_sources(saved, by=user_of(request))


def _plainly(request: HttpRequest, sources: Sources, anchor: str, editor: Editor | None, status: int) -> HttpResponse:
    if editor is not None:
        return answer_page(request, sources, editor=editor, status=status)
    return redirect(f"{sources.url}{queue_of(request).query}#{anchor}")


def _answer(
    request: HttpRequest, sources: Sources, template: str, context: dict[str, Any], *, saved: bool, status: int
) -> HttpResponse:
    shared = {"conversation": sources.conversation, "queue": queue_of(request)}
    html = render_to_string(template, {**context, **shared}, request)
    if saved:
        rail = {**rail_context(request, sources), "is_out_of_band": True}
        html += render_to_string("review/rail.html", rail, request)
    response = HttpResponse(html, status=status)
    if saved:
        response["HX-Trigger-After-Settle"] = SAVED
    return response
