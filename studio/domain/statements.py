"""The statements that every model call, every finished conversation, every claim and every save makes, as SQL: Django builds a query anew each time, which costs several times what running it does.

Nothing else belongs here. Both databases take this SQL; values go through the fields' own conversion.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Model, QuerySet, TextChoices

from generation.llm.client import LedgerLine
from studio.models import Branch, Comment, Conversation, Dataset, Item, LikenessKey, Pair, Review, Revision, Run, Thread
from studio.models.fields import plain_text
from studio.models.requests import ModelRequest

AnyModel = TypeVar("AnyModel", bound=Model)

AT_ONCE = 200
"""Rows in one INSERT: databases take a bounded number of parameters."""


def claim(pk: int, *, token: str, lease_until: datetime, now: datetime) -> bool:
    """Put a due item of a running run under this token; whether it was to be had. Inside a transaction."""
    item, run = Item._meta.db_table, Run._meta.db_table
    if connection.features.has_select_for_update:
        # Who pauses or ends the run waits for this, or this for them: nothing is claimed behind their back.
        _execute(
            f"SELECT id FROM {run} WHERE id = (SELECT run_id FROM {item} WHERE id = %s) FOR NO KEY UPDATE",  # noqa: S608  the tables are ours
            [pk],
        )
    status = Item.Status
    claimed = _execute(
        f"UPDATE {item} SET status = %s, token = %s, lease_until = %s, started_at = COALESCE(started_at, %s)"  # noqa: S608  the tables are ours
        " WHERE id = %s AND status IN (%s, %s) AND not_before <= %s"
        f" AND EXISTS (SELECT 1 FROM {run} WHERE {run}.id = {item}.run_id AND {run}.status = %s)",
        [
            *[status.BUILDING, token, _at(lease_until), _at(now)],
            *[pk, status.PENDING, status.INTERRUPTED, _at(now), Run.Status.RUNNING],
        ],
    )
    return bool(claimed)


def claim_first(queue: QuerySet[Conversation], *, by: int, until: datetime) -> Conversation | None:
    """Give the first of the queue, in its order, to a person until then, and return it; None when there is none.

    One statement, because each one more is one more time to wait: for the database, and for the threads beside this one.
    """
    try:
        sql, parameters = queue.values("pk")[:1].query.sql_with_params()
    except EmptyResultSet:
        return None
    table, columns = Conversation._meta.db_table, _columns(Conversation)
    claiming = f"UPDATE {table} SET claimed_by_id = %s, claim_until = %s WHERE id ="  # noqa: S608  the table is ours
    claim = [by, _at(until)]
    if connection.features.has_select_for_update_skip_locked:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{claiming} ({sql} FOR UPDATE OF {table} SKIP LOCKED) RETURNING {columns}", [*claim, *parameters]
            )
            found = cursor.fetchone()
        return None if found is None else _row(Conversation, found)
    # SQLite has no row locks, and needs none: its transactions are IMMEDIATE, one writer at a time.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} WHERE id = ({sql})", parameters)  # noqa: S608  the names are ours
        found = cursor.fetchone()
        if found is None:
            return None
        row = _row(Conversation, found)
        cursor.execute(f"{claiming} %s", [*claim, row.pk])
    row.claimed_by_id, row.claim_until = by, until
    return row


def next_due(run_pk: int, *, now: datetime, lost_before: datetime) -> int | None:
    """The first item of a running run that is due and that no message is under way for, marked as sent. Inside a transaction."""
    item, run, status = Item._meta.db_table, Run._meta.db_table, Item.Status
    lock = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    for unsent, sent in ("sent_at IS NULL", ()), ("sent_at < %s", (_at(lost_before),)):
        for wanted in (status.INTERRUPTED, status.PENDING):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT id FROM {item} WHERE run_id = %s AND status = %s AND {unsent} AND not_before <= %s"  # noqa: S608  the tables are ours
                    f" AND EXISTS (SELECT 1 FROM {run} WHERE id = %s AND status = %s) ORDER BY number LIMIT 1{lock}",
                    [run_pk, wanted.value, *sent, _at(now), run_pk, Run.Status.RUNNING.value],
                )
                found = cursor.fetchone()
            if found is not None:
                _execute(f"UPDATE {item} SET sent_at = %s WHERE id = %s", [_at(now), found[0]])  # noqa: S608  the table is ours
                return int(found[0])
    return None


def update_held(item: Item, **values: Any) -> bool:
    """Change an item that is still held under its token; whether it was."""
    fields: list[Any] = [item._meta.get_field(name) for name in values]
    prepared = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values.values(), strict=True)]
    changes = ", ".join(f"{field.column} = %s" for field in fields)
    held = _execute(
        f"UPDATE {Item._meta.db_table} SET {changes} WHERE id = %s AND token = %s AND status = %s",  # noqa: S608  the names are ours
        [*prepared, item.pk, item.token, Item.Status.BUILDING],
    )
    return bool(held)


def has_unfinished(run_pk: int) -> bool:
    """Whether an item of the run may still be worked."""
    unfinished = Item.Status.unfinished()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {Item._meta.db_table} WHERE run_id = %s AND status IN (%s, %s, %s) LIMIT 1",  # noqa: S608  the table is ours
            [run_pk, *unfinished],
        )
        return cursor.fetchone() is not None


def insert_requests(kind: type[ModelRequest], *, ledger: Iterable[LedgerLine], **made_for: Model | None) -> None:
    """Write down requests to a model as rows of this kind, ``made_for`` something that must exist."""
    insert(
        [
            kind(
                **made_for,
                purpose=line.purpose,
                model=plain_text(line.model, 120),
                tokens_in=line.tokens_in,
                tokens_cached=line.tokens_cached,
                tokens_out=line.tokens_out,
                latency_ms=line.latency_ms,
                attempt=line.attempt,
                outcome=line.outcome,
                cost=line.cost,
                reply=line.reply or None,
            )
            for line in ledger
        ]
    )


def insert(rows: Sequence[Model]) -> None:
    """Insert rows of one model, with one statement for some hundred of them. They don't learn their keys."""
    for at in range(0, len(rows), AT_ONCE):
        chunk = rows[at : at + AT_ONCE]
        fields, into, places = _insertion(type(chunk[0]))
        with connection.cursor() as cursor:
            cursor.execute(
                f"{into} VALUES {', '.join([places] * len(chunk))}",
                [field.get_db_prep_save(field.pre_save(row, True), connection) for row in chunk for field in fields],
            )


