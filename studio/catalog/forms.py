"""The form of a tool's volatile members: one name a line."""

import re

from django import forms

from studio.domain.errors import Refused
from studio.domain.volatile import name_volatile
from studio.models import Tool, User


class VolatileForm(forms.Form):
    """What is typed; ``save`` says what is wrong with it at the field."""

    names = forms.CharField(
        label="One name a line",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "code", "rows": 4, "spellcheck": "false"}),
        help_text="created_at is that member wherever it stands; items.created_at only there, in every item.",
    )

    @classmethod
    def of(cls, tool: Tool) -> "VolatileForm":
        """The form as it is opened."""
        return cls(initial={"names": "\n".join(tool.volatile)})

    def save(self, tool: Tool, *, by: User) -> bool:
        """Whether the names were kept; else the form says why not."""
        if not self.is_valid():
            return False
        names = [name for line in re.split(r"[\n,]", self.cleaned_data["names"]) if (name := line.strip())]
        try:
            name_volatile(tool, names=names, by=by)
        except Refused as error:
            self.add_error("names", error.message)
            return False
        return True
