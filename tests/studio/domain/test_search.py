"""The search: what is a word, what is found by which query, on either database the same."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.conversation import Step, Turn
from studio.domain import search
from studio.domain.comments import delete_comment, edit_comment, start_thread
from studio.domain.conversations import Change, save_change
from studio.domain.filters import Filters
from studio.domain.rechecks import recheck
from studio.domain.reviews import approve, reject, set_verdict
from studio.domain.search import TEXT, fold, index_again, index_again_all, read_query
from studio.models import Conversation, Dataset, SearchText
from tests.standins.studio_rows import file_walk, make_call, make_conversation, make_user

pytestmark = pytest.mark.django_db


def add(*, user: str = "Please.", thought: str = "Well.", answer: str = "Done.", **call: Any) -> Conversation:
    calls = [make_call(1, call.pop("tool", "read_file"), result=call.pop("result", "ok"), **call)]
    turn = Turn(user=user, steps=[Step(thought=thought, calls=calls)], answer=answer)
    return make_conversation(content=file_walk(turns=[turn], mode="single_turn"))


def found(**filters: Any) -> list[int]:
    rows = Filters(**filters).narrow(Conversation.objects.all(), by=make_user())
    return list(rows.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("zebra", "Feed the ZEBRA at noon"),
        ("feed noon", "Feed the zebra at noon"),
        ('"the zebra"', "Feed the zebra at noon"),
        ("zeb*", "Feed the zebra at noon"),
        ("notes/a.txt", "Read notes/a.txt now"),
        ("a.t*", "Read notes/a.txt now"),
        ("my_file", "It used my_file twice"),
        ("1e5", "There were 1e5 of them"),
        ("-12.5", "zero"),
        ("cafe", "Das Café"),
        ("CAFÉ", "das cafe"),
        ("strasse", "Große Straße"),
        ("東京", "私は東京都に住んでいます"),
        ("都", "私は東京都に住んでいます"),
        ("住んでいます", "私は東京都に住んでいます"),
        ("京都に住", "私は東京都に住んでいます"),
        ("北京abc", "在北京abc学习"),
        ("서울", "오늘 서울에서 만나요"),
        ("ファイル", "このファイルを読む"),
        ("ﾌｧｲﾙ", "このファイルを読む"),
        ("привет", "Привет, мир"),
        ("a" * 80, "b " + "a" * 90),
    ],
)
def test_a_query_finds(query: str, text: str) -> None:
    wanted = add(user=text)
    add(user="Something else altogether")
    expected = found() if query == "-12.5" else [wanted.pk]
    assert found(q=query) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("zeb", "Feed the zebra"),
        ('"zebra feed"', "feed the zebra"),
        ('"feed zebra"', "feed the zebra"),
        ("zebra -noon", "zebra at noon"),
        ("-noon", "zebra at noon"),
        ('-"at noon"', "zebra at noon"),
        ("-no*", "zebra at noon"),
        ("京東", "東京"),
        ("大阪", "大きい 阪神"),
    ],
)
def test_a_query_does_not_find(query: str, text: str) -> None:
    add(user=text)
    assert found(q=query) == []


def test_without_alone_finds_all_the_others() -> None:
    add(user="zebra")
    other = add(user="lion")
    assert found(q="-zebra") == [other.pk]
    assert found(q="lion -zebra -tiger") == [other.pk]


def test_everything_that_is_said_called_and_returned_is_found() -> None:
    row = add(
        user="alpha",
        thought="bravo",
        answer="charlie",
        tool="write_file",
        result='{"k": "delta\\necho \\u6771\\u4eac"}',
        file_path="foxtrot/golf.txt",
        options={"depth": ["hotel"]},
    )
    for word in "alpha bravo charlie write_file delta echo 東京 foxtrot golf.txt depth hotel".split():
        assert found(q=word) == [row.pk], word


def test_a_payload_is_indexed_up_to_its_bound_and_the_rest_of_the_conversation_after_it() -> None:
    row = add(result="begin " + "x" * 5_000_000 + " end", answer="after it")
    assert found(q="begin after") == [row.pk]
    assert found(q="end") == []
    assert len(SearchText.objects.get(pk=row.pk).words) < TEXT + 200


@pytest.mark.parametrize(
    ("argument", "tool", "is_found"),
    [
        ("file_path=notes/a.txt", "", True),
        ("file_path = notes/a.txt", "read_file", True),
        ("notes/a.txt", "", True),
        ("options.depth=2", "", True),
        ("depth=2", "read_file", True),
        ("options.deep=true", "", True),
        ("tags=b", "", True),
        ("none=null", "", True),
        ("file_path=notes", "", False),
        ("path=notes/a.txt", "", False),
        ("depth=3", "", False),
        ("depth=2", "write_file", False),
        ("xqz", "", False),
        ('"; DROP TABLE x; --', "", False),
    ],
)
def test_an_argument_is_found_by_its_path_or_name_and_value(argument: str, tool: str, is_found: bool) -> None:
    row = add(file_path="notes/a.txt", options={"depth": 2, "deep": True}, tags=["a", "b"], none=None)
    assert found(argument=argument, tool=tool) == ([row.pk] if is_found else [])


def test_an_edit_changes_what_is_found_and_a_deleted_one_is_not() -> None:
    row = add(user="alpha", file_path="a.txt")
    content = row.content
    content.turns[0].user = "omega"
    content.turns[0].steps[0].calls[0].arguments = {"file_path": "b.txt"}
    save_change(row, version=1, content=content, change=Change(summary="x", reason="quibble"), by=None)
    assert found(q="alpha") == found(argument="file_path=a.txt") == []
    assert found(q="omega", argument="file_path=b.txt") == [row.pk]
    assert found(q="omega quibble") == []  # its own reason is stored after it
    index_again(row)
    assert found(q="omega quibble") == [row.pk]
    Conversation.objects.filter(pk=row.pk).delete()
    with connection.cursor() as cursor:
        table = "studio_search_index" if connection.vendor == "sqlite" else "studio_searchtext"
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (0,)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.text(alphabet="\"*-'():&|!<>\\^~ aé東ｱ\u0301\u3099%_0", max_size=40))
def test_no_query_breaks_the_search(text: str) -> None:
    list(
        Filters.read({"q": [text], "argument": [text], "check": [text]}).narrow(
            Conversation.objects.all(), by=make_user()
        )[:1]
    )


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_what_is_a_word_of_a_text_is_one_of_a_query(text: str) -> None:
    terms = f" {fold(text)} "
    for term in read_query('"' + text.replace('"', " ").replace("*", " ") + '"'):
        assert f" {term.text}" in terms


def test_what_people_say_of_a_conversation_is_found_unless_it_is_reviewed_blind() -> None:
    row, ann, ben = add(), make_user(), make_user()
    comment = start_thread(row, text="quokka?", by=ann)
    set_verdict(row, call_id=row.content.calls[0].id, verdict="wrong", comment="wombat", by=ann)
    assert found(q="quokka wombat") == [row.pk]
    edit_comment(comment, text="numbat!", by=ann)
    assert (found(q="quokka"), found(q="numbat")) == ([], [row.pk])
    delete_comment(comment, by=ann)
    assert found(q="numbat") == []
    reject(row, version=1, by=ann, reason="Off topic: dugong")
    assert found(q="dugong") == [row.pk]

    blind = add(file_path="a.txt")
    Dataset.objects.update(double_review_share=100)
    start_thread(blind, text="bilby", by=ann)
    assert found(q="bilby") == []
    approve(blind, version=1, by=ann)
    assert found(q="bilby") == []
    approve(blind, version=1, by=ben)
    assert found(q="bilby") == [blind.pk]


def test_a_check_is_found_by_its_code_and_not_by_words() -> None:
    row = add(result="boom", answer="All went well.")
    code = "invented_argument"
    assert all(finding["code"] != code for finding in row.findings)
    assert found(check=code) == []
    Conversation.objects.filter(pk=row.pk).update(findings=[{"code": code, "severity": "warning", "message": "x"}])
    index_again(row)
    assert found(check=code) == [row.pk]
    assert found(q=code) == []


def test_what_was_stored_before_there_was_a_search_is_found_after_a_check() -> None:
    row = add(user="alpha")
    SearchText.objects.all().delete()
    Conversation.objects.update(token_count=0)
    assert found(q="alpha") == []
    recheck(row.pk)
    assert found(q="alpha", tokens_min=1) == [row.pk]


def test_many_are_written_down_in_few_statements_and_only_where_something_changed() -> None:
    rows = [add(user=f"zebra {number}") for number in range(6)]
    Conversation.objects.filter(pk=rows[0].pk).update(is_blind=True)
    # Beside the studio's verbs, so that nothing is indexed yet.
    for row in rows[:3]:
        row.reviews.create(reviewer=make_user(), decision="rejected", previous_status="", version=1, reason="Ostrich")
    with CaptureQueriesContext(connection) as queries:
        index_again_all([row.pk for row in rows])
    assert len(queries) < 10
    assert found(q="ostrich") == [rows[1].pk, rows[2].pk]  # not where it is reviewed blind
    assert found(q="zebra") == [row.pk for row in rows]
    with CaptureQueriesContext(connection) as queries:
        index_again_all([row.pk for row in rows])
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


@pytest.mark.parametrize("query", ["zebra", "zeb*", '"the zebra"', "-noon"])
def test_many_matches_are_found_as_few_are(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("Feed the zebra", "Feed the zebra at noon", "Feed at noon", "Feed the zebras"):
        add(user=text)
    few = found(q=query)
    monkeypatch.setattr(search, "FEW", 0)
    assert found(q=query) == few != []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite reads the keys once in any case")
def test_of_many_matches_a_page_is_looked_for_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    add(user="Feed the zebra")
    rows = Filters(q="zebra").narrow(Conversation.objects.all(), by=make_user())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of a few rows it would look at all
    plan = rows.order_by("-updated_at")[:50].explain()
    assert "hashed SubPlan" in plan
    assert "studio_searchtext_index" in plan
    assert "Sort" not in plan


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no place beside the row")
def test_documents_are_kept_beside_the_rows_that_lists_go_through() -> None:
    add(result="line\n" * 600)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'studio_conversation'::regclass")
        (beside,) = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM {beside}")
        assert cursor.fetchone()[0] > 0
