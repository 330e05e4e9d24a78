"""Running again from the page: asked, shown beside the recorded result, accepted or discarded. The sandbox is real."""

import pytest

from studio.domain.reruns import claim_rerun, fail_rerun, finish_rerun
from studio.models import Rerun
from studio.rerunning import work_rerun


@pytest.fixture
def ask(page, monkeypatch):
    """Change the first call and ask for it to be run again; returns the rerun."""
    monkeypatch.setattr("studio.tasks.send_rerun", lambda _: None)

    def ask() -> Rerun:
        page.save_arguments(1, '{"file_path": "notes/c.txt"}')
        page.post(f"{page.call(1)}rerun/")
        return Rerun.objects.get()

    return ask


def show(page, rerun):
    return page.get(f"reruns/{rerun.pid}/", htmx=True).content.decode()


def test_the_card_asks_until_it_is_done(page, ask):
    rerun = ask()
    assert 'hx-trigger="load delay:600ms"' in show(page, rerun)
    work_rerun(rerun.pk)
    text = show(page, rerun)
    assert "hx-trigger" not in text
    assert "<ins>gamma</ins>" in text
    assert "<del>alpha</del>" in text
    assert "identical" in text


def test_who_asks_claims_it_and_the_rail_is_told_once(page, monkeypatch):
    monkeypatch.setattr("studio.tasks.send_rerun", lambda _: None)
    assert page.post(f"{page.call(1)}rerun/")["HX-Trigger"] == "claim:saved"
    assert "by you" in page.post("claim/renew/", {"version": 1, "whole": "1"}).content.decode()
    assert "HX-Trigger" not in page.post(f"{page.call(2)}rerun/")


def test_accepting_takes_every_new_result_and_frees_what_is_unchanged(page, ask):
    rerun = ask()
    work_rerun(rerun.pk)
    response = page.post(f"reruns/{rerun.pid}/accept/")
    row = page.fresh()
    assert response.status_code == 200
    assert row.content.calls[0].result == "gamma\n"
    assert not row.pairs.exclude(stale="").exists()
    assert list(row.stale_answers) == ["0"]
    assert 'data-do="accept"' not in response.content.decode()


def test_discarding_changes_nothing(page, ask):
    rerun = ask()
    work_rerun(rerun.pk)
    page.post(f"reruns/{rerun.pid}/discard/")
    assert page.fresh().content.calls[0].result == "alpha\n"
    assert "gamma" not in page.get().content.decode().replace("a.txt", "")


def test_an_identical_result_that_was_dismissed_does_not_come_back(page, monkeypatch):
    monkeypatch.setattr("studio.tasks.send_rerun", lambda _: None)
    page.post(f"{page.call(2)}rerun/")
    fail_rerun(claim_rerun(Rerun.objects.get().pk), error="The tool service is down.")
    page.post(f"{page.call(2)}rerun/")
    rerun = Rerun.objects.first()
    work_rerun(rerun.pk)
    assert "identical" in show(page, rerun)
    assert "is-open" not in page.post(f"reruns/{rerun.pid}/discard/").content.decode()
    assert 'class="rerun is-open"' not in page.get().content.decode()
    again = page.post(f"{page.call(2)}rerun/").content.decode()
    assert "Asked to run again" in again
    assert "identical" not in again


def test_a_failure_says_why_and_can_be_tried_again(page, ask):
    fail_rerun(claim_rerun(ask().pk), error="The tool service is down.")
    text = page.get().content.decode()
    assert "The tool service is down." in text
    assert "Try again" in text


def test_a_sandbox_that_came_out_differently_is_named(page, ask):
    ids = [call.id for call in page.fresh().content.calls]
    page.post(f"{page.call(2)}rerun/")
    rerun = Rerun.objects.get()
    result = {"text": "other", "outcome": "ok", "error_type": None, "duration_ms": 1.0, "is_identical": False}
    finish_rerun(claim_rerun(rerun.pk), results=[{**result, "call_id": ids[1]}], drift=[{**result, "call_id": ids[0]}])
    text = show(page, rerun)
    assert "The rebuilt sandbox differs from the recorded one" in text
    assert "is as it was" not in text
    assert 'href="#pair-1"' in text


def test_a_sandbox_that_came_out_the_same_is_said_to(page, monkeypatch):
    monkeypatch.setattr("studio.tasks.send_rerun", lambda _: None)
    page.post(f"{page.call(2)}rerun/")
    rerun = Rerun.objects.get()
    work_rerun(rerun.pk)
    text = show(page, rerun)
    assert "The rebuilt sandbox is as it was: the call before this one gave again what is recorded." in text
    assert "differs from the recorded one" not in text


def test_results_for_an_older_version_can_not_be_accepted(page, ask):
    rerun = ask()
    work_rerun(rerun.pk)
    page.post("texts/user-0/edit/", {"text": "Otherwise", "version": 2})
    assert "run the call again" in show(page, rerun)
    assert page.post(f"reruns/{rerun.pid}/accept/").status_code == 409


def test_saving_can_ask_at_once(page, monkeypatch):
    sent = []
    monkeypatch.setattr("studio.tasks.send_rerun", sent.append)
    posted = {"kind": "raw", "text": '{"file_path": "notes/c.txt"}', "version": 1, "rerun": "1"}
    response = page.post(f"{page.call(1)}edit/", posted)
    assert sent == [Rerun.objects.get().pk]
    assert "Asked to run again" in response.content.decode()


def test_another_conversations_rerun_is_not_found(page, ask):
    from_elsewhere = ask()
    assert page.client.get(f"/conversations/nonexistent1/reruns/{from_elsewhere.pid}/").status_code == 404
