"""Writers on SQLite take turns inside the process, however their transactions end."""

import pytest
from django.db import OperationalError, connection, connections, transaction

from studio.models import Dataset
from studio.sqlite.base import _turn
from tests.standins.racing import at_once

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has row locks")


@pytest.mark.django_db(transaction=True)
class TestTurns:
    def test_a_transaction_holds_the_turn_until_it_ends(self) -> None:
        with transaction.atomic():
            assert _turn.locked()
            with transaction.atomic():
                Dataset.objects.create(slug="inner", name="inner")
            assert _turn.locked()
        assert not _turn.locked()

    def test_it_is_given_on_after_an_error_a_failed_begin_and_a_closed_connection(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert not _turn.locked()
        with transaction.atomic():
            Dataset.objects.create(slug="kept", name="kept")
            connection.close()
            assert not _turn.locked()
        assert not Dataset.objects.filter(slug="kept").exists()
        connection.ensure_connection()
        connection.connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError), transaction.atomic():
            pass
        assert not _turn.locked()
        connection.connection.execute("ROLLBACK")

    def test_many_writers_all_get_through_and_lose_nothing(self) -> None:
        row = Dataset.objects.create(slug="counter", name="0")

        def count_up() -> None:
            for _ in range(25):
                with transaction.atomic():
                    mine = Dataset.objects.get(pk=row.pk)
                    mine.name = str(int(mine.name) + 1)
                    mine.save()
            connections.close_all()

        at_once(*[count_up] * 16)
        row.refresh_from_db()
        assert row.name == str(16 * 25)
