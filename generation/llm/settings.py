"""What one model endpoint is: where it is, what it is called, how hard it may be pushed, what it costs.

Refuses values that could not work before anything is sent. Reads no environment: who builds an endpoint
passes everything in.
"""

from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

OPENAI_URL = "https://api.openai.com/v1"


class Strategy(StrEnum):
    """How JSON of a given shape is asked for, from the surest way to the last resort."""

    JSON_SCHEMA = "json_schema"  # response_format json_schema
    TOOL = "tool"  # one tool whose parameters are the schema, and the model is made to call it
    JSON_OBJECT = "json_object"  # response_format json_object, the schema in the system message
    TEXT = "text"  # the schema in the system message only


class EndpointSettings(BaseModel):
    """One OpenAI-compatible endpoint and one model on it.

    ``base_url`` None is OpenAI itself. ``timeout_s`` is the longest silence from the server in seconds. ``concurrency``
    is requests in flight at once, ``retries`` repeated requests per question after failures of the server,
    ``retry_after_max_s`` the longest a server's ``Retry-After`` is obeyed. Prices are per million tokens;
    ``price_cached`` None means cached tokens cost what uncached ones do. ``structured_output`` is the first strategy
    tried; weaker ones follow when the endpoint refuses it. A validation error never shows what was put in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1)
    model: str = Field(min_length=1)
    base_url: str | None = None
    api_key: SecretStr | None = None
    timeout_s: float = Field(default=120.0, gt=0)
    connect_timeout_s: float = Field(default=10.0, gt=0)
    concurrency: int = Field(default=16, ge=1, le=1024)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    price_in: float = Field(default=0.0, ge=0)
    price_cached: float | None = Field(default=None, ge=0)
    price_out: float = Field(default=0.0, ge=0)
    retries: int = Field(default=6, ge=0, le=20)
    retry_after_max_s: float = Field(default=60.0, ge=0)
    structured_output: Strategy = Strategy.JSON_SCHEMA

    @field_validator("structured_output", mode="before")
    @classmethod
    def _auto_starts_with_the_surest(cls, value: Any) -> Any:
        return Strategy.JSON_SCHEMA if value in ("auto", "", None) else value

    @field_validator("base_url", mode="before")
    @classmethod
    def _base_url_is_a_url(cls, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return value or None
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the base URL must look like https://host/v1")
        return value.strip()

    @field_validator("api_key", mode="before")
    @classmethod
    def _api_key_fits_a_header(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str) or not text.strip():
            return text or None
        if not text.strip().isascii() or not text.strip().isprintable():
            raise ValueError("the API key holds characters that can't stand in a header: copy it again")
        return text.strip()

    @model_validator(mode="after")
    def _openai_needs_a_key(self) -> Self:
        if self.base_url is None and self.api_key is None:
            raise ValueError(f"endpoint {self.name!r} has neither API key nor base URL: set one of them")
        return self

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.base_url or OPENAI_URL

    @property
    def label(self) -> str:
        """The endpoint as messages name it: name and address, without credentials in the address."""
        parts = urlsplit(self.url)
        return f'endpoint "{self.name}" ({parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()})'

    def scrub(self, text: str) -> str:
        """``text`` with the API key, should it stand in it, blacked out."""
        secrets = [self.api_key.get_secret_value() if self.api_key else "", urlsplit(self.url).password or ""]
        for secret in filter(None, secrets):
            text = text.replace(secret, "[secret]")
        return text

    def cost(self, tokens_in: int, tokens_cached: int, tokens_out: int) -> float:
        """The price of one request in the currency of the prices; ``tokens_cached`` is part of ``tokens_in``."""
        cached = self.price_in if self.price_cached is None else self.price_cached
        uncached = max(tokens_in - tokens_cached, 0)
        return (uncached * self.price_in + tokens_cached * cached + tokens_out * self.price_out) / 1_000_000
