"""Choices whose names people gave: options can't hold markup, so what nobody sees in a name stands there as a mark in brackets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms

from studio.web.visible_text import name_odd

if TYPE_CHECKING:  # generic only for the type checker
    ModelChoiceField = forms.ModelChoiceField[Any]
else:
    ModelChoiceField = forms.ModelChoiceField


class NamedChoiceField(ModelChoiceField):
    """Rows to choose from, by their names. What is sent is their value as it is."""

    def label_from_instance(self, obj: Any) -> str:
        return name_odd(str(obj))


def show_choices(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """The choices with each name shown so; their values stay."""
    return [(value, name_odd(str(name))) for value, name in choices]
