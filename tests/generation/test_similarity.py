"""Near-duplicates: found surely, confirmed exactly, the same in every process."""

import itertools
import os
import random
import subprocess
import sys
import time

import pytest

from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.plan import Scenario
from generation.similarity import (
    Fingerprint,
    SimilarityIndex,
    band_keys,
    clusters,
    conversation_fingerprint,
    fingerprint,
    fingerprint_of_shingles,
    jaccard,
    near_duplicates,
    scenario_fingerprint,
    words,
)

TEXT = "Mara runs a café and wants the total of last week's takings written to a short report"


def _random_text(rng: random.Random, length: int) -> str:
    return " ".join(f"w{rng.randrange(3000)}" for _ in range(length))


def _changed(rng: random.Random, text: str, times: int) -> str:
    parts = text.split()
    for _ in range(times):
        parts[rng.randrange(len(parts))] = f"changed{rng.randrange(10**6)}"
    return " ".join(parts)


def test_similarity_is_the_share_of_common_shingles() -> None:
    one, other = fingerprint("a b c d e"), fingerprint("a b c d x")
    assert jaccard(one, other) == pytest.approx(2 / 4)
    assert jaccard(one, one) == 1.0
    assert jaccard(one, fingerprint("p q r s t")) == 0.0


@pytest.mark.parametrize("other", [TEXT.upper(), TEXT.replace(" ", " \n"), TEXT.replace("é", "e\u0301"), f"«{TEXT}!»"])
def test_case_space_punctuation_and_unicode_forms_do_not_matter(other: str) -> None:
    assert fingerprint(other) == fingerprint(TEXT)


def test_writings_without_spaces_are_compared_by_character() -> None:
    assert words("明日の会議") == list("明日の会議")
    same = jaccard(fingerprint("明日の会議の部屋を予約してください"), fingerprint("明日の会議の部屋を変更してください"))
    assert 0.5 < same < 1.0


@pytest.mark.parametrize("text", ["", "   ", "?!", "🙂"])
def test_a_text_without_words_resembles_nothing(text: str) -> None:
    empty = fingerprint(text)
    assert jaccard(empty, empty) == 0.0
    assert clusters([(1, empty), (2, empty)]) == []
    index: SimilarityIndex[int] = SimilarityIndex()
    index.add(1, empty)
    assert index.matches(empty) == []


def test_any_text_has_a_fingerprint() -> None:
    assert fingerprint("\ud800 \x00 ok").shingles
    assert jaccard(fingerprint("one"), fingerprint("ONE")) == 1.0


def test_pieces_are_not_read_across() -> None:
    assert fingerprint("a b c", "d e f") != fingerprint("a b c d e f")
    assert fingerprint("a b c", "d e f") == fingerprint("d e f", "a b c")


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_no_pair_above_the_threshold_is_missed_and_none_below_is_reported(threshold: float) -> None:
    rng = random.Random(7)
    texts = []
    for _ in range(40):
        text = _random_text(rng, 40)
        texts += [text, *(_changed(rng, text, times) for times in (0, 1, 2, 4, 6))]
    prints = [(key, fingerprint(text)) for key, text in enumerate(texts)]
    found = clusters(prints, threshold=threshold)
    together = {frozenset(pair) for cluster in found for pair in itertools.combinations(cluster.keys, 2)}
    above = {
        frozenset((a, b))
        for (a, one), (b, other) in itertools.combinations(prints, 2)
        if jaccard(one, other) >= threshold
    }
    missed = above - together
    assert len(missed) <= 0.01 * len(above)
    assert all(link.similarity >= threshold for cluster in found for link in cluster.links)
    assert all(
        link.similarity == jaccard(prints[link.first][1], prints[link.second][1])
        for cluster in found
        for link in cluster.links
    )


def test_clusters_are_in_order_and_held_by_one_link_less_than_members() -> None:
    rng = random.Random(1)
    one, other = _random_text(rng, 40), _random_text(rng, 40)
    texts = {
        "a": one,
        "b": other,
        "c": _changed(rng, one, 1),
        "d": "alone " + _random_text(rng, 30),
        "e": other,
        "f": one,
    }
    found = clusters((key, fingerprint(text)) for key, text in texts.items())
    assert [cluster.keys for cluster in found] == [("a", "c", "f"), ("b", "e")]
    assert [len(cluster.links) for cluster in found] == [2, 1]
    assert found[1].links[0] == ("b", "e", 1.0)


def test_a_chain_hangs_together_though_its_ends_differ() -> None:
    parts = [f"w{number}" for number in range(40)]
    chain = [" ".join(parts[start : start + 30]) for start in (0, 3, 6, 9)]
    prints = [(key, fingerprint(text)) for key, text in enumerate(chain)]
    assert jaccard(prints[0][1], prints[3][1]) < 0.7
    # Given out of order, two groups are joined by what comes last.
    found = clusters([prints[0], prints[1], prints[3], prints[2]])
    assert [cluster.keys for cluster in found] == [(0, 1, 3, 2)]
    assert len(found[0].links) == 3


