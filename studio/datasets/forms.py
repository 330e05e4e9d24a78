"""The form of a dataset's policy, its reasons, tags and guidelines."""

from typing import Any

from django import forms

from studio.models import Dataset

MAX_LINES = 50
MAX_LINE = 200


class Lines(forms.CharField):
    """A list of short texts, one a line; empty lines and repeated ones are left out."""

    widget = forms.Textarea(attrs={"rows": 6})

    def __init__(self, *, length: int = MAX_LINE, **options: Any) -> None:
        super().__init__(**options)
        self.length = length

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(line.strip() for line in str(value or "").splitlines() if line.strip()))

    def validate(self, value: Any) -> None:
        if len(value) > MAX_LINES:
            raise forms.ValidationError(f"These are {len(value)} lines; {MAX_LINES} are possible.")
        for line in value:
            if len(line) > self.length:
                raise forms.ValidationError(f"“{line[:40]}…” has {len(line)} characters; {self.length} are possible.")

    def run_validators(self, value: Any) -> None:
        """Of text, not of lists: ``validate`` has looked at each line."""


class PolicyForm(forms.Form):
    """What leads decide about how a dataset is reviewed. Its fields are the dataset's columns."""

    approvals_needed = forms.IntegerField(
        label="Approvals",
        min_value=1,
        max_value=Dataset.MAX_APPROVALS,
        help_text="So many different people approve the same version.",
    )
    double_review_share = forms.IntegerField(
        label="Reviewed twice, blind (%)",
        min_value=0,
        max_value=100,
        help_text="Of these conversations two people decide without seeing each other. A higher share keeps the earlier choice.",
    )
    author_may_approve = forms.BooleanField(label="Whoever edited a conversation may approve it", required=False)
    reject_reasons = Lines(
        label="Reasons to reject", required=False, help_text="One a line; the first nine have the keys 1 to 9."
    )
    pair_tags = Lines(
        label="What may be wrong with a pair",
        required=False,
        length=80,
        help_text="One a line; offered when a pair is marked wrong.",
    )
    guidelines = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 8}), help_text="Shown beside every conversation."
    )

    @classmethod
    def of(cls, dataset: Dataset, data: Any = None) -> "PolicyForm":
        """The form filled in with what the dataset has, or with what was sent."""
        return cls(data, initial={name: getattr(dataset, name) for name in cls.base_fields})
