"""Pages of people."""

from collections.abc import Mapping

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from studio.domain.errors import Refused
from studio.domain.keymaps import ACTIONS, reset_keys, set_key, show_key
from studio.domain.team import issue_token, revoke_token, set_theme
from studio.models import Review, User
from studio.team.keys import show_keys
from studio.web.decorators import leads_only, user_of

Decision = Review.Decision


@leads_only("see the team")
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """People with their roles and what they decided."""

    def having(decision: str) -> Count:
        return Count("reviews", filter=Q(reviews__decision=decision, reviews__undone_at=None))

    people = User.objects.annotate(
        approved=having(Decision.APPROVED),
        rejected=having(Decision.REJECTED),
        passed_on=having(Decision.SECOND_OPINION),
        last_decided=Max("reviews__at", filter=Q(reviews__undone_at=None)),
    ).order_by("-is_active", "username")
    return render(request, "team.html", {"people": people})


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """What a person sets for themselves."""
    return _settings(request)


@require_POST
def theme_choose(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system."""
    set_theme(user_of(request), theme=request.POST.get("theme", ""))
    return redirect("settings")


@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """A new API token, shown in this answer and never again."""
    token = issue_token(user_of(request), name=request.POST.get("name", "").strip())
    return _settings(request, token=token)


@require_POST
def token_delete(request: HttpRequest, pid: str) -> HttpResponse:
    """Take a token back."""
    if not revoke_token(user_of(request), pid=pid):
        raise Http404
    messages.success(request, "The token is deleted; whoever used it is shut out.")
    return redirect("settings")


@require_POST
def key_set(request: HttpRequest) -> HttpResponse:
    """Another key for an action; one that can't be had is refused beside it."""
    user, action = user_of(request), request.POST.get("action", "")
    try:
        key = set_key(user, action=action, key=request.POST.get("key", ""))
    except Refused as error:
        return _refuse_key(request, action, error)
    messages.success(request, f"{ACTIONS[action].words}: {show_key(key)}.")
    return redirect(f"{reverse('settings')}#change-{action}")


@require_POST
def key_reset(request: HttpRequest) -> HttpResponse:
    """The key an action came with, or all of them."""
    action = request.POST.get("action")
    try:
        reset_keys(user_of(request), action=action)
    except Refused as error:
        return _refuse_key(request, action or "", error)
    return redirect(f"{reverse('settings')}#change-{action}" if action else f"{reverse('settings')}#keys-title")


def _refuse_key(request: HttpRequest, action: str, error: Refused) -> HttpResponse:
    if action not in ACTIONS:
        raise error
    return _settings(request, refused={action: error.message}, status=422)


def _settings(
    request: HttpRequest, *, token: str = "", refused: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    user = user_of(request)
    context = {
        "themes": User.Theme.choices,
        "tokens": list(user.tokens.all()),
        "token": token,
        "key_groups": show_keys(user, refused=refused or {}),
        "has_own_keys": bool(user.preferences.get("keys")),
    }
    response = render(request, "settings.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
