"""Who asks: a bearer token, or the session of the browser with its CSRF token. And what a route needs of them.

A role that falls short is refused before the body is looked at. A wrong token is never made up for by a session.
"""

from collections.abc import Callable, Sequence
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from studio.api.errors import CsrfFailed
from studio.domain.team import find_token, require_admin, require_lead
from studio.models import User

Requirement = Callable[[User], None]


def _nothing(user: User) -> None:
    del user


class BearerToken(HttpBearer):
    """``Authorization: Bearer <token>``."""

    def __init__(self, requirement: Requirement = _nothing) -> None:
        super().__init__()
        self.requirement = requirement

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        del request
        found = find_token(token.strip())
        if found is None:
            return None
        self.requirement(found.user)
        return found.user


class Session(APIKeyCookie):
    """The cookie of somebody who is logged in; anything that changes something needs X-CSRFToken, too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, requirement: Requirement = _nothing) -> None:
        super().__init__()
        self.requirement = requirement

    def __call__(self, request: HttpRequest) -> User | None:
        if "Authorization" in request.headers or isinstance(request.user, AnonymousUser):
            return None
        if check_csrf(request) is not None:
            raise CsrfFailed("Send the CSRF token of your session as X-CSRFToken.")
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        del key
        user = cast(User, request.user)
        self.requirement(user)
        return user


def anybody() -> Sequence[Callable[[HttpRequest], User | None]]:
    """Everybody who has an account."""
    return [BearerToken(), Session()]


def leads(*, to: str) -> Sequence[Callable[[HttpRequest], User | None]]:
    """Leads and admins; ``to`` completes "Only a lead may …"."""

    def requirement(user: User) -> None:
        require_lead(user, to=to)

    return [BearerToken(requirement), Session(requirement)]


def admins(*, to: str) -> Sequence[Callable[[HttpRequest], User | None]]:
    """Admins; ``to`` completes "Only an admin may …"."""

    def requirement(user: User) -> None:
        require_admin(user, to=to)

    return [BearerToken(requirement), Session(requirement)]


def person(request: HttpRequest) -> User:
    """Who asks, on any route that needs somebody."""
    return cast(User, request.auth)  # type: ignore[attr-defined]  # ninja puts it there
