"""``replay`` and ``check --conversations`` over stored conversations; plain ``check`` stays Django's."""

import io

import pytest
from django.core.management import CommandError, call_command

from studio.models import Conversation
from tests.standins.spin_server import SpinServer
from tests.standins.studio_rows import file_walk, make_conversation, make_dataset

pytestmark = pytest.mark.django_db(transaction=True)


def run(name: str, *arguments: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def wrong() -> Conversation:
    content = file_walk()
    content.calls[0].result = "something else"
    return make_conversation(content=content, dataset=make_dataset(slug="notes"))


def test_a_dataset_that_comes_back_the_same_ends_with_0() -> None:
    make_conversation(dataset=make_dataset(slug="notes"))
    said, status = run("replay", "--dataset", "notes", "--concurrency", "1")
    assert "1 conversations replayed, 0 not; 3 pairs identical, 0 differ, 0 fail now" in said
    assert status == 0


def test_a_difference_is_counted_and_ends_with_1() -> None:
    row = wrong()
    make_conversation(dataset=row.dataset)
    said, status = run("replay", "--dataset", "notes", "--concurrency", "1")
    assert "2 conversations replayed, 0 not; 5 pairs identical, 1 differ, 0 fail now" in said
    assert status == 1
    row.refresh_from_db()
    assert row.replay_differs == 1


def test_only_the_status_asked_for_is_replayed() -> None:
    row = wrong()
    said, status = run("replay", "--dataset", "notes", "--status", "approved")
    assert (status, "0 conversations replayed" in said) == (0, True)
    row.refresh_from_db()
    assert row.replayed_at is None


def test_what_can_not_be_replayed_says_why_and_ends_with_1() -> None:
    row = make_conversation(dataset=make_dataset(slug="notes"))
    row.scenario.document = {"prompt": "A world that can't be read.", "seed_files": 7}
    row.scenario.save()
    said, status = run("replay", "--dataset", "notes", "--concurrency", "1")
    assert "Not replayed:" in said
    assert "0 conversations replayed, 1 not" in said
    assert status == 1


def test_a_real_tool_service_is_used_and_left_clean(settings: object) -> None:
    with SpinServer() as server:
        settings.SPIN_ENDPOINT = server.url  # type: ignore[attr-defined]  # pytest-django's settings
        make_conversation(dataset=make_dataset(slug="notes"))
        said, status = run("replay", "--dataset", "notes", "--concurrency", "1")
        assert (status, "3 pairs identical" in said) == (0, True)
        assert server.requests
        assert not any(server.sessions.values())


def test_an_unknown_dataset_is_named() -> None:
    with pytest.raises(CommandError, match="There is no dataset 'nope'"):
        call_command("replay", "--dataset", "nope")


def test_checking_writes_down_what_is_found_now_and_a_second_time_nothing() -> None:
    row = make_conversation(dataset=make_dataset(slug="notes"))
    found = row.findings
    Conversation.objects.update(findings=[], warning_count=9, blocking_count=9)
    said, _ = run("check", "--conversations", "--dataset", "notes")
    row.refresh_from_db()
    assert (row.findings, row.blocking_count, row.version) == (found, 0, 1)
    assert (
        "1 conversations checked, 0 with other" in said
        if not found
        else "1 conversations checked, 1 with other" in said
    )
    assert "0 with other findings" in run("check", "--conversations")[0]


def test_plain_check_is_djangos_and_a_dataset_alone_is_refused() -> None:
    assert "no issues" in run("check")[0]
    with pytest.raises(CommandError, match="goes with --conversations"):
        call_command("check", "--dataset", "notes")
    with pytest.raises(CommandError, match="There is no dataset"):
        call_command("check", "--conversations", "--dataset", "nope")
