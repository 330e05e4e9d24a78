"""Calls: their arguments and results edited in place, marked, confirmed."""

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generation.conversation import Call, Outcome, PairRef, canonical_json
from generation.conversation import Conversation as Content
from studio import tasks
from studio.domain import edits, reruns, reviews
from studio.domain.errors import Collided, NotPossible, Refused, StaleVersion
from studio.domain.saving import Save, content_at
from studio.models import Conversation, PairVerdict
from studio.review import argument_editor
from studio.review.answers import after_save, answer_card, answer_thread, find_ref, is_htmx, load, rail_context, reload
from studio.review.arguments.json_text import write_json
from studio.review.editors import Editor
from studio.review.payloads import show_arguments, show_result
from studio.review.places import has_same_shape
from studio.review.presentation import show_card
from studio.review.queue import queue_of
from studio.review.saving import (
    Meanwhile,
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

MAX_TYPED = 2_000_000
"""Longer results can't be written by hand in a form field; no browser edits them well."""
GONE = "Somebody removed that pair meanwhile. What you typed is kept in this browser; reload the page to go on."


@require_GET
def show(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """The card without an editor."""
    return answer_card(request, load_sources(load(request, pid), by=user_of(request)), call_id)


@require_GET
def whole(request: HttpRequest, pid: str, call_id: str, side: str) -> HttpResponse:
    """A payload that was sent as a preview; of a huge one a part, and the way to the next one (``from``)."""
    sources = load_sources(load(request, pid), by=user_of(request))
    ref = find_ref(sources, call_id)
    start = request.GET.get("from", "0")
    if not (start.isascii() and start.isdecimal()) or len(start) > 12:
        raise Http404("No such part.")
    if side == "arguments":
        payload = show_arguments(ref.call.arguments, whole=True, start=int(start))
    elif side == "result" and ref.call.result is not None:
        payload = show_result(ref.call.result, whole=True, start=int(start))
    else:
        raise Http404("No such payload.")
    template = "review/payload_part.html" if payload.start else "review/payload.html"
    return render(request, template, {"payload": payload, "side": side, "whole_url": request.path})


@require_GET
def differences(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """What the pair's replay gave against what is recorded, and what it became since the first version; says so where there is none."""
    sources = load_sources(load(request, pid), by=user_of(request))
    card = show_card(sources, find_ref(sources, call_id), with_differences=True)
    return render(request, "review/pair_differences.html", {"card": card})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """The arguments, and the tool, in a form or as raw JSON. The tool's schema decides; what it refuses stands at its field.

    What is posted is merged with what others saved meanwhile, member by member.
    """
    sources = load_sources(load(request, pid), by=user_of(request))
    if request.method == "GET":
        subject = argument_editor.subject_of(sources, find_ref(sources, call_id))
        editor = argument_editor.open_editor(sources, subject, is_raw=request.GET.get("mode") == "raw")
        return answer_card(request, sources, call_id, editor=editor)
    posted, save = request.POST, save_of(request)
    subject = argument_editor.subject_of(sources, _standing(sources, call_id))
    try:
        saved = edits.edit_call(
            sources.conversation,
            save=save,
            call_id=call_id,
            arguments=argument_editor.read(posted),
            tool=argument_editor.tool_of(subject, posted),
        )
    except (Refused, UnicodeEncodeError) as error:
        message = error.message if isinstance(error, Refused) else argument_editor.HALF_A_CHARACTER
        details = getattr(error, "details", None) or []
        editor = argument_editor.refused(sources, subject, posted, details=details, message=message)
        return answer_card(request, sources, call_id, editor=editor, status=422)
    except StaleVersion as error:
        sources = reload(request, sources.conversation)
        subject = argument_editor.subject_of(sources, _standing(sources, call_id))
        editor = argument_editor.refused(sources, subject, _merged(posted, error, call_id), details=[], message="")
        standing = show_arguments(subject.call.arguments).html
        editor.conflict = describe_conflict(sources.conversation, error, standing=standing)
        return _answer(request, sources, call_id, save, editor=editor, status=409)
    reviews.claim_saved(saved, by=save.by)
    if "rerun" in posted:
        tasks.send_rerun(reruns.ask_rerun(saved, call_id=call_id, by=save.by).pk)
    return _answer_saved(request, saved, call_id, save, before=sources)


@require_http_methods(["GET", "POST"])
def write_result(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """The result by hand; it is marked hand-written for good."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if request.method == "GET":
        return answer_card(request, sources, call_id, editor=_result_editor(sources, call_id))
    posted, save = request.POST, save_of(request)
    call = _standing(sources, call_id).call
    is_error = posted.get("outcome") == Outcome.TOOL_ERROR
    try:
        saved = edits.edit_result(
            sources.conversation,
            save=save,
            call_id=call_id,
            result=untyped(
                posted.get("text", ""),
                original=getattr(_call_at(sources, call_id, save.version), "result", None) or call.result or "",
            ),
            outcome=Outcome.TOOL_ERROR if is_error else Outcome.OK,
            error_type=(posted.get("error_type", "").strip() or None) if is_error else None,
        )
    except StaleVersion as error:
        sources = reload(request, sources.conversation)
        call = _standing(sources, call_id).call
        editor = _result_editor(sources, call_id)
        editor.text = posted.get("text", "").replace("\r\n", "\n")
        editor.reason = posted.get("reason", "")
        editor.outcome, editor.error_type = posted.get("outcome", "ok"), posted.get("error_type", "")
        standing = show_result(call.result or "").html
        editor.conflict = describe_conflict(sources.conversation, error, standing=standing)
        return _answer(request, sources, call_id, save, editor=editor, status=409)
    reviews.claim_saved(saved, by=save.by)
    return _answer_saved(request, saved, call_id, save, before=sources)


@require_http_methods(["GET", "POST"])
def edit_reason(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """Why the call was made, in the model's words: the thought of this one call of a step."""
    sources = load_sources(load(request, pid), by=user_of(request))
    if request.method == "GET":
        return answer_card(request, sources, call_id, editor=_reason_editor(sources, find_ref(sources, call_id)))
    posted, save = request.POST, save_of(request)
    original = _call_at(sources, call_id, save.version) or _standing(sources, call_id).call
    text = untyped(posted.get("text", ""), original=original.reason)
    try:
        saved = edits.edit_text(sources.conversation, save=save, field="reason", text=text, call_id=call_id)
    except StaleVersion as error:
        sources = reload(request, sources.conversation)
        ref = _standing(sources, call_id)
        editor = _reason_editor(sources, ref)
        editor.text, editor.reason = posted.get("text", "").replace("\r\n", "\n"), posted.get("reason", "")
        editor.conflict = describe_conflict(sources.conversation, error, standing=shown(ref.call.reason))
        return _answer(request, sources, call_id, save, editor=editor, status=409)
    reviews.claim_saved(saved, by=save.by)
    return _answer_saved(request, saved, call_id, save, before=sources)


@require_POST
def mark(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """Ok or wrong, or why it is; the same again takes that away. Answers with the card's head: what is typed below it stays."""
    conversation, by = load(request, pid), user_of(request)
    verdict, tag = request.POST.get("verdict", ""), request.POST.get("tag")
    edits.find_pair(conversation.content, call_id)
    own = conversation.pair_verdicts.filter(call_id=call_id, reviewer=by).first() or PairVerdict()
    if tag is not None:
        verdict, tag = own.verdict, "" if tag == own.tag else tag
    elif verdict == own.verdict:
        verdict = ""
    reviews.set_verdict(conversation, call_id=call_id, verdict=verdict, tag=tag, by=by)
    reviews.claim(conversation, by=by)
    return _answer_head(request, conversation, call_id)


@require_POST
def confirm(request: HttpRequest, pid: str, call_id: str) -> HttpResponse:
    """Say, with a reason, that a stale result still holds."""
    conversation, by = load(request, pid), user_of(request)
    find_ref(load_sources(conversation, by=user_of(request)), call_id)
    version = version_to_save_onto(
        conversation, typed_on=posted_version(request.POST.get("version")), part=_arguments_of(call_id), by=by
    )
    saved = edits.confirm_fresh(
        conversation,
        version=version,
        by=by,
        reason=request.POST.get("reason", ""),
        call_ids=[call_id],
    )
    reviews.claim_saved(saved, by=by)
    return answer_card(request, reload(request, saved), call_id, saved=True)


def _result_editor(sources: Sources, call_id: str) -> Editor:
    ref = find_ref(sources, call_id)
    text = ref.call.result or ""
    note = ""
    if is_altered_by_typing(text):
        note = "This result holds characters that no form field can carry. They are kept unless you change the text."
    if len(text) > MAX_TYPED:
        text, note = "", "The recorded result is too long for a form field. What you write here replaces it."
    return Editor(
        target=f"pair-{ref.number + 1}",
        kind="result",
        url=f"{show_card(sources, ref).url}write-result/",
        version=sources.conversation.version,
        draft=f"{call_id}:result",
        text=typed(text),
        label=f"Result of #{ref.number + 1}",
        note=note,
        outcome=(ref.call.outcome or Outcome.OK).value,
        error_type=str(shown(ref.call.error_type or "")),
    )


def _reason_editor(sources: Sources, ref: PairRef) -> Editor:
    text, note = ref.call.reason, ""
    if is_altered_by_typing(text):
        note = "This text holds characters that no form field can carry. They are kept unless you change the text."
    return Editor(
        target=f"pair-{ref.number + 1}",
        kind="reason",
        url=f"{show_card(sources, ref).url}reason/",
        version=sources.conversation.version,
        draft=f"{ref.call.id}:reason",
        text=typed(text),
        label=f"Reason for #{ref.number + 1}",
        note=note,
    )


def _standing(sources: Sources, call_id: str) -> PairRef:
    """The call that something was typed for, as it stands. Raises NotPossible: an answer that loses nothing, as a 404 would."""
    try:
        return sources.content.pair(call_id)
    except KeyError as error:
        raise NotPossible(GONE) from error


def _call_at(sources: Sources, call_id: str, version: int) -> Call | None:
    content = content_at(sources.conversation, version)
    return next((call for call in content.calls if call.id == call_id), None) if content else None


def _merged(posted: QueryDict, error: StaleVersion, call_id: str) -> Mapping[str, str]:
    """What was typed, with the members in it that only somebody else changed."""
    if not isinstance(error, Collided):
        return posted
    call = error.merged.pair(call_id).call
    typed_arguments = argument_editor.read(posted)
    if canonical_json(call.arguments) == canonical_json(typed_arguments):
        return posted
    return {**{name: str(posted[name]) for name in posted}, "text": write_json(call.arguments)}


def _answer_saved(
    request: HttpRequest, saved: Conversation, call_id: str, save: Save, *, before: Sources
) -> HttpResponse:
    meanwhile = tell_meanwhile(saved, save=save)
    sources = after_save(request, saved, before=before)
    return _answer(request, sources, call_id, save, before=before, meanwhile=meanwhile)


def _answer(
    request: HttpRequest,
    sources: Sources,
    call_id: str,
    save: Save,
    *,
    before: Sources | None = None,
    editor: Editor | None = None,
    meanwhile: Meanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """The card, or the whole thread when it came to stand elsewhere since the version that was typed on. ``before``: what the save
    found, which mostly is that version."""
    if before is not None and before.conversation.version == save.version:
        typed_on: Content | None = before.content
    else:
        typed_on = content_at(sources.conversation, save.version)
    if typed_on is None or has_same_shape(typed_on, sources.content):
        is_saved = editor is None
        return answer_card(request, sources, call_id, editor=editor, saved=is_saved, meanwhile=meanwhile, status=status)
    anchor = f"pair-{find_ref(sources, call_id).number + 1}"
    return answer_thread(request, sources, anchor=anchor, editor=editor, meanwhile=meanwhile, status=status)


def _arguments_of(call_id: str) -> Callable[[Content], object]:
    def part(content: Content) -> object:
        call = content.pair(call_id).call
        return call.tool, call.arguments

    return part


def _answer_head(request: HttpRequest, conversation: Conversation, call_id: str) -> HttpResponse:
    sources = reload(request, conversation)
    ref = find_ref(sources, call_id)
    if not is_htmx(request):
        return redirect(f"{sources.url}{queue_of(request).query}#pair-{ref.number + 1}")
    context = {"card": show_card(sources, ref), "is_head_alone": True, **rail_context(request, sources)}
    return render(request, "review/head_and_rail.html", context)
