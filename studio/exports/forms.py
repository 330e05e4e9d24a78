"""What a person chooses about an export. The form is sent by GET: its URL is the export."""

from typing import Any

from django import forms

from generation.errors import InvalidInput
from generation.formats.options import WEIGHTS, ExportOptions, Thoughts, ToolChoice, read_options
from generation.formats.preset import Preset
from generation.formats.presets import PRESETS
from generation.formats.splits import Split
from studio.domain.exports import ANY, read_filter
from studio.domain.filters import Filters
from studio.models import Conversation, Dataset, User
from studio.web.named_choices import NamedChoiceField

APPROVED = Conversation.Status.APPROVED

THOUGHTS = [
    (Thoughts.NONE, "Left out"),
    (Thoughts.REASONING_CONTENT, "As reasoning_content"),
    (Thoughts.THINK_TAGS, "In <think> tags"),
]
TOOLS = [(ToolChoice.ALL, "All of the conversation"), (ToolChoice.CALLED, "Only those called")]
PARTS = {Split.TRAIN.value: Split.TRAIN, Split.VALIDATION.value: Split.VALIDATION}


class ExportForm(forms.Form):
    """``part`` is which side of the split a download holds, ``filter`` a list's query. Anything but approved ones is for leads."""

    dataset = NamedChoiceField(Dataset.objects.all(), to_field_name="slug", empty_label=None)
    preset = forms.ChoiceField(label="Format", choices=[(name, name) for name in PRESETS])
    status = forms.ChoiceField(label="Conversations", choices=[(APPROVED, "Approved")])
    thoughts = forms.ChoiceField(choices=THOUGHTS)
    tools = forms.ChoiceField(choices=TOOLS)
    share = forms.IntegerField(
        label="For validation, %", min_value=0, max_value=90, help_text="By scenario: none stands in both files."
    )
    system = forms.BooleanField(label="Begin with the system message", required=False)
    split_parallel = forms.BooleanField(label="One call a message", required=False)
    weights = forms.BooleanField(label="Weights from the verdicts", required=False, help_text=WEIGHTS)
    part = forms.ChoiceField(
        required=False, choices=[("", "")] + [(name, name) for name in PARTS], widget=forms.HiddenInput
    )
    filter = forms.CharField(required=False, max_length=8000, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data if "preset" in data else self._defaults(data))
        chosen = PRESETS.get(self.data.get("preset", ""))
        self.fields["preset"].help_text = chosen.description if chosen else ""
        if user.is_lead:
            status = self.fields["status"]
            assert isinstance(status, forms.ChoiceField)
            others = [choice for choice in Conversation.Status.choices if choice[0] != APPROVED]
            status.choices = [(APPROVED, "Approved"), *others, (ANY, "Any, for inspection")]

    @staticmethod
    def _defaults(given: Any) -> dict[str, Any]:
        """What a link chose, and the rest as most want it."""
        named = {name: given.get(name) for name in ("dataset", "status", "filter") if given.get(name)}
        dataset = named.get("dataset") or Dataset.objects.values_list("slug", flat=True).first()
        names = {"dataset": dataset, "preset": next(iter(PRESETS)), "status": APPROVED, "share": 0, "system": "on"}
        return {**names, "thoughts": Thoughts.NONE.value, "tools": ToolChoice.ALL.value, **named}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = [name for name in ExportOptions.model_fields if name in cleaned]
        try:
            cleaned["options"] = read_options({name: cleaned[name] for name in names})
            if "preset" in cleaned:
                self.preset_chosen.require_options(cleaned["options"])
        except InvalidInput as error:
            self.add_error("weights" if cleaned.get("weights") else None, str(error))
        try:
            cleaned["filters"] = read_filter(cleaned.get("filter", ""))
        except InvalidInput as error:
            self.add_error(None, str(error))
        return cleaned

    @property
    def filters(self) -> Filters:
        """What it is narrowed by; nothing when that can't be read."""
        return self.cleaned_data.get("filters") or Filters()

    @property
    def preset_chosen(self) -> Preset:
        return PRESETS[self.cleaned_data["preset"]]

    @property
    def part_chosen(self) -> Split | None:
        """Which side of the split; None when nothing is split off, or both are asked for."""
        return PARTS.get(self.cleaned_data["part"]) if self.cleaned_data["share"] else None
