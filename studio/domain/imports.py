"""Conversations that come in from elsewhere: stored as they are, checked and likened like any other, and sent to review.

Decisions, verdicts and history of another studio don't come along: who takes a conversation in answers for it anew.
"""

from django.db import IntegrityError

from generation.conversation import digest, to_document
from generation.formats.exportable import Exportable
from studio.domain.conversations import add_conversation, storable_document
from studio.models import Conversation, Dataset


def import_conversation(dataset: Dataset, *, exportable: Exportable) -> Conversation | None:
    """Store it with its pairs and findings, whole or not at all; one that fails a blocking check is withheld. None when the
    dataset has it already: taken in before, whatever became of it since, or exported from here and unchanged.

    Raises InvalidInput for what can't be stored at all.
    """
    content = exportable.conversation
    document = storable_document(content)
    imported_as = digest(to_document(content))
    taken_in = Conversation.objects.filter(dataset=dataset, imported_as=imported_as)
    stands = Conversation.objects.filter(dataset=dataset, pid=exportable.id, document=document)
    if taken_in.exists() or (exportable.id and stands.exists()):
        return None
    try:
        return add_conversation(dataset, content=content, imported_as=imported_as)
    except IntegrityError:
        if taken_in.exists():  # somebody takes in the same file just now
            return None
        raise
