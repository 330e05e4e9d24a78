"""The environment the studio is started in, checked by name. Only ``studio.settings`` asks for it."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class InvalidSetting(Exception):
    """A value in the environment or in .env is wrong; the text names it and says what to write."""


class Environment(BaseSettings):
    """Every variable Tracewright reads, from the environment or from ``.env`` beside manage.py."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = ROOT / "var"
    database_url: str = ""
    broker_url: str = ""
    secret_key: str = ""
    debug: bool = False
    allowed_hosts: Annotated[list[str], NoDecode] = ["localhost", "127.0.0.1", "[::1]"]
    csrf_trusted_origins: Annotated[list[str], NoDecode] = []
    spin_endpoint: str = ""
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""
    openai_model: str = ""
    log_format: Literal["console", "json"] = "console"

    @field_validator("allowed_hosts", "csrf_trusted_origins", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("csrf_trusted_origins")
    @classmethod
    def _origins_have_a_scheme(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not origin.startswith(("http://", "https://")):
                raise ValueError(f"write {origin!r} with its scheme, like https://{origin}")
        return origins

    @field_validator("spin_endpoint", "openai_base_url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        # What was written is not repeated: a key may have been put in the wrong place.
        if url and not (url.startswith(("http://", "https://")) and _host_of(url)):
            raise ValueError("this is no URL: write it with its scheme, like http://127.0.0.1:3000")
        return url.rstrip("/")

    @field_validator("broker_url")
    @classmethod
    def _broker_is_known(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
            raise ValueError("this is no broker: write redis://… or amqp://…, or leave it out to work in one process")
        return url


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def read_environment() -> Environment:
    """The checked environment. Raises InvalidSetting."""
    try:
        return Environment()
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        ]
        raise InvalidSetting("Wrong setting. " + "; ".join(problems)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f".env can't be read: {error}. Correct it, or remove it.") from error


class McpVariables(BaseSettings):
    """Whatever stands in ``.env``, as it is written there."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", case_sensitive=True, extra="allow", hide_input_in_errors=True
    )


def read_mcp_secrets() -> dict[str, str]:
    """The variables MCP servers may be given: those whose names begin with ``MCP_``, from the environment or ``.env``."""
    from_file = {name: value for name, value in (McpVariables().model_extra or {}).items() if name.startswith("MCP_")}
    return from_file | {name: value for name, value in os.environ.items() if name.startswith("MCP_")}


def prepare_data_dir(folder: Path) -> Path:
    """The data folder, made if need be, for its owner only: sessions and password hashes lie in it.

    Raises InvalidSetting when it can't be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidSetting(
            f"DATA_DIR: {folder} can't be made ({error.strerror}): choose a folder you may write to."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidSetting(f"DATA_DIR: {folder} can't be written: choose a folder you may write to.")
    return folder


def kept_secret(folder: Path) -> str:
    """The secret key of this data folder, made on first use and readable by its owner only.

    Processes that start at once agree on one key, and none reads a half-written one. Raises InvalidSetting.
    """
    path = folder / "secret_key"
    try:
        key = kept_text(path, make=lambda: secrets.token_urlsafe(50))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} can't be used ({error}): make it readable, or set SECRET_KEY.") from error
    if not key:
        raise InvalidSetting(f"{path} is empty: remove it to have a new key made, or set SECRET_KEY.")
    return key


def kept_text(path: Path, *, make: Callable[[], str]) -> str:
    """What the file holds; what ``make`` gives when there is none yet, kept for its owner only. Raises OSError, UnicodeDecodeError."""
    if not path.exists():
        _put(path, make())
    return path.read_text("ascii").strip()


def _put(path: Path, text: str) -> None:
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(made, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    try:
        os.link(made, path)  # whole or not at all; whoever is second uses the first one's
    except FileExistsError:
        pass
    finally:
        made.unlink()
