"""Every page a person can reach, and a studio that has something to show on each of them."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from generation.conversation import Conversation as Content
from generation.conversation import Ending, Step, Turn
from studio.branching import work_branch
from studio.domain import comments, edits, reviews, tags
from studio.domain.branches import ask_branch
from studio.domain.bulk import prepare_bulk, start_bulk, work_at_once
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.replays import ask_replay
from studio.domain.reruns import ask_rerun
from studio.domain.saved_views import save_view
from studio.domain.saving import Save
from studio.models import BulkAction, Conversation, Dataset, Fixture, Item, LedgerEntry, Run, TopicRequest, User
from studio.rerunning import work_rerun
from tests.standins.page_rows import make_run, make_user
from tests.standins.review_rows import call, registry, store, two_reads

STRANGER, ANNOTATOR, LEAD, ADMIN = "", User.Role.ANNOTATOR, User.Role.LEAD, User.Role.ADMIN
PEOPLE = {ANNOTATOR: "anna", LEAD: "lena", ADMIN: "ada"}
"""Who looks at the furnished studio, by role."""


@dataclass(frozen=True)
class PageOf:
    """A page as ``role`` sees it: a URL's name, what of the furnished studio stands in its arguments, a query,
    and the status it answers with (a refusal is a page, too)."""

    url: str
    role: str
    arguments: dict[str, str] = field(default_factory=dict)
    query: str = ""
    status: int = 200

    def path(self, rows: dict[str, Any]) -> str:
        """Its path in the studio that ``furnish`` returned ``rows`` of."""
        kwargs = {name: rows[row] for name, row in self.arguments.items()}
        return reverse(self.url, kwargs=kwargs) + self.query

    def __str__(self) -> str:
        return " ".join([self.url, *self.arguments.values(), self.query]).strip()


def _reviewed(*rows: str, role: str = ANNOTATOR) -> list[PageOf]:
    return [PageOf("conversation_review", role, {"pid": row}) for row in rows]


PAGES = [
    PageOf("login", STRANGER),
    PageOf("admin:login", STRANGER),
    PageOf("dashboard", ANNOTATOR),
    PageOf("next_review", ANNOTATOR),
    PageOf("next_review", ANNOTATOR, query="?dataset=demo&tool=no_such_tool"),
    *_reviewed("plain", "stale", "rejected", "rerun", "branch", "replayed", "approved", "held"),
    PageOf("edit_call", ANNOTATOR, {"pid": "plain", "call_id": "call"}),
    PageOf("write_result", ANNOTATOR, {"pid": "plain", "call_id": "call"}),
    PageOf("edit_reason", ANNOTATOR, {"pid": "plain", "call_id": "call"}),
    PageOf("edit_text", ANNOTATOR, {"pid": "plain", "part": "part"}),
    PageOf("conversation_history", ANNOTATOR, {"pid": "stale"}),
    PageOf("conversation_list", ANNOTATOR),
    PageOf("conversation_list", ANNOTATOR, query="?q=notes&dataset=demo"),
    PageOf("conversation_list", ANNOTATOR, query="?q=nothing-has-this"),
    PageOf("scenario_list", ANNOTATOR),
    PageOf("scenario_detail", ANNOTATOR, {"pid": "scenario"}),
    PageOf("registry_list", ANNOTATOR),
    PageOf("registry_detail", ANNOTATOR, {"slug": "registry"}),
    PageOf("tool_detail", ANNOTATOR, {"slug": "registry", "name": "tool"}),
    PageOf("export_form", ANNOTATOR),
    PageOf("settings", ANNOTATOR),
    PageOf("own_password", ANNOTATOR),
    PageOf("bulk_list", ANNOTATOR),
    PageOf("run_list", ANNOTATOR),
    PageOf("team", ANNOTATOR, status=403),
    PageOf("dashboard", LEAD),
    *_reviewed("withheld", "held", role=LEAD),
    PageOf("conversation_list", LEAD),
    PageOf("bulk_list", LEAD),
    PageOf("bulk_action", LEAD, {"pid": "bulk_prepared"}),
    PageOf("bulk_action", LEAD, {"pid": "bulk_done"}),
    PageOf("adjudication_list", LEAD),
    PageOf("adjudicate", LEAD, {"pid": "disputed"}),
    PageOf("dataset_detail", LEAD, {"slug": "dataset"}),
    PageOf("run_list", LEAD),
    PageOf("run_new", LEAD),
    PageOf("run_detail", LEAD, {"pid": "run"}),
    PageOf("run_detail", LEAD, {"pid": "missing"}, status=404),
    PageOf("export_form", LEAD, query="?dataset=demo"),
    PageOf("team", LEAD),
    PageOf("api:openapi-view", ADMIN),
    PageOf("admin:index", ADMIN),
    PageOf("admin:password_change", ADMIN),
    PageOf("admin:auth_user_password_change", ADMIN, {"id": "first user"}),
]


def admin_pages() -> list[PageOf]:
    """The list and one form of every model that the admin knows."""
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [PageOf(f"{name}_changelist", ADMIN), PageOf(f"{name}_change", ADMIN, {"object_id": _row_of(model)})]
    return found


def _row_of(model: type[Model]) -> str:
    return f"first {model._meta.model_name}"


def furnish() -> dict[str, Any]:
    """Rows of every kind, in every state that looks different; returns by name what URLs need."""
    anna, lead, _ = [make_user(role, username=name) for role, name in PEOPLE.items()]
    ben = make_user(username="ben")
    ensure_demo_endpoint()
    plain = store(two_reads())
    dataset = plain.dataset
    for name in ("unclear", "great"):
        tags.add_tag(dataset, name=name, by=lead)
    rows = {
        "plain": plain,
        "stale": _stale(by=anna),
        "rejected": store(two_reads()),
        "approved": store(two_reads()),
        "held": store(two_reads()),
        "withheld": _withheld(),
        "rerun": _rerun(by=anna),
        "branch": _branched(by=anna),
        "replayed": _replayed(by=anna),
        "disputed": _disputed(anna, ben),
    }
    _talk(plain, by=ben)
    reviews.reject(rows["rejected"], version=1, by=anna, reason="Wrong arguments")
    reviews.approve(rows["approved"], version=1, by=anna)
    for row in (rows["stale"], rows["rerun"], rows["branch"]):
        reviews.release(row, by=anna)
    reviews.claim(rows["held"], by=ben)
    save_view("Mine", query="dataset=demo", by=anna)
    run = _run(dataset, by=lead)
    prepared, done = _bulk_actions(by=lead)
    pids = {name: row.pid for name, row in rows.items()}
    first = {_row_of(model): model._default_manager.first().pk for model in admin.site._registry}
    return (
        pids
        | first
        | {
            "call": plain.content.calls[0].id,
            "part": "answer-0",
            "dataset": dataset.slug,
            "scenario": plain.scenario.pid,
            "registry": "files",
            "tool": "read_file",
            "run": run.pid,
            "missing": "nothere",
            "bulk_prepared": prepared.pid,
            "bulk_done": done.pid,
        }
    )


def _stale(*, by: User) -> Conversation:
    row = store(two_reads())
    return edits.edit_call(
        row,
        save=Save(version=1, by=by, reason="typo"),
        call_id=row.content.calls[0].id,
        arguments={"file_path": "notes/c.txt"},
    )


def _withheld() -> Conversation:
    """A call that breaks its schema, one that failed, one that repeats the first, and hostile words in all of them."""
    nasty = '<img src=x onerror="alert(1)">\x00\u202e' + "w" * 300
    calls = [
        call("read_file", {"file_path": 7}, nasty),
        call("read_file", {"file_path": "gone.txt"}, "Error (FileNotFound): gone.txt", error="FileNotFound"),
        call("read_file", {"file_path": 7}, "x" * 30_000),
    ]
    turn = Turn(user=nasty, steps=[Step(thought=nasty, calls=[one]) for one in calls], answer=f"{nasty} is 41.")
    return store(Content(tools=registry().tools, turns=[turn, Turn(user="And then?", ending=Ending.STEP_LIMIT)]))


def _rerun(*, by: User) -> Conversation:
    row = _stale(by=by)
    work_rerun(ask_rerun(row, call_id=row.content.calls[0].id, by=by).pk)
    return row


def _branched(*, by: User) -> Conversation:
    row = store(two_reads())
    work_branch(ask_branch(row, endpoint=ensure_demo_endpoint(), call_id=row.content.calls[0].id, by=by).pk)
    return row


def _replayed(*, by: User) -> Conversation:
    content = two_reads()
    content.calls[1].result = "omega\n"
    row = store(content)
    work_rerun(ask_replay(row, by=by).pk)
    return row


def _disputed(anna: User, ben: User) -> Conversation:
    row = store(two_reads(), slug="twice")
    Dataset.objects.filter(slug="twice").update(double_review_share=100)
    row = Conversation.objects.get(pk=row.pk)
    reviews.approve(row, version=1, by=anna)
    edits.edit_text(row, save=Save(version=1, by=ben), field="answer", turn=0, text="Alpha and beta.")
    reviews.reject(row, version=2, by=ben, reason="Off topic")
    return row


def _talk(row: Conversation, *, by: User) -> None:
    said = comments.start_thread(row, text="@anna is this right?", by=by, call_id=row.content.calls[0].id)
    comments.reply(said.thread, text="I think so.", by=by)
    comments.start_thread(row, text="Well asked.", by=by)
    tags.set_tag(row, name="unclear", by=by)
    reviews.set_verdict(row, call_id=row.content.calls[1].id, verdict="wrong", comment="Not that one", by=by)
    reviews.release(row, by=by)


def _run(dataset: Dataset, *, by: User) -> Run:
    run = make_run(dataset, count=5, by=by)
    run.items.filter(number=0).update(status=Item.Status.FAILED, error="No step fitted", attempts=3)
    run.items.filter(number=1).update(status=Item.Status.DONE)
    LedgerEntry.objects.create(
        run=run, item=run.items.first(), purpose="agent", outcome="ok", tokens_in=9, tokens_out=2
    )
    TopicRequest.objects.create(dataset=dataset, purpose="scenario", outcome="ok", tokens_in=9, tokens_out=2)
    Fixture.objects.create(tool=run.registry.tools.first(), document={})
    return run


def _bulk_actions(*, by: User) -> tuple[BulkAction, BulkAction]:
    rows = Conversation.objects.filter(dataset__slug="demo")
    prepared, done = (prepare_bulk(rows, kind="tag", tag="great", by=by) for _ in range(2))
    start_bulk(done, by=by)
    work_at_once(done)
    return prepared, done
