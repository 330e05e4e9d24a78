"""Regenerating over the API: asked for, looked at, stopped, kept or discarded. The sandbox is real, the model the demo."""

from typing import Any

import pytest

from studio.branching import work_branch
from studio.domain.endpoints import ensure_demo_endpoint
from studio.models import Branch
from tests.studio.api.callers import Caller
from tests.studio.api.conftest import AddConversation


@pytest.fixture
def path(add: AddConversation) -> str:
    ensure_demo_endpoint()
    return f"/conversations/{add().pid}"


def ask(caller: Caller, path: str, **members: Any) -> Any:
    return caller.post(f"{path}/regenerate", {"version": 1, "call_id": "call00001", "endpoint": "demo"} | members)


def test_a_branch_is_asked_for_worked_and_kept(annotator: Caller, path: str) -> None:
    asked = ask(annotator, path, instruction="Be brief.")
    assert asked.status_code == 202
    assert (asked.json()["status"], asked.json()["instruction"]) == ("pending", "Be brief.")
    work_branch(Branch.objects.get().pk)
    branch = f"{path}/branches/{asked.json()['id']}"
    done = annotator.get(branch).json()
    assert done["status"] == "done", done["error"]
    kept = annotator.post(f"{branch}/keep").json()
    assert (kept["version"], kept["document"]["turns"]) == (2, done["document"]["turns"])
    assert annotator.post(f"{branch}/keep").status_code == 409


def test_a_branch_can_be_stopped_and_discarded(annotator: Caller, path: str) -> None:
    branch = f"{path}/branches/{ask(annotator, path).json()['id']}"
    assert ask(annotator, path).status_code == 409, "one at a time"
    assert annotator.post(f"{branch}/discard").status_code == 409, "it is still under way"
    assert annotator.post(f"{branch}/cancel").json()["status"] == "cancelled"
    again = ask(annotator, path, call_id=None, turn=0).json()
    work_branch(Branch.objects.latest("pk").pk)
    assert annotator.post(f"{path}/branches/{again['id']}/discard").json()["status"] == "discarded"
    assert annotator.get(path).json()["version"] == 1


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"call_id": None}, 422),
        ({"turn": 0}, 422),
        ({"call_id": None, "turn": -1}, 422),
        ({"call_id": None, "turn": 9}, 409),
        ({"call_id": "nothing"}, 404),
        ({"endpoint": "nobody"}, 422),
        ({"instruction": "x" * 4001}, 422),
        ({"version": 2}, 409),
    ],
)
def test_what_makes_no_sense_is_refused(annotator: Caller, path: str, members: dict[str, Any], status: int) -> None:
    assert ask(annotator, path, **members).status_code == status
    assert not Branch.objects.exists()
