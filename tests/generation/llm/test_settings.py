"""Endpoint settings: refused early, and silent about the key."""

import pytest
from pydantic import SecretStr, ValidationError

from generation.llm.settings import EndpointSettings, Strategy

KEY = "sk-secret-0123456789"


def test_neither_repr_nor_dump_shows_the_key() -> None:
    settings = EndpointSettings(name="e", model="m", api_key=SecretStr(KEY))
    assert KEY not in repr(settings) + str(settings) + str(settings.model_dump()) + settings.model_dump_json()


def test_a_validation_error_does_not_show_the_key() -> None:
    with pytest.raises(ValidationError) as caught:
        EndpointSettings.model_validate({"name": "e", "model": "m", "api_key": KEY + "\x07"})
    assert KEY not in str(caught.value)


def test_a_key_is_cleaned_of_the_line_break_it_was_copied_with() -> None:
    settings = EndpointSettings.model_validate({"name": "e", "model": "m", "api_key": f" {KEY}\n"})
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base_url": "localhost:8000"}, "must look like https://host/v1"),
        ({"base_url": "ftp://host/v1"}, "must look like"),
        ({"base_url": None}, "neither API key nor base URL"),
        ({"api_key": "sk-ключ"}, "copy it again"),
        ({"model": ""}, "at least 1 character"),
        ({"concurrency": 0}, "greater than or equal to 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_values_that_could_not_work_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EndpointSettings.model_validate({"name": "e", "model": "m", "base_url": "http://h/v1"} | values)


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1")
    assert EndpointSettings(name="e", model="m", api_key=SecretStr(KEY)).url == "https://api.openai.com/v1"


def test_credentials_in_the_address_are_not_shown() -> None:
    settings = EndpointSettings(name="e", model="m", base_url="https://user:hunter2@host/v1?token=abc")
    assert settings.label == 'endpoint "e" (https://host/v1)'
    assert "hunter2" not in settings.scrub("failed at user:hunter2@host")


def test_cost_counts_cached_tokens_at_their_own_price() -> None:
    settings = EndpointSettings(name="e", model="m", base_url="http://h", price_in=2, price_cached=0.5, price_out=8)
    assert settings.cost(1_000_000, 400_000, 100_000) == pytest.approx(1.2 + 0.2 + 0.8)


def test_without_a_price_of_their_own_cached_tokens_cost_what_others_do() -> None:
    settings = EndpointSettings(name="e", model="m", base_url="http://h", price_in=2)
    assert settings.cost(1_000_000, 400_000, 0) == pytest.approx(2.0)


def test_auto_starts_with_the_surest_strategy() -> None:
    settings = EndpointSettings.model_validate(
        {"name": "e", "model": "m", "base_url": "http://h", "structured_output": "auto"}
    )
    assert settings.structured_output is Strategy.JSON_SCHEMA
