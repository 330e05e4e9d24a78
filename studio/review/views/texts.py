"""Texts: the system prompt, user messages, thoughts, words beside calls and answers, edited in place."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generation.conversation import Conversation as Content
from studio.domain import edits, reviews
from studio.domain.edits import TextField
from studio.domain.errors import NotPossible, Refused, StaleVersion
from studio.domain.saving import content_at
from studio.review.answers import after_save, answer_text, answer_thread, load, reload
from studio.review.editors import Editor
from studio.review.places import follow_part, has_same_shape
from studio.review.presentation import LABELS, show_text, split_part, text_of
from studio.review.saving import (
    describe_conflict,
    posted_version,
    save_of,
    tell_meanwhile,
    version_to_save_onto,
)
from studio.review.sources import Sources, load_sources
from studio.web.decorators import user_of
from studio.web.visible_text import is_altered_by_typing, typed, untyped
from studio.web.visible_text import show as shown

GONE = "Somebody removed that part meanwhile. What you typed is kept in this browser; reload the page to go on."


@require_GET
def show(request: HttpRequest, pid: str, part: str) -> HttpResponse:
    """The text without an editor."""
    return answer_text(request, load_sources(load(request, pid), by=user_of(request)), part)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pid: str, part: str) -> HttpResponse:
    """The text in a field. Rewriting a stale answer settles it.

    What is posted is merged with what others saved meanwhile. A step may stand elsewhere then: ``part`` posted with the text names
    where it stood in the version it was typed on.
    """
    sources = load_sources(load(request, pid), by=user_of(request))
    if request.method == "GET":
        return answer_text(request, sources, part, editor=_editor(sources, part))
    posted, save = request.POST, save_of(request)
    part = posted.get("part") or part
    base = content_at(sources.conversation, save.version) or sources.content
    name, turn, step = _split(part)
    try:
        before = text_of(base, part)
        saved = edits.edit_text(
            sources.conversation,
            save=save,
            field=cast(TextField, name),
            text=untyped(posted.get("text", ""), original=before),
            turn=turn,
            step=step,
        )
    except LookupError as error:
        raise Http404("No such part.") from error
    except (Refused, StaleVersion) as error:
        return _refuse(request, reload(request, sources.conversation), part, error, base=base)
    reviews.claim_saved(saved, by=save.by)
    fresh = after_save(request, saved, before=sources)
    part = _follow(part, before=base, now=fresh.content)
    meanwhile = tell_meanwhile(saved, save=save)
    if has_same_shape(base, fresh.content):
        return answer_text(request, fresh, part, saved=True, meanwhile=meanwhile)
    return answer_thread(request, fresh, anchor=f"text-{part}", meanwhile=meanwhile)


@require_POST
def confirm(request: HttpRequest, pid: str, part: str) -> HttpResponse:
    """Say, with a reason, that a stale answer still holds."""
    conversation, by = load(request, pid), user_of(request)
    name, turn, _ = _split(part)
    if name != "answer":
        raise Http404("Only answers become stale.")
    version = version_to_save_onto(
        conversation,
        typed_on=posted_version(request.POST.get("version")),
        part=lambda content: text_of(content, part),
        by=by,
    )
    saved = edits.confirm_fresh(
        conversation,
        version=version,
        by=by,
        reason=request.POST.get("reason", ""),
        turns=[turn],
    )
    reviews.claim_saved(saved, by=by)
    return answer_text(request, reload(request, saved), part, saved=True)


def _split(part: str) -> tuple[str, int, int]:
    try:
        return split_part(part)
    except LookupError as error:
        raise Http404("No such part.") from error


def _refuse(
    request: HttpRequest, sources: Sources, part: str, error: Refused | StaleVersion, *, base: Content
) -> HttpResponse:
    """The editor with everything as it was typed, where the text stands now."""
    is_moved = not has_same_shape(base, sources.content)
    part = _follow(part, before=base, now=sources.content)
    editor = _editor(sources, part)
    editor.text = request.POST.get("text", "").replace("\r\n", "\n")
    editor.reason = request.POST.get("reason", "")
    status = 422
    if isinstance(error, Refused):
        editor.errors = [error.message]
    else:
        standing = shown(text_of(sources.content, part))
        editor.conflict, status = describe_conflict(sources.conversation, error, standing=standing), 409
    if is_moved:
        return answer_thread(request, sources, anchor=f"text-{part}", editor=editor, status=status)
    return answer_text(request, sources, part, editor=editor, status=status)


def _follow(part: str, *, before: Content, now: Content) -> str:
    try:
        followed = follow_part(part, before=before, now=now)
        text_of(now, followed)
    except LookupError as error:
        raise NotPossible(GONE) from error
    return followed


def _editor(sources: Sources, part: str) -> Editor:
    name, turn, _ = _split(part)
    try:
        text, view = text_of(sources.content, part), show_text(sources, part)
    except LookupError as error:
        raise Http404("No such part.") from error
    note = ""
    if is_altered_by_typing(text):
        note = "This text holds characters that no form field can carry. They are kept unless you change the text."
    return Editor(
        target=view.name,
        kind="text",
        url=f"{view.url}edit/",
        version=sources.conversation.version,
        draft=view.anchor,
        part=part,
        text=typed(text),
        label=LABELS[name] if name == "system_prompt" else f"{LABELS[name]} of turn {turn + 1}",
        note=note,
    )
