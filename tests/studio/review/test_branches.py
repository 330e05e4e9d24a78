"""Regenerating from the page: the form in its place, progress, the branch beside the original, one of them kept."""

import pytest

from generation.conversation import Note, from_json
from studio.branching import work_branch
from studio.domain.branches import claim_branch, fail_branch, finish_branch, save_branch_state
from studio.domain.edits import edit_text
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.saving import Save
from studio.models import Branch
from tests.standins.review_rows import store, two_reads
from tests.studio.review.conftest import Page


@pytest.fixture
def ask(page, monkeypatch):
    """Ask, as the form does, to go on from behind the first call; returns the branch."""
    monkeypatch.setattr("studio.tasks.dispatch_branches", lambda: 0)

    def ask(**values) -> Branch:
        posted = {"endpoint": ensure_demo_endpoint().pid, "version": page.fresh().version} | values
        page.post(f"{page.call(1)}regenerate/", posted)
        return Branch.objects.latest("pk")

    return ask


def show(page, branch: Branch) -> str:
    return page.get(f"branches/{branch.pid}/", htmx=True).content.decode()


def answer_in_place(page, tail: str):
    """What htmx gets for the place behind the first pair."""
    headers = {"HX-Request": "true", "HX-Target": "branch-pair-1"}
    return page.client.post(page.url + tail, headers=headers)


def test_the_form_opens_in_its_place_with_every_endpoint(page):
    demo = ensure_demo_endpoint()
    text = page.get(f"{page.call(1)}regenerate/", htmx=True).content.decode()
    assert 'id="branch-pair-1"' in text
    assert f'<option value="{demo.pid}"' in text
    assert "Regenerate from #1" in text
    turn = page.get("turns/0/regenerate/", htmx=True).content.decode()
    assert 'id="branch-turn-1"' in turn
    assert page.get("turns/9/regenerate/", htmx=True).status_code == 409


def test_it_asks_until_it_is_done_and_steps_appear_as_they_are_made(page, ask):
    branch = ask()
    text = show(page, branch)
    assert 'hx-trigger="load delay:700ms"' in text
    assert "Asked to go on" in text
    held = claim_branch(branch.pk)
    assert "replaying 1 call" in show(page, branch)
    made = page.fresh().content
    made.turns[0].answer = None
    save_branch_state(held, content=made, ledger=[])
    text = show(page, branch)
    assert "notes/b.txt" in text
    assert "notes/a.txt" not in text, "what was kept is no progress"
    assert "The agent goes on" in text


def test_a_running_branch_is_there_when_the_page_is_opened_again(page, ask):
    branch = ask(instruction="Read c as well.")
    text = page.get().content.decode()
    assert f"branches/{branch.pid}/cancel/" in text
    assert "Read c as well." in text
    assert page.get(f"{page.call(2)}regenerate/", htmx=True).status_code == 409


def test_both_stand_beside_each_other_and_what_differs_is_marked(page, ask):
    branch = ask()
    work_branch(branch.pk)
    text = show(page, branch)
    assert "hx-trigger" not in text
    assert "1 pair kept as it is" in text
    assert "branches/" in text
    assert 'data-key="y"' in text
    assert 'data-key="z"' in text
    assert '<ins class="branch-line">' in text
    assert '<del class="branch-line">' in text


def test_keeping_it_makes_a_version_and_shows_it(page, ask):
    branch = ask(instruction="Again, please.")
    work_branch(branch.pk)
    response = page.post(f"branches/{branch.pid}/keep/")
    row = page.fresh()
    branch.refresh_from_db()
    assert response["HX-Refresh"] == "true"
    assert (row.version, branch.status) == (2, Branch.Status.KEPT)
    assert row.content.turns == from_json(branch.state).turns
    revision = row.revisions.first()
    assert (revision.summary, revision.reason) == ("Regenerated from #1 read_file", "Again, please.")
    assert "branch-keep" not in page.get().content.decode()


def test_keeping_one_that_is_the_same_says_so(page, ask):
    held = claim_branch(ask().pk)
    content = page.fresh().content
    content.calls[1].id = "another01"
    finish_branch(held, content=content)
    assert "The agent did and said the same again." in show(page, held)
    assert page.post(f"branches/{held.pid}/keep/")["HX-Refresh"] == "true"
    assert (page.fresh().version, Branch.objects.get().status) == (1, Branch.Status.DISCARDED)
    text = page.get().content.decode()
    assert "The new one is the same: version 1 stands as it was." in text
    assert "branch-keep" not in text


def test_keeping_the_original_changes_nothing(page, ask):
    branch = ask()
    work_branch(branch.pk)
    text = answer_in_place(page, f"branches/{branch.pid}/discard/").content.decode()
    assert '<div class="branch" id="branch-pair-1"></div>' in text
    assert (page.fresh().version, Branch.objects.get().status) == (1, Branch.Status.DISCARDED)


