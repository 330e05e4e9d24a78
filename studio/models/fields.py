"""Fields: JSON as canonical text, sealed secrets, opaque public ids."""

import base64
import hashlib
import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import JSONField as JSONFormField
from django.forms.fields import InvalidJSONInput

from generation.conversation import canonical_json
from generation.formats.documents import check_depth

if TYPE_CHECKING:  # generic only for the type checker
    CharField = models.CharField[Any, Any]
    TextField = models.TextField[Any, Any]
else:
    CharField, TextField = models.CharField, models.TextField

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_SYSTEM = random.SystemRandom()


def new_pid(source: random.Random = _SYSTEM) -> str:
    """An opaque id for URLs: 12 characters without look-alikes."""
    return "".join(source.choice(_ALPHABET) for _ in range(12))


def plain_text(text: str, limit: int | None = None) -> str:
    """Text that every database column takes: NUL and lone surrogates become U+FFFD, the rest is kept up to ``limit``."""
    clean = text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return clean if limit is None or len(clean) <= limit else clean[: limit - 1] + "…"


class PidField(CharField):
    """The opaque id a row has in URLs and in the API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_length": 12, "unique": True, "default": new_pid, "editable": False}
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        # An address may hold anything. No id has a NUL or half a character, and databases refuse to be asked for them.
        return super().get_prep_value(plain_text(value) if isinstance(value, str) else value)


class _DocumentFormField(JSONFormField):
    """Nothing typed is the column's default, where the column has no null."""

    def __init__(self, *, when_empty: Callable[[], Any] | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.when_empty = when_empty

    def to_python(self, value: Any) -> Any:
        try:
            read = super().to_python(value)
            check_depth(read)
            canonical_json(read)
        except (ValueError, RecursionError) as error:  # what the framework's own field lets through, as a crash
            raise ValidationError(f"This JSON can't be kept: {error}.") from error
        return self.when_empty() if read is None and self.when_empty is not None else read

    def prepare_value(self, value: Any) -> Any:
        text = super().prepare_value(value)
        # No page can hold half a character: then the whole is written in escapes.
        return text if isinstance(value, InvalidJSONInput) or plain_text(text) == text else json.dumps(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)


class DocumentField(TextField):
    """A JSON value, stored as ASCII text with its keys in order.

    ``jsonb`` reorders keys and refuses NUL and lone surrogates, which models emit.
    """

    if TYPE_CHECKING:  # what the field takes and gives, for django-stubs
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any
        _pyi_lookup_exact_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else canonical_json(value)

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValidationError(f"This is not JSON: {error}") from error

    def value_to_string(self, obj: models.Model) -> str:
        return canonical_json(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        empty = None if self.null else self.get_default
        return super().formfield(form_class=_DocumentFormField, when_empty=empty, encoder=None, decoder=None, **kwargs)


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sealed:" + settings.SECRET_KEY.encode()).digest()))


class SealedField(TextField):
    """A secret, encrypted at rest with a key derived from SECRET_KEY. Reads as "" when that key changed. Serialised it is "" as well."""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        if not value:
            return ""
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken:
            return ""

    def value_to_string(self, obj: models.Model) -> str:  # noqa: ARG002  Django hands the row over
        return ""  # dumpdata and the like are no place for secrets

    def get_prep_value(self, value: str | None) -> str:
        return _fernet().encrypt(value.encode()).decode() if value else ""
