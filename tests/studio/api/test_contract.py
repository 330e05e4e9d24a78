"""The API against its own OpenAPI: whatever is sent, good or bad, no route breaks and each answers as it declares."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from generation.plan import Config, Scenario
from studio.api.application import api
from studio.domain.bulk import prepare_bulk
from studio.domain.comments import start_thread
from studio.domain.datasets import add_scenarios
from studio.domain.reruns import ask_rerun
from studio.domain.runs import create_run
from studio.domain.tags import add_tag
from studio.models import Conversation, Dataset, Endpoint, Registry, User
from studio.wsgi import application
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 12
ROUTES = sorted(
    (path, method) for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items() for method in methods
)
NOTHING_TO_GET_WRONG = ("/health", "/ready")
CASES = [
    pytest.param(path, method, mode, id=f"{method} {path} {mode.value}")
    for path, method in ROUTES
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or path not in NOTHING_TO_GET_WRONG
]


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    """A WSGI request closes connections that it finds; here they carry the test's transaction."""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@cache
def _schema() -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.fixture
def real(
    add: AddConversation, admin: Caller, dataset: Dataset, registry: Registry, endpoint: Endpoint
) -> dict[str, dict[str, Any]]:
    """Path parameters that lead somewhere, by resource."""
    user = admin.user
    assert isinstance(user, User)
    conversation = add()
    scenarios = add_scenarios(dataset, scenarios=[Scenario(prompt="Read a file.")]).all
    run = create_run(dataset, registry=registry, endpoint=endpoint, scenarios=scenarios, config=Config(), by=user)
    comment = start_thread(conversation, text="Hm.", by=user)
    rerun = ask_rerun(conversation, call_id="call00001", by=user)
    action = prepare_bulk(Conversation.objects.all(), kind="assign", by=user, assignee=user)
    return {
        "bulk-actions": {"id": action.pid},
        "registries": {"id": registry.pid, "name": "read_file", "tool": "read_file"},
        "datasets": {"id": dataset.pid, "tag_id": add_tag(dataset, name="odd", by=user).pid},
        "mentions": {"id": conversation.pid},
        "endpoints": {"id": endpoint.pid},
        "runs": {"id": run.pid},
        "conversations": {
            "id": conversation.pid,
            "call_id": "call00001",
            "rerun_id": rerun.pid,
            "thread_id": comment.thread.pid,
            "comment_id": comment.pid,
            "version": 1,
        },
    }


@pytest.mark.parametrize(("path", "method", "mode"), CASES)
def test_a_route_keeps_its_contract(
    admin: Caller, real: dict[str, dict[str, Any]], path: str, method: str, mode: GenerationMode
) -> None:
    operation = _schema()[f"/api{path}"][method.upper()]
    known = real.get(path.split("/")[1], {})
    limits = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    @limits
    @given(case=operation.as_strategy(generation_mode=mode), leads_somewhere=st.booleans())
    def check(case: Any, *, leads_somewhere: bool) -> None:
        if leads_somewhere:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        with transaction.atomic():
            case.call_and_validate(headers={**admin.headers, "Accept-Encoding": "identity"}, checks=CHECKS)
            transaction.set_rollback(True)

    check()