def test_an_index_answers_the_most_similar_first() -> None:
    rng = random.Random(3)
    text = _random_text(rng, 60)
    index: SimilarityIndex[str] = SimilarityIndex()
    index.add("near", fingerprint(_changed(rng, text, 2)))
    index.add("same", fingerprint(text))
    index.add("far", fingerprint(_random_text(rng, 60)))
    assert [match.key for match in index.matches(fingerprint(text))] == ["same", "near"]
    assert index.matches(fingerprint(text))[0].similarity == 1.0
    exact = near_duplicates(
        fingerprint(text), [("far", fingerprint("x y z")), ("same", fingerprint(text))], threshold=0.5
    )
    assert exact == [("same", 1.0)]


def test_candidates_below_the_threshold_are_no_matches() -> None:
    rng = random.Random(8)
    index: SimilarityIndex[int] = SimilarityIndex()
    text = _random_text(rng, 60)
    for key in range(50):
        index.add(key, fingerprint(_changed(rng, text, 5)))
    one = fingerprint(text)
    candidates, matches = index.candidates(one), index.matches(one)
    assert any(index.similarity(one, key) < 0.7 for key in candidates), "some have to be turned away"
    assert {match.key for match in matches} == {key for key in candidates if index.similarity(one, key) >= 0.7}


def test_band_keys_serve_a_database_as_the_index_serves_memory() -> None:
    rng = random.Random(4)
    text = _random_text(rng, 60)
    near, far = fingerprint(_changed(rng, text, 2)), fingerprint(_random_text(rng, 60))
    keys = set(band_keys(fingerprint(text)))
    assert keys & set(band_keys(near))
    assert not keys & set(band_keys(far))


def test_a_fingerprint_comes_back_from_its_shingles() -> None:
    one = fingerprint(TEXT)
    assert fingerprint_of_shingles(sorted(one.shingles)) == one


def test_fingerprints_are_the_same_in_every_process() -> None:
    script = (
        "from generation.similarity import *; import sys; one = fingerprint(sys.argv[1]); "
        "print(sorted(one.shingles), one.signature, band_keys(one))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, TEXT],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "random")
    }
    assert len(outputs) == 1
    one = fingerprint(TEXT)
    assert outputs == {f"{sorted(one.shingles)} {one.signature} {band_keys(one)}\n"}


def test_the_signature_estimates_the_similarity() -> None:
    rng = random.Random(5)
    text = _random_text(rng, 400)
    one, other = fingerprint(text), fingerprint(_changed(rng, text, 40))
    equal = sum(a == b for a, b in zip(one.signature, other.signature, strict=True)) / len(one.signature)
    assert abs(equal - jaccard(one, other)) < 0.15


@pytest.mark.parametrize("threshold", [0, -1, 1.1])
def test_an_impossible_threshold_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        clusters([], threshold=threshold)


def test_ten_thousand_scenarios_take_seconds() -> None:
    rng = random.Random(6)
    texts = [_random_text(rng, 40) for _ in range(9_000)]
    texts += [texts[0]] * 500 + [_changed(rng, text, 1) for text in texts[:500]]
    started = time.process_time()
    found = clusters((key, fingerprint(text)) for key, text in enumerate(texts))
    assert time.process_time() - started < 10
    assert len(found) == 500
    assert len(found[0].keys) == 502


# --- what is compared of scenarios and conversations


def test_topics_of_one_branch_are_no_duplicates_for_their_common_way() -> None:
    way = "Travel > Europe by train > Night trains > Bookings"
    one, other = (
        Scenario(topic=f"{way} > {leaf}", prompt=f"{leaf} (within {way})")
        for leaf in ("Changing a berth", "Refunds of strikes")
    )
    assert jaccard(scenario_fingerprint(one), scenario_fingerprint(other)) == 0.0


def _conversation(user: str, path: str, *, result: str = "text", answer: str = "Done.") -> Conversation:
    call = Call(id="abcdefghi", tool="read_file", arguments={"file_path": path}, result=result, outcome=Outcome.OK)
    return Conversation(turns=[Turn(user=user, steps=[Step(calls=[call])], answer=answer)])


def test_conversations_are_compared_by_request_and_calls_not_by_what_came_back() -> None:
    one = conversation_fingerprint(_conversation(TEXT, "reports/week-41.md"))
    assert one == conversation_fingerprint(
        _conversation(TEXT, "reports/week-41.md", result="something else", answer="Another answer.")
    )
    assert one != conversation_fingerprint(_conversation(TEXT, "letters/mother.md"))
    assert isinstance(one, Fingerprint)
