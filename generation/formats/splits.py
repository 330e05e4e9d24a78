"""Split: which of two files a conversation goes to, decided by its scenario."""

import hashlib
from enum import StrEnum


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"


def split_of(scenario_key: str, *, share: float, seed: int = 0) -> Split:
    """The file of every conversation of this scenario; ``share`` (0 to 1) of the scenarios are for validation.

    Depends on nothing else, so no scenario stands in both files, and a set that grows moves nothing that was
    there. In a small set the share is met only roughly.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}: a share lies between 0 and 1")
    text = f"split:{seed}:{scenario_key}".encode("utf-8", "surrogatepass")
    place = int.from_bytes(hashlib.sha256(text).digest()[:8]) / 2**64
    return Split.VALIDATION if place < share else Split.TRAIN
