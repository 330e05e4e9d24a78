"""A studio of its own for each test of a command."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.studio.commands.processes import Studio


@pytest.fixture
def make_studio(tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    """Makes studios on one data folder; ends what they left running."""
    made: list[Studio] = []

    def make(**environment: str) -> Studio:
        made.append(Studio(tmp_path, **environment))
        return made[-1]

    yield make
    for studio in made:
        studio.stop()
