"""Workers killed with SIGKILL in the middle of a run: every conversation once, and what each kill cost.

A model call is lost when it was made but the state with its reply was not yet saved. It is made again, to the letter,
so the very same request comes in once more after the kill: that is what is counted, kill by kill, and checked against the ledger.
"""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from generation.conversation import digest
from tests.load.figures import Figure, Options, exactly, no_more_than
from tests.load.processes import generate_command, studio_on
from tests.standins.openai_server import Latency, OpenAIServer
from tests.standins.spin_server import SpinServer
from tests.studio.commands.processes import Studio, free_port, last_line, wait_until

SLOTS = 8
LATENCY = Latency(median_s=0.05, sigma=0.5)


@dataclass(frozen=True, kw_only=True)
class Survived:
    """What came of a run whose worker was killed. ``lost``: model calls made again, for each kill; ``unwritten``: calls that
    were answered but stand in no ledger."""

    generated: object
    conversations: int
    items_with_one: int
    attempts_spent: int
    sessions_left: int
    lost: list[int]
    unwritten: int


def measure(options: Options) -> Iterator[Figure]:
    """20 kills in 300 conversations."""
    count, kills = options.size(300, 60), options.size(20, 4)
    result = survive(count=count, kills=kills)
    yield exactly(f"kills: conversations after {kills} kills", result.conversations, count)
    yield exactly("kills: items that have exactly one", result.items_with_one, count)
    yield exactly("kills: reported as generated", result.generated, count)
    yield exactly("kills: attempts spent", result.attempts_spent, 0)
    yield no_more_than(f"kills: model calls lost by the worst kill ({SLOTS} slots)", max(result.lost), SLOTS)
    yield exactly(
        "kills: answered calls missing from the ledger, beside the lost", result.unwritten - sum(result.lost), 0
    )
    yield Figure(name="kills: model calls lost, mean of a kill", measured=f"{sum(result.lost) / kills:.2g}")
    yield no_more_than("kills: sessions left in the tool service, each known to the sweeper", result.sessions_left, 0)


def survive(*, count: int, kills: int) -> Survived:
    """Run ``up`` and kill it ``kills`` times while ``count`` conversations are made."""
    with (
        OpenAIServer(latency=LATENCY) as model,
        SpinServer() as spin,
        studio_on(OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="standin", SPIN_ENDPOINT=spin.url) as studio,
    ):
        generating = studio.start(*generate_command(count=count, concurrency=SLOTS, inline=False))
        made_until: list[int] = []
        for kill in range(1, kills + 1):
            _work_until(studio, generating, made=kill * count // (kills + 1))
            wait_until(lambda: model.in_flight == 0, what="the answers to the killed worker")
            made_until.append(len(model.requests))
        up = _up(studio)
        out, err = generating.communicate(timeout=300)
        assert out.strip(), err
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=30)
        summary = last_line(subprocess.CompletedProcess([], 0, out, err))
        known = {session_id for (session_id,) in studio.rows("SELECT session_id FROM studio_sandboxsession")}
        asked = [digest(request.body) for request in model.requests]
        return Survived(
            generated=summary["generated"],
            conversations=studio.count("conversation"),
            items_with_one=int(studio.rows("SELECT count(DISTINCT item_id) FROM studio_conversation")[0][0]),
            attempts_spent=studio.count("item", "attempts > 0"),
            sessions_left=len(set(spin.sessions) - known),
            lost=_lost(asked, made_until),
            unwritten=len(asked) - studio.count("ledgerentry"),
        )


def _work_until(studio: Studio, generating: "subprocess.Popen[str]", *, made: int) -> None:
    up = _up(studio)
    wait_until(
        lambda: studio.count("conversation") >= made or generating.poll() is not None,
        seconds=120,
        what=f"{made} conversations",
    )
    os.killpg(up.pid, signal.SIGKILL)
    up.communicate()


def _up(studio: Studio) -> "subprocess.Popen[str]":
    return studio.start("up", "--port", str(free_port()), "--concurrency", str(SLOTS))


def _lost(asked: list[str], made_until: list[int]) -> list[int]:
    """For each kill, how many of the requests since the kill before came in again later."""
    later = Counter(asked)
    lost, start = [], 0
    for end in made_until:
        epoch = Counter(asked[start:end])
        later -= epoch
        lost.append(sum(min(times, later[request]) for request, times in epoch.items()))
        start = end
    return lost
