"""``up``: web and worker in one process, killed and started again."""

import os
import signal
import socket
import urllib.request
from collections.abc import Callable

import pytest

from studio.domain.samples import FOLDER
from tests.standins.openai_server import Latency, OpenAIServer
from tests.standins.spin_server import SpinServer
from tests.studio.commands.processes import Studio, free_port, wait_until

SCENARIOS = str(FOLDER / "files.scenarios.jsonl")
MakeStudio = Callable[..., Studio]


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def test_killed_in_the_middle_of_a_run_it_doubles_and_loses_nothing(make_studio: MakeStudio) -> None:
    with OpenAIServer(latency=Latency(median_s=0.05, sigma=0.3)) as model, SpinServer() as spin:
        studio = make_studio(OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="m1", SPIN_ENDPOINT=spin.url)
        assert studio.run("migrate").returncode == 0
        generating = studio.start(
            *"generate --dataset d --registry files --endpoint openai --count 30 --seed 1 --scenarios".split(),
            SCENARIOS,
        )
        for wanted in (2, 8, 16):
            up = studio.start("up", "--port", str(free_port()), "--concurrency", "8")
            wait_until(lambda: studio.count("conversation") >= wanted, what=f"{wanted} conversations")  # noqa: B023  used at once
            os.killpg(up.pid, signal.SIGKILL)
            up.communicate()
        calls_before = model.counts.total()
        up = studio.start("up", "--port", str(free_port()), "--concurrency", "8")
        out, err = generating.communicate(timeout=120)
        assert generating.returncode == 0, err
        assert '"generated": 30' in out
        assert studio.count("conversation") == 30
        assert studio.rows("SELECT count(DISTINCT item_id) FROM studio_conversation") == [(30,)]
        assert studio.count("item", "status = 'done'") == 30
        assert studio.count("item", "attempts > 0") == 0, "a killed worker must not cost an attempt"
        assert model.counts.total() >= calls_before
        os.killpg(up.pid, signal.SIGTERM)
        up.communicate(timeout=120)


def test_term_ends_it_and_its_items_are_taken_up_again(make_studio: MakeStudio) -> None:
    with OpenAIServer(latency=Latency(median_s=0.05, sigma=0.1)) as model:
        studio = make_studio(OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="m1")
        generating = studio.start(
            *"generate --dataset d --registry files --endpoint openai --count 12 --scenarios".split(), SCENARIOS
        )
        wait_until(lambda: studio.count("item") == 12, what="the run")
        up = studio.start("up", "--port", str(free_port()))
        wait_until(lambda: studio.count("item", "status = 'building'") > 0, what="building")
        os.killpg(up.pid, signal.SIGTERM)
        up.communicate(timeout=120)
        studio.start("up", "--port", str(free_port()))
        generating.communicate(timeout=120)
        assert generating.returncode == 0
        assert studio.count("conversation") == 12


def test_a_taken_port_is_one_sentence(make_studio: MakeStudio) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = make_studio().run("up", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "can't be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_on_one_data_folder_are_refused(make_studio: MakeStudio) -> None:
    studio = make_studio()
    port = free_port()
    studio.start("up", "--port", str(port))
    wait_until(lambda: _answers(port), what="the login page")
    done = studio.run("up", "--port", str(free_port()))
    assert done.returncode == 2
    assert "already runs" in done.stderr


def test_demo_fills_a_studio_once(make_studio: MakeStudio) -> None:
    studio = make_studio()
    assert studio.run("demo", "--no-serve", "--count", "21", timeout=180).returncode == 0
    assert studio.count("conversation") == 21
    assert {row[0] for row in studio.rows("SELECT DISTINCT mode FROM studio_conversation")} == {
        "single_turn",
        "multi_turn",
    }
    assert studio.count("conversation", "status = 'withheld'") == 0
    again = studio.run("demo", "--no-serve", "--count", "21", timeout=180)
    assert again.returncode == 0, again.stderr
    assert studio.count("conversation") == 21
    assert studio.count("user") == 3


def test_demo_serves_and_prints_where_to_go(make_studio: MakeStudio) -> None:
    studio = make_studio()
    port = free_port()
    demo = studio.start("demo", "--count", "6", "--port", str(port))
    wait_until(lambda: studio.count("conversation") == 6, what="the demo's conversations")
    wait_until(lambda: _answers(port), what="the login page")
    os.killpg(demo.pid, signal.SIGTERM)
    _, err = demo.communicate(timeout=120)
    assert f"http://127.0.0.1:{port}" in err
    assert (studio.folder / "data" / "demo-password").read_text() in err


@pytest.mark.parametrize(
    "broker",
    [
        pytest.param("redis://127.0.0.1:6379/11", marks=pytest.mark.service("redis")),
        pytest.param("amqp://guest:guest@127.0.0.1:5672//", marks=pytest.mark.service("rabbitmq")),
    ],
)
def test_workers_of_their_own_survive_a_kill(make_studio: MakeStudio, broker: str) -> None:
    with OpenAIServer(latency=Latency(median_s=0.05, sigma=0.3)) as model:
        studio = make_studio(OPENAI_BASE_URL=model.base_url, OPENAI_MODEL="m1", BROKER_URL=broker)
        generating = studio.start(
            *"generate --dataset d --registry files --endpoint openai --count 24 --scenarios".split(), SCENARIOS
        )
        first, second = studio.worker(), studio.worker()
        wait_until(lambda: studio.count("conversation") >= 3, what="three conversations")
        os.killpg(first.pid, signal.SIGKILL)
        out, err = generating.communicate(timeout=120)
        assert generating.returncode == 0, err
        assert studio.count("conversation") == 24
        assert studio.rows("SELECT count(DISTINCT item_id) FROM studio_conversation") == [(24,)]
        assert '"generated": 24' in out
        assert second.poll() is None


def test_a_generate_nobody_works_says_so_and_can_be_stopped(make_studio: MakeStudio) -> None:
    studio = make_studio()
    generating = studio.start(*"generate --dataset d --registry files --count 2 --scenarios".split(), SCENARIOS)
    wait_until(lambda: studio.count("item") == 2, what="the run")
    os.killpg(generating.pid, signal.SIGINT)
    _, err = generating.communicate(timeout=120)
    assert generating.returncode == 130
    assert "keeps what it has" in err
