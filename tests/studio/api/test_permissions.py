"""Who may do what: every route of the API, each with the least role it takes."""

from typing import Any

import pytest

from studio.api.application import api
from studio.models import Conversation
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation

ID = "zzzzzzzzzzzz"
OPEN = {("GET", "/health"), ("GET", "/ready")}
LEADS = {
    ("POST", "/datasets"),
    ("PATCH", "/datasets/{id}"),
    ("GET", "/datasets/{id}/agreement"),
    ("POST", "/datasets/{id}/tags"),
    ("PATCH", "/datasets/{id}/tags/{tag_id}"),
    ("POST", "/datasets/{id}/tags/{tag_id}/up"),
    ("DELETE", "/datasets/{id}/tags/{tag_id}"),
    ("POST", "/conversations/{id}/adjudicate"),
    ("POST", "/conversations/{id}/waivers"),
    ("DELETE", "/conversations/{id}/waivers/{waiver_id}"),
    ("POST", "/scenarios"),
    ("POST", "/registries/{id}/import"),
    ("GET", "/endpoints"),
    ("GET", "/endpoints/{id}"),
    ("GET", "/endpoints/topic-costs"),
    ("POST", "/runs"),
    ("POST", "/runs/estimate"),
    ("POST", "/runs/{id}/pause"),
    ("POST", "/runs/{id}/resume"),
    ("POST", "/runs/{id}/cancel"),
}
ADMINS = {
    ("POST", "/registries"),
    ("PATCH", "/registries/{id}"),
    ("DELETE", "/registries/{id}"),
    ("PUT", "/registries/{id}/tools/{name}"),
    ("DELETE", "/registries/{id}/tools/{name}"),
    ("PUT", "/registries/{id}/fixtures/{tool}"),
    ("DELETE", "/registries/{id}/fixtures/{tool}"),
}
EVERYBODY = {
    ("GET", "/registries"),
    ("GET", "/registries/{id}"),
    ("GET", "/registries/{id}/tools"),
    ("GET", "/registries/{id}/tools/{name}"),
    ("GET", "/registries/{id}/fixtures"),
    ("GET", "/datasets"),
    ("GET", "/datasets/{id}"),
    ("GET", "/scenarios"),
    ("GET", "/runs"),
    ("GET", "/runs/{id}"),
    ("GET", "/views"),
    ("POST", "/views"),
    ("PATCH", "/views/{id}"),
    ("DELETE", "/views/{id}"),
    ("GET", "/conversations"),
    ("GET", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}"),
    ("PATCH", "/conversations/{id}/calls/{call_id}"),
    ("POST", "/conversations/{id}/calls/{call_id}/execute"),
    ("GET", "/conversations/{id}/reruns/{rerun_id}"),
    ("POST", "/conversations/{id}/reruns/{rerun_id}/accept"),
    ("POST", "/conversations/{id}/reruns/{rerun_id}/discard"),
    ("POST", "/conversations/{id}/regenerate"),
    ("GET", "/conversations/{id}/branches/{branch_id}"),
    ("POST", "/conversations/{id}/branches/{branch_id}/cancel"),
    ("POST", "/conversations/{id}/branches/{branch_id}/keep"),
    ("POST", "/conversations/{id}/branches/{branch_id}/discard"),
    ("POST", "/conversations/{id}/approve"),
    ("POST", "/conversations/{id}/reject"),
    ("POST", "/conversations/{id}/second-opinion"),
    ("POST", "/conversations/{id}/confirm-stale"),
    ("POST", "/conversations/{id}/claim"),
    ("POST", "/conversations/{id}/release"),
    ("GET", "/conversations/{id}/revisions"),
    ("GET", "/conversations/{id}/revisions/{version}"),
    ("POST", "/conversations/{id}/revisions/{version}/restore"),
    ("POST", "/conversations/{id}/replay"),
    ("GET", "/conversations/{id}/replay"),
    ("GET", "/conversations/{id}/reviews"),
    ("GET", "/conversations/{id}/threads"),
    ("POST", "/conversations/{id}/threads"),
    ("POST", "/conversations/{id}/threads/{thread_id}/comments"),
    ("POST", "/conversations/{id}/threads/{thread_id}/resolve"),
    ("POST", "/conversations/{id}/threads/{thread_id}/reopen"),
    ("PATCH", "/conversations/{id}/comments/{comment_id}"),
    ("DELETE", "/conversations/{id}/comments/{comment_id}"),
    ("GET", "/conversations/{id}/presence"),
    ("POST", "/conversations/{id}/tags"),
    ("GET", "/datasets/{id}/tags"),
    ("GET", "/mentions"),
    ("POST", "/mentions/{id}/read"),
    ("GET", "/bulk-actions"),
    ("POST", "/bulk-actions"),
    ("GET", "/bulk-actions/{id}"),
    ("DELETE", "/bulk-actions/{id}"),
    ("GET", "/bulk-actions/{id}/entries"),
    ("POST", "/bulk-actions/{id}/start"),
    ("POST", "/bulk-actions/{id}/stop"),
    ("POST", "/bulk-actions/{id}/undo"),
    ("POST", "/queue/next"),
    ("POST", "/queue/undo"),
    ("GET", "/exports/stream"),
}
HIDES_WITHHELD = sorted(route for route in EVERYBODY if "/conversations/{id}" in route[1])
BODIES: dict[str, Any] = {
    "approve": {"version": 1},
    "reject": {"version": 1, "reason": "no"},
    "regenerate": {"version": 1, "turn": 0, "endpoint": "demo"},
    "second-opinion": {"version": 1},
    "restore": {"version": 1},
    "confirm-stale": {"version": 1, "reason": "no", "everything": True},
    "{call_id}": {"version": 1, "verdict": "ok"},
    "threads": {"text": "Hm."},
    "comments": {"text": "Hm."},
    "{comment_id}": {"text": "Hm."},
    "tags": {"name": "odd"},
    "{id}": {"version": 1, "texts": [{"field": "system_prompt", "text": "Hi."}]},
}


