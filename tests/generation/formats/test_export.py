"""The stream of an export, and who goes to which file."""

import itertools
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from generation.conversation import Conversation, Turn
from generation.formats.export import MAX_REFUSALS, ExportReport, export_lines
from generation.formats.exportable import Exportable
from generation.formats.openai import OpenAIPreset
from generation.formats.options import ExportOptions
from generation.formats.preset import RoundTripFailed
from generation.formats.presets import PRESETS
from generation.formats.splits import Split, split_of
from tests.standins.conversations import MULTI_TURN, SINGLE_TURN, conversation


def stream(exportables: Iterator[Exportable], report: ExportReport) -> Iterator[bytes]:
    return export_lines(exportables, preset=PRESETS["openai"], options=ExportOptions(), report=report)


def test_what_cant_be_written_is_left_out_and_reported() -> None:
    report = ExportReport()
    unfinished = conversation(Turn(user="u"))
    given = [SINGLE_TURN, unfinished, MULTI_TURN]
    lines = list(stream(iter([Exportable(conversation=one, id=f"c{n}") for n, one in enumerate(given)]), report))
    assert (report.seen, report.written, report.refused, len(lines)) == (3, 2, 1, 2)
    assert (report.turns, report.calls, report.size) == (3, 4, sum(map(len, lines)))
    assert report.refusals == [(2, "c1", "turn 1 has no answer")]


def test_the_same_conversations_give_the_same_bytes() -> None:
    given = [Exportable(conversation=one, id="c") for one in (SINGLE_TURN, MULTI_TURN)]
    assert list(stream(iter(given), ExportReport())) == list(stream(iter(given), ExportReport()))


def test_conversations_are_taken_one_at_a_time() -> None:
    taken = []

    def give() -> Iterator[Exportable]:
        for number in itertools.count():
            taken.append(number)
            yield Exportable(conversation=SINGLE_TURN)

    lines = stream(give(), ExportReport())
    next(lines), next(lines)
    assert taken == [0, 1]


def test_memory_stays_flat_however_many_are_refused_or_written() -> None:
    report = ExportReport()
    unfinished = Exportable(conversation=conversation(Turn(user="u")), id="x")
    finished = Exportable(conversation=SINGLE_TURN, id="y")

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in stream(itertools.islice(itertools.cycle([unfinished, finished]), count), report):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(2 * MAX_REFUSALS)  # fills the list of refusals
    assert peak(3000) < 2 * peak(300)
    assert len(report.refusals) == MAX_REFUSALS
    assert report.refused == MAX_REFUSALS + 1650


def test_a_preset_that_loses_something_fails_the_whole_export() -> None:
    class Forgetful(OpenAIPreset):
        def _record(self, prepared: Conversation, options: ExportOptions) -> dict[str, Any]:
            record = super()._record(prepared, options)
            record["messages"][3]["content"] = ""
            return record

    given = [Exportable(conversation=SINGLE_TURN, id="c7")]
    with pytest.raises(RoundTripFailed, match=r"Conversation c7: .*calls\[0\]\.result"):
        list(export_lines(given, preset=Forgetful(), options=ExportOptions(), report=ExportReport()))


def test_a_scenario_stands_in_one_file_only_whatever_else_there_is() -> None:
    keys = [f"scenario {number}" for number in range(2000)]
    first = {key: split_of(key, share=0.1, seed=4) for key in keys}
    assert first == {key: split_of(key, share=0.1, seed=4) for key in reversed(keys)}
    assert 150 < sum(split is Split.VALIDATION for split in first.values()) < 250
    assert first != {key: split_of(key, share=0.1, seed=5) for key in keys}


def test_a_larger_share_only_adds_scenarios() -> None:
    keys = [f"scenario {number}" for number in range(500)]
    small = {key for key in keys if split_of(key, share=0.1) is Split.VALIDATION}
    large = {key for key in keys if split_of(key, share=0.3) is Split.VALIDATION}
    assert small < large


def test_shares_at_the_ends_and_beyond() -> None:
    assert {split_of(str(n), share=0) for n in range(99)} == {Split.TRAIN}
    assert {split_of(str(n), share=1) for n in range(99)} == {Split.VALIDATION}
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_of("a", share=10)
