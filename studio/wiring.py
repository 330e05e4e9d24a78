"""Builds the engine's clients from settings and rows. One endpoint and one tool service are shared by all threads of a process."""

import threading
from collections.abc import Callable

from django.conf import settings
from pydantic import SecretStr, ValidationError

from generation.errors import InvalidInput, SandboxUnavailable
from generation.llm.demo import demo_transport
from generation.llm.openai_endpoint import EndpointSettings, OpenAIEndpoint
from generation.llm.shared_budget import Allowance, SharedBudget
from generation.plan import Scenario, explain
from generation.sandbox.client import SpinClient
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import World, world_of
from generation.tools import ToolRegistry
from studio.domain.addresses import require_harmless
from studio.domain.endpoints import ensure_demo_endpoint, ensure_environment_endpoint
from studio.domain.errors import Refused
from studio.mcp_servers import session_with
from studio.models import Endpoint

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError:  # it comes with the extra "team"
    redis = None  # type: ignore[assignment]  # None says that it is not there

_lock = threading.Lock()
_endpoints: dict[int, tuple[EndpointSettings, OpenAIEndpoint]] = {}
_services: dict[str, SpinClient] = {}


def ensure_endpoints() -> None:
    """Make the rows of the endpoints that exist without anyone adding them: ``demo``, and ``openai`` when the environment has one."""
    ensure_demo_endpoint()
    if settings.OPENAI_API_KEY.get_secret_value() or settings.OPENAI_BASE_URL or settings.OPENAI_MODEL:
        ensure_environment_endpoint(base_url=settings.OPENAI_BASE_URL, model=settings.OPENAI_MODEL)


def model_endpoint(row: Endpoint) -> OpenAIEndpoint:
    """The shared client of this endpoint as it is configured now. Raises InvalidInput when something is missing."""
    wanted = endpoint_settings(row)
    with _lock:
        known = _endpoints.get(row.pk)
        # A changed row gets a client of its own; whoever still uses the old one finishes with it.
        if known is None or known[0] != wanted:
            transport = demo_transport() if row.kind == Endpoint.Kind.DEMO else None
            known = _endpoints[row.pk] = (
                wanted,
                OpenAIEndpoint(wanted, transport=transport, allowance=_shared_allowance(row)),
            )
        return known[1]


def _shared_allowance(row: Endpoint) -> Callable[[str, int], Allowance] | None:
    """Budgets that all workers share when the broker is Redis; None: each process has its own."""
    if not settings.BROKER_URL.startswith(("redis://", "rediss://")):
        return None
    if redis is None:
        raise InvalidInput("BROKER_URL names Redis, but its client is not installed: install the extra 'team'.")
    client = redis.Redis.from_url(
        settings.BROKER_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    unreachable = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
    return lambda what, per_minute: SharedBudget(
        client, key=f"tracewright:{row.pid}:{what}", per_minute=per_minute, unreachable=unreachable
    )


def endpoint_settings(row: Endpoint) -> EndpointSettings:
    """The engine's settings of this endpoint. The environment's key goes to the environment's endpoint only."""
    if row.kind == Endpoint.Kind.DEMO:
        return EndpointSettings(
            name=row.name, base_url="http://demo.invalid/v1", model="demo", concurrency=row.concurrency
        )
    from_environment = row.is_from_environment
    base_url = settings.OPENAI_BASE_URL if from_environment else row.base_url
    key = settings.OPENAI_API_KEY.get_secret_value() if from_environment else row.api_key
    model = settings.OPENAI_MODEL if from_environment else row.model
    where = "set OPENAI_{} in the environment" if from_environment else "set its {} in the admin"
    if not model:
        raise InvalidInput(
            f"Endpoint {row.name!r} names no model: {where.format('MODEL' if from_environment else 'model')}."
        )
    if not key and not base_url:
        raise InvalidInput(
            f"Endpoint {row.name!r} has no API key: {where.format('API_KEY' if from_environment else 'API key')}."
        )
    if row.base_url and not from_environment:
        # Once more where it is used: a name may lead elsewhere by now, and the row may come from another form.
        try:
            require_harmless(row.base_url)
        except Refused as error:
            raise InvalidInput(f"Endpoint {row.name!r} is set up wrongly: {error}") from error
    try:
        return EndpointSettings(
            name=row.name,
            base_url=base_url or None,
            api_key=SecretStr(key) if key else None,
            model=model,
            timeout_s=row.timeout_s,
            concurrency=row.concurrency,
            requests_per_minute=row.requests_per_minute,
            tokens_per_minute=row.tokens_per_minute,
            price_in=row.price_in,
            price_cached=row.price_cached or None,
            price_out=row.price_out,
        )
    except ValidationError as error:
        problem = explain(error, known=list(EndpointSettings.model_fields))
        raise InvalidInput(f"Endpoint {row.name!r} is set up wrongly: {problem}") from error


def tool_service() -> SpinClient:
    """The tool service conversations run in: SPIN_ENDPOINT, or the embedded runtime when it is not set."""
    return _service(settings.SPIN_ENDPOINT) if settings.SPIN_ENDPOINT else embedded_service()


def embedded_service() -> SpinClient:
    """This process's embedded runtime."""
    return _service("")


def service_at(endpoint: str) -> SpinClient:
    """The service of a session written down earlier."""
    return _service(endpoint)


def _service(endpoint: str) -> SpinClient:
    with _lock:
        if endpoint not in _services:
            _services[endpoint] = SpinClient(endpoint) if endpoint else embedded_spin()
        return _services[endpoint]


def new_session(
    registry: ToolRegistry,
    scenario: Scenario,
    *,
    seed: int | None = None,
    on_open: Callable[[str], None] | None = None,
) -> Session:
    """An unseeded session in the world of this scenario. ``on_open`` is told each session id that a dead process would leave behind.

    ``seed`` is the plan's, which the conversation keeps: with the same one a replay meets the same faults.
    """
    world: World = world_of(
        scenario,
        tools=registry.tools,
        registry_fixtures=registry.fixtures,
        registry_tables=registry.tables,
        push_mock=registry.push_mock,
        seed=seed,
    )
    service = tool_service()
    # Embedded sessions die with this process; nothing is left to sweep.
    return Session(
        service,
        world=world,
        embedded=embedded_service(),
        mcp=session_with(registry),
        on_open=None if service.is_embedded else on_open,
    )


def check_tool_service() -> None:
    """Raises SandboxUnavailable with what to do when the configured tool service does not answer."""
    if not settings.SPIN_ENDPOINT:
        return
    service = tool_service()
    if not (service.is_healthy("vfs") or service.is_healthy("mock")):
        raise SandboxUnavailable(
            f"The tool service at {settings.SPIN_ENDPOINT} does not answer: start it, correct SPIN_ENDPOINT, "
            "or unset it to use the embedded runtime."
        )


def check_model_endpoint(row: Endpoint) -> None:
    """Raises InvalidInput, LLMRejected or LLMUnavailable with what to do when a first request can't succeed."""
    model_endpoint(row).check()
