"""The form of a new run. Whatever would refuse the run is said at the field that can mend it."""

from typing import Any

import yaml
from django import forms

from generation.errors import InvalidInput
from generation.plan import Mode
from generation.run_config import RunConfig, read_run_config
from studio.domain.fitting import Fit, fit_of
from studio.domain.runs import MAX_CONCURRENCY, MAX_REQUESTED, MAX_SEED
from studio.models import Dataset, Endpoint, Registry
from studio.web.named_choices import NamedChoiceField
from studio.wiring import endpoint_settings

EXAMPLE = "max_agent_steps: 5\ntemperature: 0.7\nquotas:\n  patterns: {sequential: 2, parallel: 1}\nbudget:\n  tokens: 2000000"


class RunForm(forms.Form):
    """``cleaned_data["config"]`` is a checked RunConfig; registry, mode, count and seed may be None. ``fit``, once it is valid:
    which of the dataset's scenarios the run can be made from."""

    fit: Fit

    dataset = NamedChoiceField(
        Dataset.objects.all(), to_field_name="slug", empty_label=None, help_text="Its scenarios are taken in turn."
    )
    registry = NamedChoiceField(
        Registry.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label="None",
        help_text="The tools the agent may call. The modes basic and chain of thought need none.",
    )
    endpoint = NamedChoiceField(
        Endpoint.objects.all(), to_field_name="name", empty_label=None, help_text="The model that plays user and agent."
    )
    count = forms.IntegerField(
        label="Conversations",
        required=False,
        min_value=1,
        max_value=MAX_REQUESTED,
        help_text="Empty: one per scenario.",
    )
    mode = forms.ChoiceField(
        required=False,
        choices=[
            ("", "As each scenario says"),
            *((mode.value, mode.value.replace("_", " ").capitalize()) for mode in Mode),
        ],
    )
    concurrency = forms.IntegerField(
        label="At a time", min_value=1, max_value=MAX_CONCURRENCY, initial=8, help_text="Conversations built at once."
    )
    judge = NamedChoiceField(
        Endpoint.objects.exclude(kind=Endpoint.Kind.DEMO),
        to_field_name="name",
        required=False,
        empty_label="Nobody",
        help_text="A model that scores what was made. It decides nothing.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_SEED,
        help_text="Empty: drawn. The same seed makes the same choices.",
    )
    config = forms.CharField(
        label="Configuration",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false", "placeholder": EXAMPLE}),
        help_text="YAML or JSON. Left out keys keep their defaults.",
    )

    def clean_dataset(self) -> Dataset:
        dataset: Dataset = self.cleaned_data["dataset"]
        if not dataset.scenarios.exists():
            raise forms.ValidationError("It has no scenarios: import some with import_scenarios first.")
        return dataset

    def clean_registry(self) -> Registry | None:
        registry: Registry | None = self.cleaned_data["registry"]
        if registry is not None and not registry.tools.exists():
            raise forms.ValidationError("It has no tools: import some with import_tools, or add them in the admin.")
        return registry

    def clean_endpoint(self) -> Endpoint:
        endpoint: Endpoint = self.cleaned_data["endpoint"]
        try:
            endpoint_settings(endpoint)
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from error
        return endpoint

    def clean_config(self) -> RunConfig:
        try:
            values: Any = yaml.safe_load(self.cleaned_data["config"] or "{}")
            return read_run_config(values)
        except yaml.YAMLError as error:
            raise forms.ValidationError(f"This is neither YAML nor JSON: {error}") from error
        except (InvalidInput, RecursionError) as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors:
            try:
                self.fit = fit_of(
                    list(values["dataset"].scenarios.all()),
                    registry=values["registry"],
                    config=values["config"].config,
                    mode=values["mode"],
                )
            except InvalidInput as error:
                self.add_error("registry", str(error))
        return values

    def clean_mode(self) -> Mode | None:
        return Mode(self.cleaned_data["mode"]) if self.cleaned_data["mode"] else None
