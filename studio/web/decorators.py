"""Who may come in, said on the view."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from studio.domain.team import require_lead
from studio.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def leads_only(to: str) -> Callable[[View[P]], View[P]]:
    """The view answers 403 to everybody else; ``to`` completes "Only a lead may …"."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            require_lead(user_of(request), to=to)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def user_of(request: HttpRequest) -> User:
    """The person who asks. Every view but the login has one: the middleware sees to it."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("This view needs a login: do not mark it login_not_required.")
    return request.user