def _routes() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def _path(template: str, *, conversation: str = ID, call_id: str = "call00001") -> str:
    filled = (
        template.replace("{id}", conversation)
        .replace("{call_id}", call_id)
        .replace("{rerun_id}", ID)
        .replace("{branch_id}", ID)
        .replace("{thread_id}", ID)
        .replace("{comment_id}", ID)
        .replace("{tag_id}", ID)
    )
    return filled.replace("{version}", "1").replace("{name}", "read_file").replace("{tool}", "read_file")


def test_every_route_has_its_place_here() -> None:
    assert _routes() == OPEN | LEADS | ADMINS | EVERYBODY


@pytest.mark.parametrize(("method", "template"), sorted(LEADS | ADMINS | EVERYBODY))
def test_a_stranger_is_unknown(stranger: Caller, method: str, template: str) -> None:
    response = stranger(method, _path(template))
    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "template"), sorted(LEADS | ADMINS))
def test_an_annotator_is_refused_before_anything_is_read(annotator: Caller, method: str, template: str) -> None:
    response = annotator(method, _path(template))
    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"
    assert response.json()["message"].startswith(("Only a lead may", "Only an admin may"))


@pytest.mark.parametrize(("method", "template"), sorted(ADMINS))
def test_a_lead_edits_no_registry(lead: Caller, method: str, template: str) -> None:
    assert lead(method, _path(template)).status_code == 403


@pytest.mark.parametrize(("method", "template"), sorted(LEADS | EVERYBODY))
def test_a_lead_is_let_in(lead: Caller, method: str, template: str) -> None:
    assert lead(method, _path(template)).status_code not in (401, 403, 500)


@pytest.mark.parametrize(("method", "template"), sorted(ADMINS | LEADS))
def test_an_admin_is_let_in(admin: Caller, method: str, template: str) -> None:
    assert admin(method, _path(template)).status_code not in (401, 403, 500)


@pytest.mark.parametrize(("method", "template"), HIDES_WITHHELD)
def test_a_withheld_conversation_is_not_there_for_annotators(
    annotator: Caller, add: AddConversation, method: str, template: str
) -> None:
    conversation = add(status=Conversation.Status.WITHHELD)
    body = BODIES.get(template.rsplit("/", 1)[-1]) if method != "GET" else None
    response = annotator(method, _path(template, conversation=conversation.pid), body)
    assert response.status_code == 404
    assert response.json()["message"] == "There is no conversation with this id."


def test_a_lead_sees_what_was_withheld(lead: Caller, add: AddConversation) -> None:
    conversation = add(status=Conversation.Status.WITHHELD)
    assert lead.get(f"/conversations/{conversation.pid}").json()["status"] == "withheld"


def test_a_token_of_somebody_who_left_opens_nothing(annotator: Caller) -> None:
    assert annotator.user is not None
    annotator.user.is_active = False
    annotator.user.save()
    assert annotator.get("/datasets").status_code == 401
