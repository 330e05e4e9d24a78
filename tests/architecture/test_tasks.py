"""What every Celery task promises."""

import inspect
from pathlib import Path

import pytest
from celery import Task

from studio.celery import app

ROOT = Path(__file__).resolve().parents[2]


def all_tasks() -> dict[str, Task]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_there_are_tasks_and_each_is_named_after_the_studio() -> None:
    names = sorted(all_tasks())
    assert {"studio.build_item", "studio.run_again"} <= set(names)
    assert [name for name in names if not name.startswith("studio.")] == []


def test_every_task_is_found_by_the_worker() -> None:
    marks = sum(text.count("@app.task") + text.count("@shared_task") for text in _sources())
    assert marks == len(all_tasks())


def _sources() -> list[str]:
    return [path.read_text("utf-8") for path in (ROOT / "studio").rglob("*.py")]


@pytest.mark.parametrize("name", sorted(all_tasks()))
class TestEach:
    def test_it_takes_keywords_only_that_a_message_can_carry(self, name: str) -> None:
        parameters = inspect.signature(all_tasks()[name].run).parameters.values()
        assert [str(one) for one in parameters if one.kind is not inspect.Parameter.KEYWORD_ONLY] == []
        assert {one.annotation for one in parameters} <= {int, str, bool, "int", "str", "bool"}

    def test_it_says_why_it_may_come_twice(self, name: str) -> None:
        assert "dempotent" in (all_tasks()[name].__doc__ or "")

    def test_it_is_acknowledged_late_and_keeps_no_result(self, name: str) -> None:
        task = all_tasks()[name]
        assert task.acks_late
        assert task.reject_on_worker_lost
        assert task.ignore_result

    def test_its_message_is_json(self, name: str) -> None:
        assert all_tasks()[name].serializer == "json"
        assert list(app.conf.accept_content) == ["json"]


def test_a_worker_takes_no_more_messages_than_it_works() -> None:
    assert app.conf.worker_prefetch_multiplier == 1
