"""Near-duplicates within a dataset: computed when asked for, reported, never acted upon."""

from collections.abc import Iterator

from django.db.models import QuerySet

from generation.conversation import from_json
from generation.plan import Scenario as ScenarioValue
from generation.similarity import (
    THRESHOLD,
    Cluster,
    Fingerprint,
    clusters,
    conversation_fingerprint,
    scenario_fingerprint,
)
from studio.models import Conversation, Dataset

CHUNK = 200


def alike_scenarios(dataset: Dataset, *, threshold: float = THRESHOLD) -> list[Cluster[int]]:
    """Groups of the dataset's scenarios that ask for nearly the same, by primary key, the oldest first."""
    rows = dataset.scenarios.order_by("pk").values_list("pk", "document").iterator(chunk_size=CHUNK)
    return clusters(
        ((pk, scenario_fingerprint(ScenarioValue.model_validate(document))) for pk, document in rows),
        threshold=threshold,
    )


def alike_conversations(dataset: Dataset, *, threshold: float = THRESHOLD) -> list[Cluster[int]]:
    """Groups of the dataset's conversations with nearly the same requests and calls, by primary key, the oldest first."""
    return clusters(_conversation_prints(dataset.conversations.all()), threshold=threshold)


def _conversation_prints(rows: QuerySet[Conversation]) -> Iterator[tuple[int, Fingerprint]]:
    for pk, document in rows.order_by("pk").values_list("pk", "document").iterator(chunk_size=CHUNK):
        yield pk, conversation_fingerprint(from_json(document))
