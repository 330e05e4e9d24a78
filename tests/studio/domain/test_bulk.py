"""Bulk actions: what is prepared, done, left out and undone; who may, and what others did meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.domain import bulk, reviews
from studio.domain.edits import edit_text
from studio.domain.errors import NotAllowed, NotPossible, Refused
from studio.domain.saving import Save
from studio.models import BulkAction, BulkEntry, Conversation, Review, Tag, User
from tests.standins.bulk_rows import many
from tests.standins.studio_rows import make_dataset, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_user(role=User.Role.LEAD)


@pytest.fixture
def annotator() -> User:
    return make_user()


def prepare(rows: list[Conversation], *, by: User, kind: str, **asked: object) -> BulkAction:
    chosen = Conversation.objects.filter(pk__in=[row.pk for row in rows])
    return bulk.prepare_bulk(chosen, kind=kind, by=by, **asked)


def do(rows: list[Conversation], *, by: User, kind: str, **asked: object) -> BulkAction:
    action = bulk.start_bulk(prepare(rows, by=by, kind=kind, **asked), by=by)
    bulk.work_at_once(action)
    return bulk.bulk_action(action.pk)


def undo(action: BulkAction, *, by: User) -> BulkAction:
    bulk.work_at_once(bulk.undo_bulk(action, by=by))
    return bulk.bulk_action(action.pk)


def statuses(rows: list[Conversation]) -> list[str]:
    found = dict(Conversation.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "status"))
    return [found[row.pk] for row in rows]


def left_out(action: BulkAction) -> dict[int, str]:
    return dict(action.entries.filter(outcome="left_out").values_list("conversation", "note"))


def hold(row: Conversation, *, by: User) -> None:
    assert reviews.claim(row, by=by)


class TestPreparing:
    def test_it_counts_and_names_and_does_nothing(self, lead: User) -> None:
        rows = many(3)
        hold(rows[0], by=make_user(name="mara"))
        reviews.reject(rows[1], version=1, by=lead, reason="no")
        action = prepare(rows, by=lead, kind="reject", reason="Wrong tool")
        assert (action.total, action.left_out, action.changed) == (3, 2, 0)
        assert left_out(action) == {rows[0].pk: "mara is reviewing it.", rows[1].pk: "It is rejected already."}
        assert statuses(rows) == ["needs_review", "rejected", "needs_review"]
        assert not bulk.work_batch(action.pk)  # nobody started it
        assert statuses(rows) == ["needs_review", "rejected", "needs_review"]

    def test_nothing_selected_and_too_much_selected_are_refused(
        self, lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(Refused, match="Select conversations first"):
            prepare([], by=lead, kind="reopen")
        monkeypatch.setattr(bulk, "LIMIT", 2)
        with pytest.raises(Refused, match="More than 2 conversations are selected: narrow"):
            prepare(many(3), by=lead, kind="reopen")
        assert not BulkAction.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "pointer"), [("reject", "/reason"), ("assign", "/assignee"), ("tag", "/tag"), ("untag", "/tag")]
    )
    def test_what_a_kind_needs_is_asked_for(self, lead: User, kind: str, pointer: str) -> None:
        with pytest.raises(Refused) as refused:
            prepare(many(1), by=lead, kind=kind)
        assert [detail["pointer"] for detail in refused.value.details] == [pointer]

    def test_a_kind_that_is_none_is_refused(self, lead: User) -> None:
        with pytest.raises(Refused, match="known are tag, untag"):
            prepare(many(1), by=lead, kind="delete")

    @pytest.mark.parametrize("kind", ["approve", "reject", "reopen"])
    def test_deciding_on_many_is_for_leads(self, annotator: User, kind: str) -> None:
        with pytest.raises(NotAllowed, match="Only a lead"):
            prepare(many(1), by=annotator, kind=kind, reason="no")

    def test_what_was_prepared_and_forgotten_is_dropped_and_what_was_done_stays(self, lead: User) -> None:
        rows = many(2)
        done = do(rows[:1], by=lead, kind="assign", assignee=lead)
        old, young = (prepare(rows[1:], by=lead, kind="assign", assignee=lead) for _ in range(2))
        BulkAction.objects.filter(pk__in=[old.pk, done.pk]).update(created_at=timezone.now() - timedelta(days=2))
        assert bulk.drop_unstarted() == 1
        assert set(BulkAction.objects.values_list("pk", flat=True)) == {young.pk, done.pk}

    def test_it_is_dropped_when_it_is_not_wanted_and_only_before_it_began(self, lead: User) -> None:
        action = prepare(many(1), by=lead, kind="assign", assignee=lead)
        with pytest.raises(NotAllowed):
            bulk.discard_bulk(action, by=make_user(role=User.Role.LEAD))
        bulk.discard_bulk(action, by=lead)
        assert not BulkEntry.objects.exists()
        started = bulk.start_bulk(prepare(many(1), by=lead, kind="assign", assignee=lead), by=lead)
        with pytest.raises(NotPossible, match="undo it instead"):
            bulk.discard_bulk(started, by=lead)


class TestDeciding:
    def test_rejecting_says_why_as_each_single_rejection_does(self, lead: User) -> None:
        rows = many(2)
        action = do(rows, by=lead, kind="reject", reason=" Wrong tool ")
        assert statuses(rows) == ["rejected"] * 2
        assert set(Review.objects.values_list("decision", "reason", "reviewer")) == {
            ("rejected", "Wrong tool", lead.pk)
        }
        assert (action.status, action.changed, action.left_out) == ("done", 2, 0)

    def test_approving_leaves_out_what_a_person_has_to_look_at(self, lead: User) -> None:
        rows = many(7)
        for row, columns in zip(
            rows,
            [
                {"warning_count": 1},
                {"blocking_count": 1},
                {"stale_count": 1},
                {"status": "rejected"},
                {"status": "withheld"},
                {"is_blind": True},
                {},
            ],
            strict=True,
        ):
            Conversation.objects.filter(pk=row.pk).update(**columns)
        action = do(rows, by=lead, kind="approve")
        assert statuses(rows) == [
            "needs_review", "needs_review", "needs_review", "rejected", "withheld", "needs_review", "approved",
        ]  # fmt: skip
        assert list(left_out(action).values()) == [
            "The checks found something in it.",
            "The checks found something in it.",
            "It has stale parts.",
            "It waits for no review: rejected.",
            "It waits for no review: withheld.",
            "It is reviewed twice, blind, one by one.",
        ]

    def test_approving_keeps_to_the_policy_of_the_dataset(self, lead: User) -> None:
        dataset = make_dataset()
        dataset.author_may_approve, dataset.approvals_needed = False, 2
        dataset.save()
        rows = many(3, dataset=dataset)
        edit_text(rows[0], save=Save(version=1, by=lead), field="answer", turn=1, text="alpha.")
        Conversation.objects.update(blocking_count=0, warning_count=0, findings=[], stale_count=0, stale_answers={})
        reviews.approve(rows[1], version=1, by=lead)
        action = do(rows, by=lead, kind="approve")
        assert statuses(rows) == ["needs_review"] * 3  # one of two approvals
        assert sorted(left_out(action)) == [rows[0].pk, rows[1].pk]
        assert "edited" in left_out(action)[rows[0].pk]
        assert rows[2].reviews.get().stands
        again = do(rows, by=make_user(role=User.Role.LEAD), kind="approve")
        assert again.changed == 3
        assert statuses(rows) == ["needs_review", "approved", "approved"]

    def test_sending_to_review_takes_only_what_is_decided_and_asks_for_all_approvals_anew(self, lead: User) -> None:
        rows = many(3)
        reviews.approve(rows[0], version=1, by=lead)
        reviews.reject(rows[1], version=1, by=lead, reason="no")
        action = do(rows, by=lead, kind="reopen")
        assert statuses(rows) == ["needs_review"] * 3
        assert left_out(action) == {rows[2].pk: "It is not decided: needs review."}
        assert not Review.objects.filter(stands=True).exists()
        assert Conversation.objects.filter(decided_by=None, decided_at=None).count() == 3

    def test_what_changed_after_it_was_selected_is_left_out(self, lead: User) -> None:
        rows = many(5)
        action = prepare(rows, by=lead, kind="reject", reason="no")
        edit_text(rows[0], save=Save(version=1, by=lead), field="answer", turn=1, text="alpha.")
        hold(rows[1], by=make_user(name="mara"))
        rows[2].delete()
        reviews.approve(rows[4], version=1, by=make_user())
        bulk.work_at_once(bulk.start_bulk(action, by=lead))
        assert left_out(action) == {
            rows[0].pk: "It was edited after it was selected.",
            rows[1].pk: "mara is reviewing it.",
            rows[4].pk: "It was decided on after it was selected: approved.",
        }
        assert statuses([rows[0], rows[1], *rows[3:]]) == ["needs_review", "needs_review", "rejected", "approved"]

    def test_ones_own_claim_is_no_obstacle(self, lead: User) -> None:
        rows = many(1)
        hold(rows[0], by=lead)
        assert do(rows, by=lead, kind="reject", reason="no").changed == 1


class TestAssigning:
    def test_a_lead_assigns_to_anybody_and_takes_it_back(self, lead: User, annotator: User) -> None:
        rows = many(2)
        do(rows, by=lead, kind="assign", assignee=annotator)
        assert reviews.claim_next(lead) is None
        assert reviews.claim_next(annotator) == rows[0]
        reviews.release(rows[0], by=annotator)
        assert do(rows, by=lead, kind="unassign").changed == 2
        assert set(Conversation.objects.values_list("assigned_to", flat=True)) == {None}

    def test_annotators_assign_to_themselves_what_is_nobody_elses(self, lead: User, annotator: User) -> None:
        rows = many(2)
        do(rows[:1], by=lead, kind="assign", assignee=lead)
        action = do(rows, by=annotator, kind="assign", assignee=annotator)
        assert left_out(action) == {rows[0].pk: f"It is assigned to {lead}."}
        assert list(Conversation.objects.order_by("pk").values_list("assigned_to", flat=True)) == [
            lead.pk,
            annotator.pk,
        ]
        assert left_out(do(rows, by=annotator, kind="unassign")) == {rows[0].pk: f"It is assigned to {lead}."}
        with pytest.raises(NotAllowed, match="to yourself"):
            prepare(rows, by=annotator, kind="assign", assignee=lead)

    def test_who_is_not_here_any_more_is_assigned_nothing(self, lead: User, annotator: User) -> None:
        annotator.is_active = False
        annotator.save()
        with pytest.raises(Refused):
            prepare(many(1), by=lead, kind="assign", assignee=annotator)

    def test_what_is_decided_or_theirs_already_is_left_out(self, lead: User) -> None:
        rows = many(3)
        reviews.reject(rows[0], version=1, by=lead, reason="no")
        do(rows[1:2], by=lead, kind="assign", assignee=lead)
        action = do(rows, by=lead, kind="assign", assignee=lead)
        assert list(left_out(action).values()) == [
            "It waits for no review: rejected.", f"It is assigned to {lead} already.",
        ]  # fmt: skip


class TestTagging:
    def test_a_tag_is_set_where_the_dataset_has_it(self, annotator: User) -> None:
        rows = many(2)
        other = many(1, dataset=make_dataset(slug="other"))
        tag = Tag.objects.create(dataset=rows[0].dataset, name="odd")
        rows[0].tags.add(tag)
        action = do([*rows, *other], by=annotator, kind="tag", tag="odd")
        assert set(tag.conversations.all()) == set(rows)
        assert left_out(action) == {
            rows[0].pk: "It has the tag “odd” already.",
            other[0].pk: "Its dataset “other” has no tag “odd”.",
        }
        off = do([*rows, *other], by=annotator, kind="untag", tag="odd")
        assert not tag.conversations.exists()
        assert left_out(off) == {other[0].pk: "It has no tag “odd”."}

    def test_undoing_puts_back_what_was_and_names_what_others_changed(self, annotator: User) -> None:
        rows = many(3)
        tag = Tag.objects.create(dataset=rows[0].dataset, name="odd")
        rows[2].tags.add(tag)
        action = do(rows, by=annotator, kind="tag", tag="odd")
        rows[1].tags.remove(tag)
        undone = undo(action, by=annotator)
        assert list(tag.conversations.all()) == [rows[2]]  # it had it before
        assert (undone.undone, undone.kept) == (1, 1)
        assert undone.entries.get(outcome="kept").note == "The tag “odd” was taken off since."

    def test_a_tag_that_was_deleted_since_is_not_made_again(self, annotator: User) -> None:
        rows = many(1)
        tag = Tag.objects.create(dataset=rows[0].dataset, name="odd")
        rows[0].tags.add(tag)
        action = do(rows, by=annotator, kind="untag", tag="odd")
        tag.delete()
        assert undo(action, by=annotator).entries.get().note == "The tag “odd” was deleted since."


class TestUndoing:
    @pytest.mark.parametrize("kind", ["approve", "reject"])
    def test_everything_is_as_before(self, lead: User, kind: str) -> None:
        rows = many(3)
        reviews.ask_second_opinion(rows[1], version=1, by=make_user())
        before = statuses(rows)
        action = undo(do(rows, by=lead, kind=kind, reason="no"), by=lead)
        assert statuses(rows) == before
        assert (action.status, action.changed, action.undone, action.kept) == ("undone", 3, 3, 0)
        assert not Review.objects.filter(reviewer=lead, undone_at=None).exists()
        assert not Conversation.objects.exclude(claimed_by=None).exists()

    def test_what_was_sent_to_review_is_decided_as_before(self, lead: User) -> None:
        rows, by = many(2), make_user()
        reviews.approve(rows[0], version=1, by=by)
        reviews.reject(rows[1], version=1, by=by, reason="no")
        was = list(Conversation.objects.order_by("pk").values_list("status", "decided_by", "decided_at"))
        undo(do(rows, by=lead, kind="reopen"), by=lead)
        assert list(Conversation.objects.order_by("pk").values_list("status", "decided_by", "decided_at")) == was
        assert Review.objects.filter(stands=True).count() == 2

    def test_what_others_did_since_is_kept_and_named(self, lead: User) -> None:
        rows = many(4)
        action = do(rows, by=lead, kind="reject", reason="no")
        reviews.approve(rows[0], version=1, by=make_user(role=User.Role.LEAD))
        edit_text(rows[1], save=Save(version=1, by=lead), field="answer", turn=1, text="alpha.")
        do(rows[2:3], by=lead, kind="reopen")
        done = undo(action, by=lead)
        assert statuses(rows) == ["approved", "needs_review", "needs_review", "needs_review"]
        kept = dict(done.entries.filter(outcome="kept").values_list("conversation", "note"))
        assert kept == {
            rows[0].pk: "It was decided on since: approved.",
            rows[1].pk: "It was edited since.",
            rows[2].pk: "It was decided on since: needs review.",
        }
        assert (done.undone, done.kept) == (1, 3)

    def test_what_somebody_opened_since_is_left_in_their_hands(self, lead: User) -> None:
        rows = many(1)
        reviews.reject(rows[0], version=1, by=lead, reason="no")
        action = do(rows, by=lead, kind="reopen")
        hold(rows[0], by=make_user(name="mara"))
        assert undo(action, by=lead).entries.get().note == "mara is reviewing it."
        assert statuses(rows) == ["needs_review"]

    def test_assignments_go_back_to_whom_they_were_given_before(self, lead: User, annotator: User) -> None:
        rows, gone = many(3), make_user()
        do(rows[1:2], by=lead, kind="assign", assignee=annotator)
        do(rows[2:], by=lead, kind="assign", assignee=gone)
        action = do(rows, by=lead, kind="assign", assignee=lead)
        gone.delete()
        undo(action, by=lead)
        assert list(Conversation.objects.order_by("pk").values_list("assigned_to", flat=True)) == [
            None,
            annotator.pk,
            None,
        ]

    def test_it_is_undone_once_and_by_a_lead_or_who_did_it(self, lead: User, annotator: User) -> None:
        action = do(many(1), by=lead, kind="assign", assignee=lead)
        with pytest.raises(NotAllowed):
            bulk.undo_bulk(action, by=annotator)
        undone = undo(action, by=make_user(role=User.Role.LEAD))
        with pytest.raises(NotPossible, match="and once"):
            bulk.undo_bulk(undone, by=lead)

    def test_undoing_ones_last_decision_does_not_break_a_bulk_action_open(self, lead: User) -> None:
        rows = many(2)
        reviews.approve(rows[0], version=1, by=lead)
        do(rows[1:], by=lead, kind="reject", reason="no")
        undone = reviews.undo(lead)
        assert undone is not None
        assert undone.conversation == rows[0]
        assert statuses(rows) == ["needs_review", "rejected"]

    def test_a_decision_that_a_bulk_action_followed_can_not_be_undone_alone(self, lead: User) -> None:
        rows = many(1)
        reviews.approve(rows[0], version=1, by=lead)
        do(rows, by=lead, kind="reject", reason="no")
        with pytest.raises(NotPossible, match="decided on that conversation since"):
            reviews.undo(lead)


class TestWorking:
    def test_it_begins_once_and_only_by_who_prepared_it(self, lead: User) -> None:
        action = prepare(many(1), by=lead, kind="assign", assignee=lead)
        with pytest.raises(NotAllowed):
            bulk.start_bulk(action, by=make_user(role=User.Role.LEAD))
        bulk.start_bulk(action, by=lead)
        with pytest.raises(NotPossible, match="started already"):
            bulk.start_bulk(action, by=lead)

    def test_what_would_change_nothing_does_not_begin(self, lead: User) -> None:
        with pytest.raises(NotPossible, match="change nothing"):
            do(many(1), by=lead, kind="reopen")

    def test_a_worker_that_died_leaves_a_whole_number_of_batches(
        self, lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "BATCH", 10)
        rows = many(25)
        action = bulk.start_bulk(prepare(rows, by=lead, kind="reject", reason="no"), by=lead)
        assert bulk.work_batch(action.pk)
        half = bulk.bulk_action(action.pk)
        assert (half.status, half.changed) == ("running", 10)
        assert statuses(rows).count("rejected") == 10
        assert bulk.take_bulk_for_dispatch() == []  # it was worked on just now
        BulkAction.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
        assert bulk.take_bulk_for_dispatch() == [action.pk]
        assert bulk.take_bulk_for_dispatch() == []
        bulk.work_at_once(half)
        assert bulk.bulk_action(action.pk).changed == 25
        assert Review.objects.count() == 25

    def test_a_worker_that_dies_within_a_batch_has_done_nothing_of_it(
        self, lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = many(3)
        action = bulk.start_bulk(prepare(rows, by=lead, kind="reject", reason="no"), by=lead)

        def die(*_: object) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(bulk, "_count", die)  # the last that a batch writes
            with pytest.raises(SystemExit):
                bulk.work_batch(action.pk)
        assert statuses(rows) == ["needs_review"] * 3
        assert not Review.objects.exists()
        bulk.work_at_once(action)
        assert statuses(rows) == ["rejected"] * 3
        assert Review.objects.count() == bulk.bulk_action(action.pk).changed == 3

    def test_when_its_author_is_deleted_midway_the_rest_is_left_out(
        self, lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "BATCH", 10)
        rows = many(11)
        action = bulk.start_bulk(prepare(rows, by=lead, kind="reject", reason="no"), by=lead)
        bulk.work_batch(action.pk)
        lead.delete()
        bulk.work_at_once(action)
        assert [bulk.bulk_action(action.pk).changed, bulk.bulk_action(action.pk).left_out] == [10, 1]

    def test_leads_know_of_all_and_others_of_their_own(self, lead: User, annotator: User) -> None:
        theirs = do(many(1), by=lead, kind="assign", assignee=lead)
        own = do(many(1), by=annotator, kind="assign", assignee=annotator)
        assert set(bulk.bulk_actions_for(lead)) == {theirs, own}
        assert set(bulk.bulk_actions_for(annotator)) == {own}


class TestStopping:
    @pytest.fixture
    def half_done(self, lead: User, monkeypatch: pytest.MonkeyPatch) -> BulkAction:
        """A rejection of 25 of which 10 are done."""
        monkeypatch.setattr(bulk, "BATCH", 10)
        action = bulk.start_bulk(prepare(many(25), by=lead, kind="reject", reason="no"), by=lead)
        bulk.work_batch(action.pk)
        return action

    def test_what_is_done_stays_done_and_nothing_more_is(self, lead: User, half_done: BulkAction) -> None:
        stopped = bulk.stop_bulk(half_done, by=lead)
        assert (stopped.status, stopped.changed, stopped.finished_at is not None) == ("stopped", 10, True)
        assert not bulk.work_batch(stopped.pk)
        BulkAction.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
        assert bulk.take_bulk_for_dispatch() == []
        assert Conversation.objects.filter(status="rejected").count() == 10

    def test_it_is_undone_as_a_whole(self, lead: User, half_done: BulkAction) -> None:
        undone = undo(bulk.stop_bulk(half_done, by=lead), by=lead)
        assert (undone.status, undone.undone, undone.kept) == ("undone", 10, 0)
        assert not Conversation.objects.filter(status="rejected").exists()

    def test_it_is_for_who_did_it_or_a_lead_and_while_it_runs(
        self, lead: User, annotator: User, half_done: BulkAction
    ) -> None:
        with pytest.raises(NotAllowed, match="Only a lead may stop"):
            bulk.stop_bulk(half_done, by=annotator)
        bulk.stop_bulk(half_done, by=make_user(role=User.Role.LEAD))
        with pytest.raises(NotPossible, match="nothing to stop"):
            bulk.stop_bulk(half_done, by=lead)
        prepared = prepare(many(1), by=lead, kind="reject", reason="no")
        with pytest.raises(NotPossible, match="nothing to stop"):
            bulk.stop_bulk(prepared, by=lead)
