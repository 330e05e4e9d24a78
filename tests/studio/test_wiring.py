"""The engine's clients as rows and settings describe them."""

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from generation.errors import InvalidInput
from generation.plan import Scenario
from studio import wiring
from studio.domain.catalog import registry_value
from studio.domain.endpoints import ensure_demo_endpoint, ensure_environment_endpoint
from studio.models import Endpoint
from tests.standins.openai_server import OpenAIServer
from tests.standins.studio_rows import FILES, make_registry

pytestmark = pytest.mark.django_db


class Greeting(BaseModel):
    text: str


KEY = "sk-from-the-environment"


@pytest.fixture
def environment(settings):
    settings.OPENAI_API_KEY = SecretStr(KEY)
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    settings.OPENAI_MODEL = "from-the-environment"
    return settings


def make_endpoint(**values: object) -> Endpoint:
    given = {"name": "own", "base_url": "http://127.0.0.1:9/v1", "model": "own-model"} | values
    return Endpoint.objects.create(**given)


def test_threads_share_one_client_until_the_row_changes() -> None:
    row = make_endpoint()
    first = wiring.model_endpoint(row)
    assert wiring.model_endpoint(Endpoint.objects.get(pk=row.pk)) is first
    row.timeout_s = 5
    row.save()
    changed = wiring.model_endpoint(Endpoint.objects.get(pk=row.pk))
    assert changed is not first
    assert (first.settings.timeout_s, changed.settings.timeout_s) == (120, 5)


@pytest.mark.parametrize(
    "change",
    [{"api_key": "new-key"}, {"base_url": "http://127.0.0.1:8/v1"}, {"model": "other"}, {"concurrency": 3}],
)
def test_every_change_that_matters_makes_a_new_client(change: dict[str, object]) -> None:
    row = make_endpoint()
    before = wiring.model_endpoint(row)
    Endpoint.objects.filter(pk=row.pk).update(**change)
    assert wiring.model_endpoint(Endpoint.objects.get(pk=row.pk)) is not before


def test_the_environments_key_goes_to_the_environments_endpoint(environment) -> None:
    wiring.ensure_endpoints()
    row = Endpoint.objects.get(name="openai")
    made = wiring.endpoint_settings(row)
    assert made.api_key.get_secret_value() == KEY
    assert (made.model, made.base_url) == ("from-the-environment", "http://127.0.0.1:9/v1")
    assert row.api_key == ""  # it stays in the environment


def test_no_other_endpoint_ever_gets_the_environments_key(environment) -> None:
    for row in (make_endpoint(), make_endpoint(name="keyed", api_key="its-own"), ensure_demo_endpoint()):
        key = wiring.endpoint_settings(row).api_key
        assert key is None or key.get_secret_value() == "its-own"


@pytest.mark.parametrize("url", ["http://169.254.169.254/v1", "http://0xa9fea9fe/v1", "http://[::ffff:a9fe:a9fe]/v1"])
def test_an_address_nobody_may_point_at_is_refused_where_it_is_used(url: str) -> None:
    with pytest.raises(InvalidInput, match="link-local"):
        wiring.endpoint_settings(make_endpoint(base_url=url))


def test_a_changed_base_url_of_the_environments_row_does_not_get_its_key(environment) -> None:
    row = ensure_environment_endpoint(base_url="http://127.0.0.1:9/v1", model="m")
    row.base_url = "http://127.0.0.1:6666/v1"
    row.save()
    assert wiring.endpoint_settings(row).base_url == "http://127.0.0.1:9/v1"


def test_the_key_that_is_sent_is_the_rows_own(environment) -> None:
    with OpenAIServer() as server:
        row = make_endpoint(base_url=server.base_url, api_key="its-own-key")
        question = [{"role": "user", "content": "Hello?"}]
        wiring.model_endpoint(row).client(lambda _: None).ask(purpose="greeting", messages=question, reply=Greeting)
        headers = server.requests[0].headers
    authorization = next(value for name, value in headers.items() if name.lower() == "authorization")
    assert authorization == "Bearer its-own-key"
    assert KEY not in str(server.requests)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"model": ""}, "names no model"),
        ({"base_url": ""}, "has no API key"),
        ({"api_key": "schlüssel"}, "header"),
        ({"base_url": "ftp://x"}, "https://host/v1"),
        ({"concurrency": 0}, "concurrency"),
    ],
)
def test_what_is_missing_or_wrong_is_named_without_the_key(values: dict[str, object], sentence: str) -> None:
    row = make_endpoint(**values)
    with pytest.raises(InvalidInput, match=sentence) as refused:
        wiring.model_endpoint(row)
    assert "'own'" in str(refused.value)
    assert "schlüssel" not in str(refused.value)


def test_an_environment_without_a_model_is_told_which_variable_to_set(environment) -> None:
    environment.OPENAI_MODEL = ""
    wiring.ensure_endpoints()
    with pytest.raises(InvalidInput, match="OPENAI_MODEL"):
        wiring.model_endpoint(Endpoint.objects.get(name="openai"))


def test_without_an_environment_only_the_demo_is_put_in_place(settings) -> None:
    Endpoint.objects.all().delete()
    wiring.ensure_endpoints()
    assert list(Endpoint.objects.values_list("name", flat=True)) == ["demo"]


def test_the_demo_endpoint_reaches_for_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    wiring.check_model_endpoint(ensure_demo_endpoint())


def test_conversations_run_in_the_service_that_settings_name(settings) -> None:
    assert wiring.tool_service().is_embedded
    settings.SPIN_ENDPOINT = "http://127.0.0.1:9"
    assert not wiring.tool_service().is_embedded
    assert wiring.tool_service() is wiring.service_at("http://127.0.0.1:9")
    settings.SPIN_ENDPOINT = ""
    assert wiring.tool_service() is wiring.embedded_service()


def test_an_embedded_session_is_nothing_to_write_down() -> None:
    opened: list[str] = []
    value = registry_value(make_registry())
    with wiring.new_session(value, Scenario(prompt="p", seed_files=FILES), on_open=opened.append) as session:
        assert session.execute(value.tools[0], {"file_path": "a.txt"}).text == "alpha"
    assert opened == []