def test_stopping_it_leaves_the_original(page, ask):
    branch = ask()
    answer_in_place(page, f"branches/{branch.pid}/cancel/")
    work_branch(branch.pk)
    assert Branch.objects.get().status == Branch.Status.CANCELLED
    assert "branch-cancel" not in page.get().content.decode()


def test_a_failure_says_why_and_can_be_tried_again(page, ask):
    branch = ask()
    fail_branch(claim_branch(branch.pk), error="The endpoint <b>is</b> down.", is_resumable=True)
    assert "The endpoint &lt;b&gt;is&lt;/b&gt; down." in page.get().content.decode()
    page.post(f"branches/{branch.pid}/again/")
    assert [row.status for row in Branch.objects.order_by("pk")] == ["discarded", "pending"]


def test_when_somebody_saved_meanwhile_it_says_what_to_do(page, ask, anna):
    branch = ask()
    work_branch(branch.pk)
    edit_text(page.fresh(), save=Save(version=1, by=anna), field="answer", text="Else.")
    text = show(page, branch)
    assert "branched off from version 1" in text
    assert "keep/" not in text
    assert page.post(f"branches/{branch.pid}/keep/").status_code == 409
    assert page.fresh().version == 2
    page.post(f"branches/{branch.pid}/again/")
    assert Branch.objects.latest("pk").version == 2


def test_an_instruction_that_is_too_long_is_refused_and_kept(page, ask):
    posted = {"endpoint": ensure_demo_endpoint().pid, "version": 1, "instruction": "x" * 4001}
    response = page.post(f"{page.call(1)}regenerate/", posted)
    assert response.status_code == 422
    assert "x" * 4001 in response.content.decode()
    assert not Branch.objects.exists()


def test_asked_on_an_old_version_it_is_refused(page, ask, anna):
    edit_text(page.fresh(), save=Save(version=1, by=anna), field="answer", text="Else.")
    posted = {"endpoint": ensure_demo_endpoint().pid, "version": 1}
    assert page.post(f"{page.call(1)}regenerate/", posted).status_code == 409


def worked(page, monkeypatch, *, call: int) -> Branch:
    monkeypatch.setattr("studio.tasks.dispatch_branches", lambda: 0)
    page.post(
        f"{page.call(call)}regenerate/", {"endpoint": ensure_demo_endpoint().pid, "version": page.fresh().version}
    )
    work_branch(Branch.objects.latest("pk").pk)
    return Branch.objects.latest("pk")


def test_a_sandbox_that_came_out_the_same_is_said_to(page, monkeypatch):
    text = show(page, worked(page, monkeypatch, call=1))
    assert "The rebuilt sandbox is as it was: the call before the new ones gave again what is recorded." in text
    Branch.objects.update(status=Branch.Status.DISCARDED)
    text = show(page, worked(page, monkeypatch, call=2))
    assert "as it was: each of the 2 calls before the new ones gave again" in text
    assert "differs from the recorded one" not in text


def test_a_call_that_is_executed_anew_proves_nothing(page, monkeypatch):
    page.save_arguments(2, '{"file_path": "notes/c.txt"}')
    text = show(page, worked(page, monkeypatch, call=2))
    assert "as it was: the call before the new ones gave again" in text
    Branch.objects.update(status=Branch.Status.DISCARDED)
    page.save_arguments(1, '{"file_path": "notes/c.txt"}', version=2)
    assert "as it was" not in show(page, worked(page, monkeypatch, call=2))


@pytest.mark.parametrize("note", ["the same", "something else"])
def test_a_sandbox_that_differs_is_said_to_whatever_was_noted_before(anna, monkeypatch, note):
    content = two_reads()
    content.calls[0].result = "omega\n"
    page = Page(store(content), anna)
    first = worked(page, monkeypatch, call=1)
    assert "The rebuilt sandbox differs from the recorded one" in show(page, first)
    [known] = from_json(first.state).notes
    if note == "something else":
        known = known.model_copy(update={"detail": "It said delta then."})
    page = Page(store(content.model_copy(update={"notes": [known]})), anna)
    text = show(page, worked(page, monkeypatch, call=1))
    assert text.count('<a href="#pair-1">#1 read_file</a> answered otherwise than recorded') == 1
    assert "as it was" not in text


def test_what_differed_once_and_no_longer_does_is_as_it_was(anna, monkeypatch):
    content = two_reads()
    known = Note(code="replay_differs", detail="It said delta then.", turn=0, step=0, call_id=content.calls[0].id)
    page = Page(store(content.model_copy(update={"notes": [known]})), anna)
    branch = worked(page, monkeypatch, call=1)
    assert "as it was: the call before the new ones" in show(page, branch)
    assert not from_json(branch.state).notes
