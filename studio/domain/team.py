"""Users and their API tokens."""

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from studio.domain.errors import NotAllowed, Refused
from studio.models import ApiToken, User

_SEEN_EVERY = timedelta(minutes=1)


def issue_token(user: User, *, name: str = "") -> str:
    """A new API token. It is returned this once; only its digest is kept."""
    token = f"tw_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(user=user, name=name[:80], digest=_digest(token))
    return token


def find_token(token: str) -> ApiToken | None:
    """The token's row when it is valid and its user active; notes when it was used, to the minute."""
    row = ApiToken.objects.select_related("user").filter(digest=_digest(token), user__is_active=True).first()
    if row is not None:
        now = timezone.now()
        seen_before = Q(used_at=None) | Q(used_at__lt=now - _SEEN_EVERY)
        ApiToken.objects.filter(seen_before, pk=row.pk).update(used_at=now)
    return row


def require_lead(user: User, *, to: str) -> None:
    """Raises NotAllowed unless ``user`` is a lead or an admin; ``to`` says what they wanted."""
    if not user.is_lead:
        raise NotAllowed(f"Only a lead may {to}.")


def require_admin(user: User, *, to: str) -> None:
    """Raises NotAllowed unless ``user`` is an admin."""
    if not user.is_admin:
        raise NotAllowed(f"Only an admin may {to}.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def revoke_token(user: User, *, pid: str) -> bool:
    """Delete a token of ``user``; False when they have none of that id."""
    return bool(ApiToken.objects.filter(user=user, pid=pid).delete()[0])


def set_theme(user: User, *, theme: str) -> None:
    """Choose how the studio looks for ``user``. Raises Refused for a theme that is none."""
    if theme not in User.Theme.values:
        raise Refused(f"There is no theme {theme!r}: known are {', '.join(User.Theme.values)}.")
    user.theme = theme
    user.save(update_fields=["theme"])
