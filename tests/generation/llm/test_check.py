"""Finding out before any work whether an endpoint can be used."""

import pytest
from pydantic import SecretStr

from generation.errors import LLMRejected, LLMUnavailable
from generation.llm.openai_endpoint import EndpointSettings, OpenAIEndpoint
from tests.standins.openai_server import OpenAIServer


def _check(base_url: str, *, key: str | None = None) -> None:
    settings = EndpointSettings(name="e", model="m", base_url=base_url, api_key=SecretStr(key) if key else None)
    with OpenAIEndpoint(settings) as endpoint:
        endpoint.check()


def test_a_working_endpoint_passes() -> None:
    with OpenAIServer() as server:
        _check(server.base_url)


def test_a_server_without_a_list_of_models_passes() -> None:
    with OpenAIServer() as server:
        _check(server.base_url.replace("/v1", "/other"))


def test_an_unreachable_endpoint_is_unavailable_and_named() -> None:
    with OpenAIServer() as server:
        address = server.base_url
    with pytest.raises(LLMUnavailable, match=r"127\.0\.0\.1"):
        _check(address)


def test_a_wrong_key_is_rejected_without_showing_it() -> None:
    with OpenAIServer(api_key="right") as server, pytest.raises(LLMRejected) as caught:
        _check(server.base_url, key="sk-wrong")
    assert "sk-wrong" not in str(caught.value)


def test_the_environments_organisation_travels_to_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    seen: list[str | None] = []
    with OpenAIServer() as server:
        settings = EndpointSettings(name="e", model="m", base_url=server.base_url)
        with OpenAIEndpoint(settings) as endpoint:
            with endpoint._connection() as sdk:
                sdk._client.event_hooks["request"] = [
                    lambda request: seen.append(request.headers.get("openai-organization"))
                ]
            endpoint.check()
    assert seen == [None]
