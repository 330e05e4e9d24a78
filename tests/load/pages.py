"""What pages cost the server: time, queries and bytes. In process, warmed up, with a client that takes gzip."""

import json
import re
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import studio.wsgi  # noqa: F401  what a server does before its first request
from studio.domain import reviews
from studio.models import Conversation
from tests.load.figures import Figure, Options, at_most, exactly
from tests.load.processes import on_postgresql
from tests.load.rows import Stopwatch, long_conversation, many_conversations, own_database
from tests.standins.review_rows import person, store
from tests.standins.transfer import FIRST_BYTES, GZIP, LATER_BYTES, files_of, page_bytes

REVIEW_MS, SAVE_MS, LIST_MS = 60, 50, 150
QUERIES = 12
HTMX = {"HX-Request": "true"}


def measure(options: Options) -> Iterator[Figure]:
    """The review page of 60 pairs, a saved edit of it, and the list of 100,000."""
    rounds = options.size(100, 30)
    with own_database() as kind:
        anna = person("anna", "lead")
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(anna)
        row = store(long_conversation())
        assert reviews.claim(row, by=anna)
        yield from _review_page(client, row, rounds)
        yield from _saves(client, row, rounds)
        count = options.size(100_000, 10_000)
        many_conversations(count)
        yield from _list(client, f"list of {count:,} ({kind})", options.size(20, 10))
    yield from on_postgresql("pages", options)


def _review_page(client: Client, row: Conversation, rounds: int) -> Iterator[Figure]:
    url = f"/conversations/{row.pid}/"
    watch = Stopwatch()
    for _ in range(rounds + 5):
        with watch():
            client.get(url, headers=GZIP)
    del watch.times[:5]
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
        asked = len(queries)
    yield exactly("review page: cards of 60 pairs", client.get(url).content.count(b'class="card"'), 60)
    yield at_most("review page: server time, p95", watch.p95, REVIEW_MS, "ms", note=watch.note)
    yield at_most("review page: queries", asked, QUERIES)
    files = files_of(client, url)
    later = page_bytes(client, url) + page_bytes(client, f"{url}background/", fragment=True)
    first = later + sum(files.values())
    yield at_most(
        "review page: first transfer", first / 1024, FIRST_BYTES / 1024, "KB", note=f"with {len(files)} files"
    )
    yield at_most("review page: transfer after that", later / 1024, LATER_BYTES / 1024, "KB")


def _saves(client: Client, row: Conversation, rounds: int) -> Iterator[Figure]:
    call_id = row.pairs.get(number=30).call_id
    watch = Stopwatch()
    for number in range(rounds):
        path = ("notes/b.txt", "notes/a.txt")[number % 2]
        posted = {"kind": "raw", "text": json.dumps({"file_path": path}), "version": number + 1}
        with watch():
            response = client.post(f"/conversations/{row.pid}/calls/{call_id}/edit/", posted, headers=HTMX | GZIP)
        assert response.status_code == 200, response.content[:500]
    row.refresh_from_db()
    yield exactly("save of an edit: versions", row.version, rounds + 1)
    yield at_most("save of an edit: server time, p95", watch.p95, SAVE_MS, "ms", note=watch.note)


def _list(client: Client, what: str, rounds: int) -> Iterator[Figure]:
    first = client.get("/conversations/")
    behind = re.search(r"after=[\w%-]+", first.content.decode())
    assert behind is not None, "the list has no next page"
    yield at_most(f"{what}: transfer of a page", page_bytes(client, "/conversations/") / 1024, LATER_BYTES / 1024, "KB")
    queries = {
        "first page": "",
        "next page": f"?{behind[0]}",
        "one status": "?status=second_opinion",
        "one tool, worst first": "?tool=read_file&sort=worst",
        "a rare tool, most tokens first": "?tool=delete_file&sort=tokens",
        "what few are, worst first": "?stale=yes&sort=worst",
        "what none is": "?replay=differs&outcome=tool_error",
        "search that finds one": "?q=note+4321+say",
        "search for a frequent word, worst first": "?q=note&sort=worst",
        "search for a beginning, recently changed": "?q=ta*&sort=changed",
        "search for all without a word": "?q=-ba0",
        "an argument's value": "?argument=file_path=notes/77.txt&sort=worst",
        "an argument's value, of half of them, and more": "?argument=limit=1&tool=read_file&status=approved&sort=worst",
    }
    for name, query in queries.items():
        watch = Stopwatch()
        for _ in range(rounds):
            with watch():
                response = client.get(f"/conversations/{query}", headers=GZIP)
            assert response.status_code == 200
        yield at_most(f"{what}: {name}, p95", watch.p95, LIST_MS, "ms", note=watch.note)