@cache
def _insertion(model: type[Model]) -> tuple[list[Any], str, str]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(str(field.column) for field in fields)
    return fields, f"INSERT INTO {model._meta.db_table} ({columns})", f"({', '.join(['%s'] * len(fields))})"


def find_alike(*, dataset_pk: int, keys: Sequence[str], besides: int | None, limit: int) -> list[tuple[str, int]]:
    """Public id and version of conversations of the dataset that share one of these keys."""
    sharing = (
        f"SELECT DISTINCT conversation_id FROM {LikenessKey._meta.db_table}"  # noqa: S608  the table is ours
        f" WHERE dataset_id = %s AND conversation_id <> %s AND key IN ({', '.join(['%s'] * len(keys))}) LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pid, version FROM {Conversation._meta.db_table} WHERE id IN ({sharing}) ORDER BY id",  # noqa: S608  the table is ours
            [dataset_pk, besides or 0, *keys, limit],
        )
        return list(cursor.fetchall())


def notes_on(pks: Sequence[int]) -> list[tuple[int, str]]:
    """What people wrote about these conversations, each with the conversation's key: comments, then words on pairs, then reasons."""
    if not pks:
        return []
    places = f"({', '.join(['%s'] * len(pks))})"
    pairs, reviews, revisions = Pair._meta.db_table, Review._meta.db_table, Revision._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT conversation_id, text, 1 AS kind, c.id AS place FROM {Comment._meta.db_table} c"  # noqa: S608  the tables are ours
            f" JOIN {Thread._meta.db_table} t ON t.id = c.thread_id WHERE conversation_id IN {places}"
            f" UNION ALL SELECT conversation_id, comment, 2, number FROM {pairs} WHERE comment <> '' AND conversation_id IN {places}"
            f" UNION ALL SELECT conversation_id, reason, 3, id FROM {reviews}"
            f" WHERE reason <> '' AND undone_at IS NULL AND conversation_id IN {places}"
            f" UNION ALL SELECT conversation_id, reason, 4, id FROM {revisions} WHERE reason <> '' AND conversation_id IN {places}"
            " ORDER BY kind, place",
            [*pks] * 4,
        )
        return [(pk, text) for pk, text, _, _ in cursor.fetchall()]


