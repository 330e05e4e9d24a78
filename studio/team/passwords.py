"""One's own password, changed by whoever knows it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy

from studio.team.forms import OwnPasswordForm


class OwnPassword(PasswordChangeView):
    """The page. Afterwards this browser stays logged in; all others have to log in anew, as Django ties sessions to the password."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("settings")
    template_name = "password_change.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "address": self.request.META.get("REMOTE_ADDR", "")}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, "Your password is changed. Every other browser is logged out.")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
