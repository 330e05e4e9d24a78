"""The admin: tools, endpoints, people, datasets to change; runs to look into. For admins only, whatever their permissions say.

A key that was stored is never rendered again.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from studio.domain.addresses import require_harmless
from studio.domain.errors import Refused
from studio.models import Dataset, Endpoint, Fixture, Item, LedgerEntry, Registry, Run, Tool, TopicRequest, User

if TYPE_CHECKING:  # generic only for the type checker
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
    ModelForm = forms.ModelForm[Endpoint]
    RegistryModelForm = forms.ModelForm[Registry]
    RowFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    BaseUserAdmin = UserAdmin[User]
else:
    ModelAdmin, TabularInline, StackedInline = admin.ModelAdmin, admin.TabularInline, admin.StackedInline
    ModelForm, RegistryModelForm, BaseUserAdmin = forms.ModelForm, forms.ModelForm, UserAdmin
    RowFormSet = forms.BaseInlineFormSet

admin.site.site_header = admin.site.site_title = "Tracewright"
admin.site.index_title = "Admin"
admin.site.unregister(Group)


def _is_admin(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_active and request.user.is_admin


def _require_harmless(url: str) -> None:
    try:
        require_harmless(url)
    except Refused as error:
        raise ValidationError(str(error)) from error


class ForAdmins:
    """Permissions by the studio's role instead of Django's permission table."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_admin(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return _is_admin(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return _is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return _is_admin(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return _is_admin(request)


class ReadOnly(ForAdmins):
    """To look into; what changes these rows is the worker."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return False


class NamedRows(RowFormSet):
    """Django's table names a row's fields by the head of their column alone, which a screen reader doesn't connect to them."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            field.widget.attrs.setdefault("aria-label", f"{field.label or name} of {form.instance}")


class ToolInline(ForAdmins, TabularInline):
    model = Tool
    formset = NamedRows
    extra = 0
    fields = ["position", "name", "component", "description"]
    readonly_fields = ["name", "component", "description"]
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return False  # a tool is added on its own page, where its schema is


class RegistryForm(RegistryModelForm):
    """How a registry's tools run: only an admin may say which server is asked or which program is started."""

    def clean_mcp(self) -> Any:
        server = self.cleaned_data["mcp"]
        url = server.get("url") if isinstance(server, dict) else None
        if isinstance(url, str) and url:
            _require_harmless(url)
        return server


@admin.register(Registry)
class RegistryAdmin(ForAdmins, ModelAdmin):
    form = RegistryForm
    list_display = ["name", "slug", "updated_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "description", "tables", "push_mock", "mcp"]
    inlines = [ToolInline]


class FixtureInline(ForAdmins, StackedInline):
    model = Fixture
    extra = 0
    fields = ["position", "document"]


@admin.register(Tool)
class ToolAdmin(ForAdmins, ModelAdmin):
    list_display = ["name", "registry", "component", "position"]
    list_filter = ["registry", "component"]
    list_select_related = ["registry"]
    search_fields = ["name", "description"]
    inlines = [FixtureInline]


class EndpointForm(ModelForm):
    """The key goes in and never comes out: empty keeps what is stored."""

    new_key = forms.CharField(
        label="API key",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Empty keeps the stored one. It is sealed, and never shown again.",
    )
    forget_key = forms.BooleanField(label="Forget the stored key", required=False)

    class Meta:
        model = Endpoint
        exclude = ["api_key", "pid"]  # a new field should appear by itself; the key must not

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"]
        if url:
            _require_harmless(url)
        return url

    def save(self, commit: bool = True) -> Endpoint:
        if self.cleaned_data["forget_key"]:
            self.instance.api_key = ""
        if self.cleaned_data["new_key"]:
            self.instance.api_key = self.cleaned_data["new_key"]
        return super().save(commit)


@admin.register(Endpoint)
class EndpointAdmin(ForAdmins, ModelAdmin):
    form = EndpointForm
    list_display = ["name", "kind", "model", "base_url", "has_key", "is_from_environment"]
    readonly_fields = ["has_key", "is_from_environment"]

    @admin.display(boolean=True, description="Key stored")
    def has_key(self, endpoint: Endpoint) -> bool:
        return bool(endpoint.api_key)


@admin.register(User)
class StudioUserAdmin(ForAdmins, BaseUserAdmin):
    list_display = ["username", "email", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    fieldsets = (
        (None, {"fields": ["username", "password", "role", "is_active"]}),
        ("About", {"fields": ["first_name", "last_name", "email"]}),
    )
    add_fieldsets = (
        (None, {"classes": ["wide"], "fields": ["username", "usable_password", "password1", "password2", "role"]}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Whoever has the role gets into the admin, and whoever loses it is out of it.
        obj.is_superuser = obj.is_superuser and obj.role == User.Role.ADMIN
        obj.is_staff = obj.is_admin
        super().save_model(request, obj, form, change)


@admin.register(Dataset)
class DatasetAdmin(ForAdmins, ModelAdmin):
    list_display = ["name", "slug", "created_at"]
    prepopulated_fields = {"slug": ["name"]}
    fields = [
        "name",
        "slug",
        "description",
        "guidelines",
        "approvals_needed",
        "double_review_share",
        "author_may_approve",
        "reject_reasons",
        "pair_tags",
    ]


@admin.register(Run)
class RunAdmin(ReadOnly, ModelAdmin):
    list_display = ["pid", "dataset", "registry", "endpoint", "status", "requested", "created_by", "created_at"]
    list_filter = ["status", "dataset"]
    list_select_related = ["dataset", "registry", "endpoint", "created_by"]


@admin.register(Item)
class ItemAdmin(ReadOnly, ModelAdmin):
    list_display = ["pid", "run_id", "number", "status", "attempts", "interruptions", "error"]
    list_filter = ["status"]
    exclude = ["token"]
    show_full_result_count = False


REQUEST_COLUMNS = ["purpose", "model", "outcome", "attempt", "tokens_in", "tokens_out", "cost", "latency_ms"]
"""What is told of each request to a model, whatever it was for."""


@admin.register(TopicRequest)
class TopicRequestAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "endpoint", "dataset", *REQUEST_COLUMNS]
    list_filter = ["purpose", "outcome", "endpoint"]
    list_select_related = ["endpoint", "dataset"]
    show_full_result_count = False


@admin.register(LedgerEntry)
class LedgerAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "run_id", "item_id", *REQUEST_COLUMNS]
    list_filter = ["purpose", "outcome"]
    show_full_result_count = False
