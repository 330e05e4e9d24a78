"""Forms of people: both logins, the studio's and the admin's, and the change of a password slow down whoever guesses."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError

from studio.domain.attempts import password_attempts
from studio.models import User


class LoginForm(AuthenticationForm):
    """Looks at no password while its sender has to wait."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return super().clean()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        _begin(username, address=address)
        cleaned = super().clean()
        password_attempts.succeed(username, address=address)
        return cleaned


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The same for the admin's login, which takes staff only."""


class OwnPasswordForm(PasswordChangeForm):
    """One's password, for whoever knows the old one; a browser that was left open is no place to guess it."""

    def __init__(self, user: User, *args: Any, address: str, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.address = address
        # Django's own is a list, which has no place in the paragraph that help is.
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())

    def clean_old_password(self) -> str:
        name = self.user.get_username()
        _begin(name, address=self.address)
        password: str = super().clean_old_password()
        password_attempts.succeed(name, address=self.address)
        return password


def _begin(username: str, *, address: str) -> None:
    if wait := password_attempts.begin(username, address=address):
        raise ValidationError(f"Too many wrong passwords: wait {wait} s and try again.", code="throttled")
