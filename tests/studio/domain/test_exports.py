"""What goes out: which conversations, in which order and file, with what history."""

import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.errors import InvalidInput
from generation.formats.native import NativePreset
from generation.formats.options import ExportOptions
from generation.formats.presets import PRESETS
from generation.formats.splits import Split
from studio.domain import comments, edits, reviews
from studio.domain.exports import exportables, selection, status_counts
from studio.domain.saving import Save
from studio.domain.tags import set_tag
from studio.models import Conversation, Dataset
from tests.standins.studio_rows import file_walk, make_conversation, make_dataset, make_scenario, make_user

pytestmark = pytest.mark.django_db


def fill(dataset: Dataset, *, scenarios: int, each: int) -> None:
    for _ in range(scenarios):
        scenario = make_scenario(dataset=dataset)
        for _ in range(each):
            make_conversation(dataset=dataset, scenario=scenario)


def test_approved_conversations_of_the_dataset_go_out_in_the_order_they_were_made() -> None:
    dataset = make_dataset()
    rows = [make_conversation(dataset=dataset) for _ in range(4)]
    by = make_user()
    for row in (rows[3], rows[1]):
        reviews.approve(row, version=1, by=by)
    reviews.approve(make_conversation(), version=1, by=by)
    assert [one.id for one in exportables(selection(dataset))] == [rows[1].pid, rows[3].pid]
    assert len(list(exportables(selection(dataset, status="any")))) == 4
    assert status_counts(selection(dataset, status="any")) == {"approved": 2, "needs_review": 2}


def test_what_people_say_in_threads_goes_out_in_no_format() -> None:
    dataset, anna, ben = make_dataset(), make_user(name="anna"), make_user(name="ben-of-the-team")
    row = make_conversation(dataset=dataset)
    comments.start_thread(row, text="Is this @ben-of-the-team's? Between us.", by=anna, call_id="call00001")
    comments.reply(comments.threads_for(row, ben).get(), text="Between us it is.", by=ben)
    for preset in PRESETS.values():
        (line,) = [
            preset.line(one, ExportOptions()) for one in exportables(selection(dataset, status="any"), whole=True)
        ]
        assert b"etween us" not in line
        assert b"ben-of-the-team" not in line


def test_an_unknown_status_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="approved"):
        selection(make_dataset(), status="fine")


def test_the_split_puts_every_conversation_of_a_scenario_into_the_same_file() -> None:
    dataset = make_dataset()
    fill(dataset, scenarios=30, each=3)
    rows = selection(dataset, status="any")
    parts = {part: [one.id for one in exportables(rows, part=part, share=0.3, seed=1)] for part in Split}
    assert sorted(parts[Split.TRAIN] + parts[Split.VALIDATION]) == sorted(rows.values_list("pid", flat=True))
    scenarios = {
        part: set(Conversation.objects.filter(pid__in=pids).values_list("scenario", flat=True))
        for part, pids in parts.items()
    }
    assert scenarios[Split.TRAIN].isdisjoint(scenarios[Split.VALIDATION])
    assert scenarios[Split.VALIDATION]
    again = [one.id for one in exportables(rows, part=Split.VALIDATION, share=0.3, seed=1)]
    assert again == parts[Split.VALIDATION]


def test_more_than_one_page_of_rows_goes_out_whole_and_once(django_assert_max_num_queries) -> None:
    dataset = make_dataset()
    fill(dataset, scenarios=1, each=120)
    with django_assert_max_num_queries(4):
        pids = [one.id for one in exportables(selection(dataset, status="any"))]
    assert pids == list(Conversation.objects.order_by("pk").values_list("pid", flat=True))


def test_conversations_added_or_changed_under_way_disturb_nothing() -> None:
    dataset = make_dataset()
    fill(dataset, scenarios=1, each=60)
    going = exportables(selection(dataset, status="any"))
    first = next(going)
    Conversation.objects.filter(pid=first.id).delete()
    late = make_conversation(dataset=dataset)
    rest = [one.id for one in going]
    assert len(rest) == len(set(rest)) == 60
    assert rest[-1] == late.pid


def peak_of_export(dataset: Dataset) -> int:
    tracemalloc.start()
    try:
        for _ in exportables(selection(dataset, status="any"), whole=True):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_what_is_exported() -> None:
    content = file_walk()
    content.turns[0].answer = "x" * 50_000
    dataset = make_dataset()
    scenario = make_scenario(dataset=dataset)
    peaks = []
    for _ in range(2):
        for _ in range(100):
            make_conversation(content=content, dataset=dataset, scenario=scenario)
        peaks.append(peak_of_export(dataset))
    assert peaks[1] < 1.2 * peaks[0]


def test_the_whole_history_goes_out_without_what_was_undone() -> None:
    by = make_user(name="Ada")
    row = make_conversation()
    reviews.set_verdict(row, call_id="call00001", verdict="ok", by=by, comment="good")
    row = edits.edit_text(row, save=Save(version=1, by=by, reason="shorter"), field="answer", turn=1, text="alpha.")
    reviews.reject(row, version=2, by=by, reason="no")
    reviews.undo(by)
    reviews.approve(row, version=2, by=by)
    (one,) = exportables(selection(row.dataset), whole=True)
    assert one.verdicts[0] == {"call_id": "call00001", "verdict": "ok", "comment": "good"}
    assert [(verdict["decision"], verdict["by"]) for verdict in one.verdicts[1:]] == [("approved", "Ada")]
    assert [(revision["version"], revision["by"], revision["reason"]) for revision in one.revisions] == [
        (2, "Ada", "shorter"),
        (1, None, ""),
    ]
    assert (one.version, one.status, one.scenario) == (2, "approved", row.scenario.document)
    assert one.conversation.turns[1].answer == "alpha."


def test_a_reviewer_who_left_is_nobody() -> None:
    by, row = make_user(), make_conversation()
    reviews.approve(row, version=1, by=by)
    by.delete()
    (one,) = exportables(selection(row.dataset), whole=True)
    assert one.verdicts[0]["by"] is None


def test_the_documents_of_old_revisions_are_not_read() -> None:
    row = make_conversation()
    with CaptureQueriesContext(connection) as queries:
        list(exportables(selection(row.dataset, status="any"), whole=True))
    (revisions,) = [query["sql"] for query in queries if "studio_revision" in query["sql"]]
    assert "document" not in revisions


def test_tags_go_out_in_the_native_format_and_are_read_back() -> None:
    row, by = make_conversation(), make_user(role="lead")
    for name in ("odd", "great"):
        set_tag(row, name=name, by=by)
    (one,) = exportables(selection(row.dataset, status="any"), whole=True)
    assert one.tags == ["odd", "great"]
    assert NativePreset().read_exportable(NativePreset().write(one, ExportOptions())).tags == ["odd", "great"]
    (plain,) = exportables(selection(row.dataset, status="any"))
    assert plain.tags == []
