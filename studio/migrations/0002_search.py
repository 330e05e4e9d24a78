"""The full-text index over ``SearchText.terms``, which the database keeps by itself, and where PostgreSQL keeps documents.

SQLite: an FTS5 table without a copy of the text, kept by triggers. PostgreSQL: a generated tsvector with a GIN index.
"""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE studio_search_index USING fts5(
        terms, content='studio_searchtext', content_rowid='conversation_id',
        tokenize='unicode61 remove_diacritics 0', columnsize=0)""",
    """CREATE TRIGGER studio_searchtext_added AFTER INSERT ON studio_searchtext BEGIN
        INSERT INTO studio_search_index(rowid, terms) VALUES (new.conversation_id, new.terms);
    END""",
    """CREATE TRIGGER studio_searchtext_removed AFTER DELETE ON studio_searchtext BEGIN
        INSERT INTO studio_search_index(studio_search_index, rowid, terms) VALUES ('delete', old.conversation_id, old.terms);
    END""",
    """CREATE TRIGGER studio_searchtext_changed AFTER UPDATE ON studio_searchtext BEGIN
        INSERT INTO studio_search_index(studio_search_index, rowid, terms) VALUES ('delete', old.conversation_id, old.terms);
        INSERT INTO studio_search_index(rowid, terms) VALUES (new.conversation_id, new.terms);
    END""",
]
SQLITE_UNDONE = [
    "DROP TRIGGER studio_searchtext_added",
    "DROP TRIGGER studio_searchtext_removed",
    "DROP TRIGGER studio_searchtext_changed",
    "DROP TABLE studio_search_index",
]
POSTGRESQL = [
    """ALTER TABLE studio_searchtext ADD COLUMN index tsvector
        GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, terms)) STORED""",
    # Texts and vectors stand beside the table: what an index finds is then read from few pages.
    "ALTER TABLE studio_searchtext SET (toast_tuple_target = 128)",
    # The list of what is yet to be put into the index is short, in KB: each search goes through it, and some save clears it up.
    "CREATE INDEX studio_searchtext_index ON studio_searchtext USING gin (index) WITH (gin_pending_list_limit = 512)",
    # Documents too: whoever looks for a page in some order goes through thousands of rows, and reads no document.
    "ALTER TABLE studio_conversation SET (toast_tuple_target = 128)",
]
POSTGRESQL_UNDONE = [
    "ALTER TABLE studio_searchtext DROP COLUMN index",
    "ALTER TABLE studio_searchtext RESET (toast_tuple_target)",
    "ALTER TABLE studio_conversation RESET (toast_tuple_target)",
]


def build(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def tear_down(_apps, schema_editor):
    for statement in SQLITE_UNDONE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_UNDONE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("studio", "0001_initial")]
    operations = [migrations.RunPython(build, tear_down)]
