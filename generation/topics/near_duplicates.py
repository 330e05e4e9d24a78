"""The finding ``near_duplicate``: a conversation that nearly repeats another one.

Unlike the linter's checks it needs more than the conversation itself, so whoever stores conversations gives the
fingerprints of the others: those that share a ``generation.similarity.band_keys`` entry with it are enough.
"""

from collections.abc import Iterable

from generation.checks.finding import Finding, Severity
from generation.similarity import THRESHOLD, Fingerprint, near_duplicates

CODE = "near_duplicate"


def near_duplicate_findings(
    one: Fingerprint, others: Iterable[tuple[str, Fingerprint]], *, threshold: float = THRESHOLD
) -> list[Finding]:
    """At most one warning, which names the most similar of the others by the name it is given with; pure and exact.

    ``others`` must not hold the conversation itself.
    """
    matches = near_duplicates(one, others, threshold=threshold)
    if not matches:
        return []
    more = f", and {len(matches) - 1} more" if len(matches) > 1 else ""
    message = f"{matches[0].similarity:.0%} of its words and calls also stand in {matches[0].key}{more}."
    return [Finding(code=CODE, severity=Severity.WARNING, message=message)]
