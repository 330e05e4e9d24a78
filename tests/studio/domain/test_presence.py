"""Who looks at a conversation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.domain.presence import FORGOTTEN, forget_absent, note_presence, others_at
from studio.models import Conversation, Presence
from tests.standins.review_rows import person, store, two_reads


@pytest.fixture
def conversation(db: None) -> Conversation:
    return store(two_reads())


def _later(by: timedelta) -> None:
    for row in Presence.objects.all():
        Presence.objects.filter(pk=row.pk).update(seen_at=row.seen_at - by, since=row.since - by)


def test_others_are_seen_since_they_came_and_oneself_is_not(conversation) -> None:
    anna, ben = person("anna"), person("ben")
    note_presence(conversation, by=ben)
    _later(timedelta(seconds=30))
    note_presence(conversation, by=ben, is_editing=True)
    note_presence(conversation, by=anna)
    (seen,) = others_at(conversation, by=anna)
    assert (seen.user, seen.is_editing) == (ben, True)
    assert seen.since < timezone.now() - timedelta(seconds=29)


def test_who_missed_the_polls_is_forgotten_and_comes_back_anew(conversation) -> None:
    anna, ben = person("anna"), person("ben")
    note_presence(conversation, by=ben)
    _later(FORGOTTEN + timedelta(seconds=1))
    assert others_at(conversation, by=anna) == []
    note_presence(conversation, by=ben)
    (seen,) = others_at(conversation, by=anna)
    assert seen.since > timezone.now() - timedelta(seconds=30)


def test_the_rows_of_the_absent_go(conversation) -> None:
    note_presence(conversation, by=person("ben"))
    assert forget_absent() == 0
    _later(FORGOTTEN + timedelta(seconds=1))
    assert forget_absent() == 1
