"""What the search finds conversations by."""

from django.db import models

from studio.models.conversations import Conversation


class SearchText(models.Model):
    """The words of one conversation: ``words`` as they were written, for excerpts, and ``terms`` as they are looked for.

    ``studio.domain.search`` writes both. The index over ``terms`` is the database's own work (migration 0002): an FTS5 table
    that triggers keep on SQLite, a generated tsvector with a GIN index on PostgreSQL. A migration that makes SQLite rebuild
    this table takes the triggers with it and has to make them anew.
    """

    conversation = models.OneToOneField(
        Conversation, primary_key=True, on_delete=models.CASCADE, related_name="search_text"
    )
    words = models.TextField()
    terms = models.TextField()

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.words[:40]}"


class SearchIndex(models.Model):
    """SQLite's index over the terms, of which only the keys are read. On PostgreSQL there is no such table."""

    conversation_id = models.BigIntegerField(primary_key=True, db_column="rowid")

    class Meta:
        managed = False
        db_table = "studio_search_index"

    def __str__(self) -> str:
        return str(self.conversation_id)
