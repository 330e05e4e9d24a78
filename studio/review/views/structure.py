"""Structure: the menu beside a pair or an answer, pairs added with their arguments, and all that is moved, split or removed."""

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generation.conversation import PairRef
from studio.domain import reviews, structure
from studio.domain.errors import NotPossible, Refused, StaleVersion
from studio.domain.structure import Place
from studio.models import Conversation
from studio.review import argument_editor
from studio.review.answers import answer_page, answer_thread, find_ref, is_htmx, load, reload
from studio.review.argument_editor import Subject
from studio.review.editors import Editor
from studio.review.menus import menu_of_pair, menu_of_turn
from studio.review.queue import queue_of
from studio.review.saving import describe_conflict, save_of, tell_meanwhile
from studio.review.sources import Sources, load_sources
from studio.review.views.arguments import answer_violations
from studio.web.decorators import user_of
from studio.web.visible_text import show as shown

GONE = "Somebody removed that place meanwhile. What you typed is kept in this browser; reload the page to go on."
_VERBS: dict[str, Callable[..., Conversation]] = {
    "up": partial(structure.move_call, way="up"),
    "down": partial(structure.move_call, way="down"),
    "step-up": partial(structure.move_call, way="up", whole_step=True),
    "step-down": partial(structure.move_call, way="down", whole_step=True),
    "split": structure.split_step,
    "join": structure.join_step,
    "remove": structure.remove_call,
    "remove-step": partial(structure.remove_call, whole_step=True),
}


@require_GET
def menu(request: HttpRequest, pid: str, call_id: str = "", turn: int = 0) -> HttpResponse:
    """What can be done with the place of this pair, or with this turn."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}")
    shown_menu = menu_of_pair(sources, find_ref(sources, call_id)) if call_id else menu_of_turn(sources, turn)
    return render(request, "review/menu.html", {"menu": shown_menu, "queue": queue_of(request)})


@require_GET
def show(request: HttpRequest, pid: str, call_id: str = "", turn: int = 0) -> HttpResponse:
    """The empty place for a menu."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}")
    subject = _subject(sources, call_id, turn)
    return render(request, "review/slot.html", {"slot": subject.target})


@require_POST
def change(request: HttpRequest, pid: str, call_id: str, verb: str) -> HttpResponse:
    """Move, split, join or remove; the reader goes on with the pair, or with the one that took its place."""
    conversation, save = load(request, pid), save_of(request)
    if verb not in _VERBS:
        raise Http404("No such verb.")
    number = next((ref.number for ref in conversation.content.pairs() if ref.call.id == call_id), 0)
    saved = _VERBS[verb](conversation, save=save, call_id=call_id)
    reviews.claim_saved(saved, by=save.by)
    sources = reload(request, saved)
    numbers = {ref.call.id: ref.number for ref in sources.content.pairs()}
    if call_id not in numbers:
        _tell_removed(request, saved)
    at = min(numbers.get(call_id, number), max(len(numbers) - 1, 0))
    meanwhile = tell_meanwhile(saved, save=save)
    return answer_thread(request, sources, anchor=f"pair-{at + 1}", meanwhile=meanwhile)


@require_POST
def remove_turn(request: HttpRequest, pid: str, turn: int) -> HttpResponse:
    """Remove the last turn."""
    conversation, save = load(request, pid), save_of(request)
    saved = structure.remove_turn(conversation, save=save, turn=turn)
    reviews.claim_saved(saved, by=save.by)
    _tell_removed(request, saved)
    meanwhile = tell_meanwhile(saved, save=save)
    last = saved.turn_count - 1
    return answer_thread(request, reload(request, saved), anchor=f"text-answer-{last}", meanwhile=meanwhile)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, pid: str, call_id: str = "", turn: int = 0) -> HttpResponse:
    """A new pair: its tool, its arguments and where it goes. It is not run yet."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if request.method == "GET":
        subject = _subject(sources, call_id, turn)
        is_raw = request.GET.get("mode") == "raw"
        return _answer_editor(request, sources, argument_editor.open_editor(sources, subject, is_raw=is_raw))
    posted, save = request.POST, save_of(request)
    subject = _subject(sources, call_id, turn, is_needed=True)
    try:
        saved = structure.add_call(
            sources.conversation,
            save=save,
            tool=argument_editor.tool_of(subject, posted),
            arguments=argument_editor.read(posted),
            call_id=call_id,
            turn=turn,
            place=_place(posted.get("place", "")),
            thought=posted.get("thought", "").replace("\r\n", "\n").strip(),
        )
    except (Refused, UnicodeEncodeError) as error:
        message = error.message if isinstance(error, Refused) else argument_editor.HALF_A_CHARACTER
        details = getattr(error, "details", None) or []
        editor = argument_editor.refused(sources, subject, posted, details=details, message=message)
        return _answer_editor(request, sources, editor, status=422)
    except StaleVersion as error:
        sources = reload(request, sources.conversation)
        subject = _subject(sources, call_id, turn, is_needed=True)
        editor = argument_editor.refused(sources, subject, posted, details=[], message="")
        editor.conflict = describe_conflict(sources.conversation, error, standing=shown(""))
        return _answer_editor(request, sources, editor, status=409)
    reviews.claim_saved(saved, by=save.by)
    before = {call.id for call in sources.content.calls}
    sources = reload(request, saved)
    number = next((ref.number for ref in sources.content.pairs() if ref.call.id not in before), 0)
    meanwhile = tell_meanwhile(saved, save=save)
    return answer_thread(request, sources, anchor=f"pair-{number + 1}", meanwhile=meanwhile)


@require_POST
def fields(request: HttpRequest, pid: str, call_id: str = "", turn: int = 0) -> HttpResponse:
    """The form of the new pair's arguments for the text that was typed; 422 with its violations when that is no JSON object."""
    sources = load_sources(load(request, pid), by=user_of(request))
    try:
        editor = argument_editor.redraw(sources, _subject(sources, call_id, turn), request.POST)
    except Refused as error:
        return answer_violations(list(error.details or []), status=422)
    return render(request, "review/arguments/form.html", {"editor": editor})


@require_POST
def check(request: HttpRequest, pid: str, call_id: str = "", turn: int = 0) -> JsonResponse:
    """The violations of what was typed for the new pair."""
    sources = load_sources(load(request, pid), by=user_of(request))
    return answer_violations(argument_editor.check(sources, _subject(sources, call_id, turn), request.POST))


def _subject(sources: Sources, call_id: str, turn: int, *, is_needed: bool = False) -> Subject:
    """The new call beside this one, or in this turn. Raises Http404; when something typed would be lost by that, NotPossible."""
    try:
        ref: PairRef | None = sources.content.pair(call_id) if call_id else None
        return argument_editor.new_subject(sources, ref, turn=turn)
    except LookupError as error:
        if is_needed:
            raise NotPossible(GONE) from error
        raise Http404("No such place.") from error


def _place(posted: str) -> Any:
    return posted if posted in get_args(Place) else "after"


def _tell_removed(request: HttpRequest, saved: Conversation) -> None:
    summary = saved.revisions.values_list("summary", flat=True).first()
    messages.success(request, f"{summary}. The history has it: restore version {saved.version - 1} to undo.")


def _answer_editor(request: HttpRequest, sources: Sources, editor: Editor, *, status: int = 200) -> HttpResponse:
    if not is_htmx(request):
        return answer_page(request, sources, editor=editor, status=status)
    context = {"editor": editor, "queue": queue_of(request), "conversation": sources.conversation}
    return render(request, "review/adding.html", context, status=status)
