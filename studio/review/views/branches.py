"""Regenerating from a place: ask, look how far it is, stop, ask again, keep the branch or the original."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generation.conversation import Call
from studio import tasks
from studio.domain import branches, reviews
from studio.domain.errors import NotPossible, Refused
from studio.domain.reviews import require_version
from studio.models import Branch, Conversation, Endpoint
from studio.review.answers import CLAIMED, find_ref, is_htmx, load
from studio.review.branches import show_branch, slot_of
from studio.review.queue import queue_of
from studio.review.saving import posted_version
from studio.review.sources import Sources, load_sources
from studio.web.decorators import user_of

SLOT = re.compile(r"branch-(top|(pair|turn)-[0-9]{1,6})")


@dataclass(kw_only=True)
class AskForm:
    """The form in its place. ``chosen`` is the endpoint that made the conversation, when it is known; ``repeated`` counts the kept
    calls that are made again in an MCP server."""

    slot: str
    url: str
    draft: str
    place: str
    endpoints: list[Endpoint]
    chosen: int | None
    repeated: int
    instruction: str = ""
    errors: list[str] = field(default_factory=list)


@require_http_methods(["GET", "POST"])
def ask_from_call(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """Go on from behind this call: the form, or with it the branch that begins."""
    conversation = load(request, pid)
    sources = load_sources(conversation, by=user_of(request))
    ref = find_ref(sources, call_id)
    kept = sources.content.calls[: ref.number + 1]
    return _ask(request, sources, kept, slot=slot_of(ref.number, 0), place=f"#{ref.number + 1}", call_id=call_id)


@require_http_methods(["GET", "POST"])
def ask_from_turn(request: HttpRequest, pid: str, turn: int) -> HttpResponse:
    """Go on from the user message of this turn."""
    conversation = load(request, pid)
    if turn >= conversation.turn_count:
        raise NotPossible("That turn is not in the conversation any more. Reload the page.")
    sources = load_sources(conversation, by=user_of(request))
    kept = [ref.call for ref in sources.content.pairs() if ref.turn < turn]
    place = f"the user message of turn {turn + 1}"
    return _ask(request, sources, kept, slot=slot_of(None, turn), place=place, turn=turn)


@require_GET
def closed(request: HttpRequest, pid: str, slot: str) -> HttpResponse:
    """The place without a form."""
    load(request, pid)
    return _empty(request, slot)


@require_GET
def show(request: HttpRequest, pid: str, branch_pid: str) -> HttpResponse:
    """How far it is; the fragment asks again by itself until it is done."""
    return _answer(request, _find(load(request, pid), branch_pid))


@require_POST
def cancel(request: HttpRequest, pid: str, branch_pid: str) -> HttpResponse:
    """Stop it."""
    branch = _find(load(request, pid), branch_pid)
    branches.cancel_branch(branch, by=user_of(request))
    messages.info(request, "Stopped. The original stands as it was.")
    return _closed(request, branch)


@require_POST
def again(request: HttpRequest, pid: str, branch_pid: str) -> HttpResponse:
    """Ask once more for what failed, or for what stands now."""
    branch = branches.ask_again(_find(load(request, pid), branch_pid), by=user_of(request))
    tasks.dispatch_branches()
    return _answer(request, branch)


@require_POST
def discard(request: HttpRequest, pid: str, branch_pid: str) -> HttpResponse:
    """Keep the original."""
    branch = _find(load(request, pid), branch_pid)
    branches.discard_branch(branch, by=user_of(request))
    messages.success(request, "The original was kept.")
    return _closed(request, branch)


@require_POST
def keep(request: HttpRequest, pid: str, branch_pid: str) -> HttpResponse:
    """Keep the branch: it becomes the next version, and the page shows that; one that is the same makes none."""
    branch, by = _find(load(request, pid), branch_pid), user_of(request)
    saved = branches.keep_branch(branch, by=by)
    reviews.claim_saved(saved, by=by)
    if saved.version == branch.version:
        messages.info(request, f"The new one is the same: version {saved.version} stands as it was.")
    else:
        messages.success(request, f"The new one was kept, as version {saved.version}.")
    return _reloaded(request, pid)


def _ask(
    request: HttpRequest,
    sources: Sources,
    kept: Iterable[Call],
    *,
    slot: str,
    place: str,
    call_id: str = "",
    turn: int = 0,
) -> HttpResponse:
    conversation = sources.conversation
    form = AskForm(
        slot=slot,
        url=request.path,
        draft=f"regenerate:{call_id or turn}",
        place=place,
        endpoints=list(Endpoint.objects.all()),
        chosen=_usual_endpoint(conversation),
        repeated=sources.repeated(kept),
    )
    if request.method == "GET":
        if branches.open_branch(conversation) is not None:
            raise NotPossible("There is a branch already: cancel it, or keep one of the two, then regenerate.")
        return _form(request, conversation, form)
    by, posted = user_of(request), request.POST
    endpoint = get_object_or_404(Endpoint, pid=posted.get("endpoint", ""))
    instruction = posted.get("instruction", "").replace("\r\n", "\n").strip()
    require_version(conversation, version=posted_version(posted.get("version")))
    try:
        branch = branches.ask_branch(
            conversation, endpoint=endpoint, by=by, call_id=call_id, turn=turn, instruction=instruction
        )
    except Refused as error:
        form.instruction, form.chosen, form.errors = instruction, endpoint.pk, [error.message]
        return _form(request, conversation, form, status=422)
    was_mine = conversation.claimed_by_id == by.pk
    reviews.claim(conversation, by=by)
    tasks.dispatch_branches()
    response = _answer(request, branch)
    if not was_mine:
        response["HX-Trigger"] = CLAIMED
    return response


def _usual_endpoint(conversation: Conversation) -> int | None:
    if conversation.run is not None:
        return conversation.run.endpoint_id
    return Endpoint.objects.filter(model=conversation.model).values_list("pk", flat=True).first()


def _find(conversation: Conversation, branch_pid: str) -> Branch:
    rows = conversation.branches.select_related("endpoint", "conversation__claimed_by")
    return get_object_or_404(rows, pid=branch_pid)


def _form(request: HttpRequest, conversation: Conversation, form: AskForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "conversation": conversation, "queue": queue_of(request)}
    return render(request, "review/branch_form.html", context, status=status)


def _answer(request: HttpRequest, branch: Branch) -> HttpResponse:
    if not is_htmx(request) or branch.status == Branch.Status.KEPT:
        return _reloaded(request, branch.conversation.pid)
    if branch.status not in Branch.Status.undecided():
        return _closed(request, branch)
    view = show_branch(branch, url=reverse("show_branch", args=[branch.conversation.pid, branch.pid]))
    context = {"branch": view, "conversation": branch.conversation, "queue": queue_of(request)}
    return render(request, "review/branch.html", context)


def _closed(request: HttpRequest, branch: Branch) -> HttpResponse:
    if not is_htmx(request):
        return _reloaded(request, branch.conversation.pid)
    return _empty(request, request.headers.get("HX-Target", ""))


def _empty(request: HttpRequest, slot: str) -> HttpResponse:
    if not SLOT.fullmatch(slot):
        raise Http404("No such place.")
    return render(request, "review/branch_slot.html", {"slot": slot})


def _reloaded(request: HttpRequest, pid: str) -> HttpResponse:
    if is_htmx(request):
        # A redirect to the page one is on, but for its anchor, would not load it again.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect(f"{reverse('conversation_review', args=[pid])}{queue_of(request).query}")