def glance_at_queue(by: int, *, few: int) -> tuple[bool, bool]:
    """Whether something that waits is assigned to a person, and whether more than a ``few`` conversations wait."""
    waits = f"SELECT 1 FROM {Conversation._meta.db_table} WHERE status IN (%s, %s)"  # noqa: S608  the table is ours
    waiting = Conversation.Status.waiting()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS ({waits} AND assigned_to_id = %s), EXISTS ({waits} LIMIT 1 OFFSET %s)",
            [*waiting, by, *waiting, few],
        )
        has_own, are_many = cursor.fetchone()
    return bool(has_own), bool(are_many)


def lock_conversation(pk: int) -> Conversation:
    """The conversation as it stands, with its dataset. Inside a transaction; until that ends nobody else decides on it or saves it."""
    table, dataset = Conversation._meta.db_table, Dataset._meta.db_table
    lock = f" FOR UPDATE OF {table}" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_columns(Conversation)}, {_columns(Dataset)} FROM {table}"  # noqa: S608  the names are ours
            f" JOIN {dataset} ON {dataset}.id = {table}.dataset_id WHERE {table}.id = %s{lock}",
            [pk],
        )
        found = cursor.fetchone()
    if found is None:
        raise Conversation.DoesNotExist
    own = len(Conversation._meta.concrete_fields)
    row = _row(Conversation, found[:own])
    row.dataset = _row(Dataset, found[own:])
    return row


def reviews_that_stand(conversation_pk: int) -> list[Review]:
    """The decisions that count in its round now, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_columns(Review)} FROM {Review._meta.db_table} WHERE conversation_id = %s AND stands ORDER BY id DESC",  # noqa: S608  the names are ours
            [conversation_pk],
        )
        return [_row(Review, values) for values in cursor.fetchall()]


def branch_statuses(conversation_pk: int) -> list[str]:
    """How its branches stand, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT status FROM {Branch._meta.db_table} WHERE conversation_id = %s ORDER BY id DESC",  # noqa: S608  the table is ours
            [conversation_pk],
        )
        return [status for (status,) in cursor.fetchall()]


def insert_one(row: Model) -> None:
    """Insert a row, which learns its key."""
    fields, into, places = _insertion(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    returning = " RETURNING id" if connection.features.can_return_columns_from_insert else ""  # an old SQLite can't
    with connection.cursor() as cursor:
        cursor.execute(f"{into} VALUES {places}{returning}", values)
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.adding, row._state.db = False, connection.alias


def update_columns(row: Model, names: Iterable[str]) -> None:
    """Write these columns of a row as they are on it."""
    fields: list[Any] = [row._meta.get_field(name) for name in names]
    _execute(
        f"UPDATE {row._meta.db_table} SET {', '.join(f'{field.column} = %s' for field in fields)} WHERE id = %s",  # noqa: S608  the names are ours
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk],
    )


def _execute(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement; how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [str(value) if isinstance(value, TextChoices) else value for value in parameters])
        return int(cursor.rowcount)


def _at(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


@cache
def _columns(model: type[Model]) -> str:
    return ", ".join(f"{model._meta.db_table}.{field.column}" for field in model._meta.concrete_fields)


def _row(model: type[AnyModel], values: Sequence[Any]) -> AnyModel:
    """The row that has these values in its ``_columns``."""
    read = list(values)
    for at, field in enumerate(model._meta.concrete_fields):
        column = field.cached_col
        for convert in (*connection.ops.get_db_converters(column), *field.get_db_converters(connection)):
            read[at] = convert(read[at], column, connection)
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], read)
