"""Near-duplicates among texts: MinHash with banding finds candidates, the sets of shingles themselves confirm them.

A **shingle** is three neighbouring words; a **fingerprint** the set of a text's shingles and its MinHash signature. The
same text gives the same fingerprint in every process. Refuses to decide what becomes of a duplicate: it is reported.

Pure Python on purpose: one SHAKE digest gives a shingle all its hashes at once and ``map(min, …)`` folds them, so that
10,000 scenarios take about three seconds of one core without a numeric library.
"""

import functools
import hashlib
import re
import struct
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from generation.conversation import Conversation, canonical_json
from generation.plan import Scenario

Key = TypeVar("Key", bound=Hashable)

THRESHOLD = 0.7
"""The share of common shingles (Jaccard) from which two texts count as near-duplicates."""
SHINGLE = 3
HASHES = 96
RECALL = 0.995
"""How surely a pair exactly at the threshold becomes a candidate; pairs above it do so more surely."""

_UNPACK = struct.Struct(f">{HASHES}I").unpack
# Writings without spaces between words are taken character by character.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")


@dataclass(frozen=True)
class Fingerprint:
    """A text as near-duplicates are looked for. ``shingles`` are 64-bit hashes; a text without words has none and
    resembles nothing."""

    shingles: frozenset[int]
    signature: tuple[int, ...] = field(repr=False)


class Match(NamedTuple, Generic[Key]):
    """Another text and the share of common shingles (0 to 1)."""

    key: Key
    similarity: float


class Link(NamedTuple, Generic[Key]):
    """Two near-duplicates, the one that came first before the other."""

    first: Key
    second: Key
    similarity: float


class Cluster(NamedTuple, Generic[Key]):
    """Texts that hang together, in the order they were given, and the links that hold them: one less than texts.

    Two of them can resemble each other only by way of a third.
    """

    keys: tuple[Key, ...]
    links: tuple[Link[Key], ...]


def words(text: str) -> list[str]:
    """The words of a text as they are compared: compatible forms united, case and punctuation left out."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def fingerprint(*pieces: str) -> Fingerprint:
    """The fingerprint of a text given in pieces; no shingle reaches over the border between two."""
    found: set[int] = set()
    for piece in pieces:
        parts = words(piece)
        for start in range(max(1, len(parts) - SHINGLE + 1) if parts else 0):
            found.add(_hash(" ".join(parts[start : start + SHINGLE])))
    return fingerprint_of_shingles(found)


def fingerprint_of_shingles(shingles: Iterable[int]) -> Fingerprint:
    """The fingerprint whose shingles were kept somewhere."""
    kept = frozenset(shingles)
    rows = [_UNPACK(hashlib.shake_128(shingle.to_bytes(8)).digest(4 * HASHES)) for shingle in kept]
    return Fingerprint(kept, tuple(map(min, *rows)) if len(rows) > 1 else (rows[0] if rows else ()))


def scenario_fingerprint(scenario: Scenario) -> Fingerprint:
    """What a scenario asks for. Its topic's ancestors, which a path's prompt repeats, don't count."""
    parents = scenario.topic.rpartition(" > ")[0]
    return fingerprint(scenario.prompt.removesuffix(f" (within {parents})"))


def conversation_fingerprint(conversation: Conversation) -> Fingerprint:
    """What the user said and which calls were made of it; results and answers follow from these."""
    said = (turn.user for turn in conversation.turns)
    return fingerprint(*said, *(f"{call.tool} {canonical_json(call.arguments)}" for call in conversation.calls))


def jaccard(one: Fingerprint, other: Fingerprint) -> float:
    """The share of common shingles, exactly: 0 (none) to 1 (the same set)."""
    common = len(one.shingles & other.shingles)
    return common / (len(one.shingles) + len(other.shingles) - common) if common else 0.0


def band_keys(one: Fingerprint, *, threshold: float = THRESHOLD) -> list[str]:
    """Texts for an index in a database: two fingerprints are candidates when they share one of them.

    Keys of different thresholds can't be compared.
    """
    packed = (struct.pack(f">{len(band)}I", *band) for band in _bands(one, threshold))
    return [f"{number}:{hashlib.blake2b(band, digest_size=8).hexdigest()}" for number, band in enumerate(packed)]


