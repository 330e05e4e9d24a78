"""The review page of a big conversation, 200 pairs with 5 MB of results: what it costs the server, and what Chromium makes of it.

Frames are counted in a headless Chromium that draws with the CPU, on a machine that serves the page as well: figures of a reader's own
machine are better.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import Client
from django.test.testcases import LiveServerThread
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, sync_playwright

import studio.wsgi  # noqa: F401  what a server does before its first request
from generation.conversation import Conversation as Content
from studio.domain import reviews
from studio.models import Conversation, User
from tests.conftest import is_there
from tests.load.figures import Figure, Options, at_most, exactly
from tests.load.processes import on_postgresql
from tests.load.rows import Stopwatch, big_conversation, own_database
from tests.standins.review_rows import person, store

PAIRS = 200
SERVER_MS, QUERIES = 300, 12
PAGE_KB = 150
LONGEST_MS, BUSY_MS = 200, 1000
"""On opening: the longest task of the main thread by the clock, and the CPU time of all its work until it has nothing left to do."""
PRESS_MS, FRAME_MS, LATE_SHARE = 50, 100, 0.05
"""While scrolling: the main thread's CPU time for one step, the longest gap between frames, the share of frames that came late."""
LATE_MS = 50
"""A gap of three frames is one that is seen."""
CHROMIUM = "/usr/bin/chromium"
GZIP = {"Accept-Encoding": "gzip"}

_WATCH = """
window.seen = { tasks: [], gaps: [] };
new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((task) => [task.startTime, task.duration])))
  .observe({ type: "longtask", buffered: true });
"""
_COUNT_FRAMES = """() => {
  seen.gaps = [];
  let last = performance.now();
  const next = (now) => { seen.gaps.push(now - last); last = now; seen.frame = requestAnimationFrame(next); };
  seen.frame = requestAnimationFrame(next);
}"""
_STOP_FRAMES = "() => { cancelAnimationFrame(seen.frame); return seen.gaps; }"
_IS_IDLE = "() => document.readyState === 'complete' && performance.now() - (seen.tasks.at(-1)?.reduce((a, b) => a + b) ?? 0) > 1000"


def measure(options: Options) -> Iterator[Figure]:
    """Results of every kind and size, and results that are all JSON."""
    rounds = options.size(60, 12)
    with own_database() as kind:
        anna = person("anna", "lead")
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(anna)
        mixed, dense = (_claimed(big_conversation(is_json=is_json), anna) for is_json in (False, True))
        yield from _server(client, mixed, "big page", rounds)
        yield from _server(client, dense, "big page of JSON", rounds)
        if kind == "SQLite" and is_there("chromium"):
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            yield from _browser(cookie, mixed, "big page", options)
            yield from _browser(cookie, dense, "big page of JSON", options)
    yield from on_postgresql("big_pages", options)


def _claimed(content: Content, by: User) -> Conversation:
    row = store(content)
    assert reviews.claim(row, by=by)
    return row


def _server(client: Client, row: Conversation, what: str, rounds: int) -> Iterator[Figure]:
    url, watch = f"/conversations/{row.pid}/", Stopwatch()
    for _ in range(rounds + 2):
        with watch():
            page = client.get(url, headers=GZIP)
    del watch.times[:2]
    with CaptureQueriesContext(connection) as queries:
        text = client.get(url).content
        asked = len(queries)
    yield exactly(f"{what}: cards", text.count(b'class="card"'), PAIRS)
    yield at_most(f"{what}: server time, p95", watch.p95, SERVER_MS, "ms", note=watch.note)
    yield at_most(f"{what}: queries", asked, QUERIES)
    note = f"of {len(text) / 1024:,.0f} KB"
    yield at_most(f"{what}: transfer of the page itself", len(page.content) / 1024, PAGE_KB, "KB", note=note)


def _browser(cookie: str, row: Conversation, what: str, options: Options) -> Iterator[Figure]:
    opened = [_open(cookie, row) for _ in range(options.size(5, 2))]
    longest, busy = (median(getattr(each, name) for each in opened) for name in ("longest_ms", "busy_ms"))
    ready = median(each.ready_ms for each in opened)
    yield at_most(f"{what}: opening in Chromium, longest task", longest, LONGEST_MS, "ms")
    yield at_most(
        f"{what}: opening in Chromium, main thread", busy, BUSY_MS, "ms", note=f"interactive after {ready:.0f} ms"
    )
    with _tab(cookie) as page:
        _go(page, row)
        keys = _scroll(page, lambda: page.keyboard.press("j"), times=PAIRS + 3)
        at_end = page.evaluate("document.querySelector('.card.is-active, .text-answer.is-active')?.id ?? ''")
        yield exactly(f"{what}: where j leads", at_end, "text-answer-3")
        yield from keys.figures(f"{what}: by j")
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(600, 500)
        yield from _scroll(page, lambda: page.mouse.wheel(0, 400), times=PAIRS).figures(f"{what}: by wheel")


@dataclass(frozen=True)
class _Opened:
    longest_ms: float
    busy_ms: float
    ready_ms: float


@dataclass(frozen=True)
class _Scrolled:
    """``work_ms``: of the main thread for each step; ``gaps_ms``: between frames."""

    work_ms: float
    gaps_ms: list[float]

    def figures(self, what: str) -> Iterator[Figure]:
        late = sum(gap > LATE_MS for gap in self.gaps_ms) / len(self.gaps_ms)
        p95 = quantiles(self.gaps_ms, n=100)[94]
        yield at_most(f"{what}, main thread for a step", self.work_ms, PRESS_MS, "ms")
        yield at_most(f"{what}, longest gap between frames", max(self.gaps_ms), FRAME_MS, "ms", note=f"p95 {p95:.0f}")
        yield at_most(f"{what}, share of late frames", late, LATE_SHARE)


def _open(cookie: str, row: Conversation) -> _Opened:
    with _tab(cookie) as page:
        meter = _Meter(page)
        _go(page, row)
        tasks = page.evaluate("seen.tasks")
        return _Opened(
            longest_ms=max((length for _, length in tasks), default=0.0),
            busy_ms=meter.worked_ms(),
            ready_ms=max((start + length for start, length in tasks), default=0.0),
        )


def _go(page: Page, row: Conversation) -> None:
    page.goto(f"/conversations/{row.pid}/")
    page.wait_for_function(_IS_IDLE)


def _scroll(page: Page, step: Callable[[], None], *, times: int) -> _Scrolled:
    meter = _Meter(page)
    before = meter.worked_ms()
    page.evaluate(_COUNT_FRAMES)
    for _ in range(times):
        step()
    gaps = page.evaluate(_STOP_FRAMES)
    return _Scrolled((meter.worked_ms() - before) / times, gaps)


class _Meter:
    """The work of a tab's main thread since now, in milliseconds of CPU: other processes take none of those."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked_ms(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


@contextmanager
def _tab(cookie: str) -> Iterator[Page]:
    """A browser of its own on a studio of its own, with the session of ``cookie``."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None, server.error
    url = f"http://127.0.0.1:{server.port}"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
            context.add_init_script(_WATCH)
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
            yield context.new_page()
            browser.close()
    finally:
        server.terminate()