class SimilarityIndex(Generic[Key]):
    """Fingerprints that can be asked for their near-duplicates, one by one as they come. Not thread-safe."""

    def __init__(self, *, threshold: float = THRESHOLD) -> None:
        _rows(threshold)
        self.threshold = threshold
        self._known: dict[Key, Fingerprint] = {}
        self._buckets: dict[tuple[int, tuple[int, ...]], list[Key]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: Key, one: Fingerprint) -> None:
        self._known[key] = one
        for bucket in enumerate(_bands(one, self.threshold)):
            self._buckets[bucket].append(key)

    def matches(self, one: Fingerprint) -> list[Match[Key]]:
        """The near-duplicates among what was added, the most similar first, of equals the one added first."""
        found = [Match(key, jaccard(one, self._known[key])) for key in self.candidates(one)]
        return sorted((match for match in found if match.similarity >= self.threshold), key=lambda match: -match[1])

    def candidates(self, one: Fingerprint) -> list[Key]:
        """What has to be compared, each once."""
        buckets = (self._buckets.get(bucket, ()) for bucket in enumerate(_bands(one, self.threshold)))
        return list(dict.fromkeys(key for bucket in buckets for key in bucket))

    def similarity(self, one: Fingerprint, key: Key) -> float:
        return jaccard(one, self._known[key])


def near_duplicates(
    one: Fingerprint, others: Iterable[tuple[Key, Fingerprint]], *, threshold: float = THRESHOLD
) -> list[Match[Key]]:
    """Which of the others resemble this one, the most similar first. Exact: compares with each."""
    found = [Match(key, jaccard(one, other)) for key, other in others]
    return sorted((match for match in found if match.similarity >= threshold), key=lambda match: -match.similarity)


def clusters(fingerprints: Iterable[tuple[Key, Fingerprint]], *, threshold: float = THRESHOLD) -> list[Cluster[Key]]:
    """The groups of near-duplicates, in the order of their first member; what resembles nothing is in none."""
    index: SimilarityIndex[Key] = SimilarityIndex(threshold=threshold)
    same: dict[frozenset[int], Key] = {}
    group: dict[Key, list[Key]] = {}
    links: dict[Key, list[Link[Key]]] = {}
    for key, one in fingerprints:
        group[key], links[key] = [key], []
        if one.shingles in same:  # a thousand copies of a text are compared with one of them
            _unite(group, links, Link(same[one.shingles], key, 1.0))
            continue
        for other in index.candidates(one):
            if group[other] is not group[key] and (similarity := index.similarity(one, other)) >= threshold:
                _unite(group, links, Link(other, key, similarity))
        if one.shingles:
            same[one.shingles] = key
            index.add(key, one)
    order = {key: position for position, key in enumerate(group)}
    found = {id(members): members for members in group.values() if len(members) > 1}
    return [_cluster(members, links, order) for members in found.values()]


def _unite(group: dict[Key, list[Key]], links: dict[Key, list[Link[Key]]], link: Link[Key]) -> None:
    links[link.second].append(link)
    kept, taken = sorted((group[link.first], group[link.second]), key=len, reverse=True)
    kept.extend(taken)
    for key in taken:
        group[key] = kept


def _cluster(members: list[Key], links: dict[Key, list[Link[Key]]], order: dict[Key, int]) -> Cluster[Key]:
    keys = sorted(members, key=order.__getitem__)
    return Cluster(tuple(keys), tuple(link for key in keys for link in links[key]))


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _bands(one: Fingerprint, threshold: float) -> Iterator[tuple[int, ...]]:
    """The signature cut into bands."""
    rows, signature = _rows(threshold), one.signature
    for start in range(0, len(signature) - rows + 1, rows):
        yield signature[start : start + rows]


@functools.lru_cache(maxsize=64)
def _rows(threshold: float) -> int:
    """The longest bands with which a pair at the threshold still becomes a candidate. Raises ValueError."""
    if not 0 < threshold <= 1:
        raise ValueError(f"a threshold is above 0 and at most 1, not {threshold:g}")
    for rows in range(HASHES, 1, -1):
        if 1 - (1 - threshold**rows) ** (HASHES // rows) >= RECALL:
            return rows
    return 1
