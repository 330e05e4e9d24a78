"""A turn as it stands: what is asked, what was done and seen, what may still be done."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generation.llm.demo.clauses import Clause
from generation.llm.demo.memory import Memory
from generation.llm.demo.profiles import Profile
from generation.llm.demo.request import Done, Task


class Wanted(NamedTuple):
    """A call the demo model wants to make, and why."""

    tool: Profile
    arguments: dict[str, Any]
    why: str


@dataclass
class Goal:
    """One clause of the request with the tool chosen for it."""

    clause: Clause
    tool: Profile


@dataclass
class Situation:
    """The turn as it stands: what is asked, what was done, what may still be done."""

    task: Task
    message: str
    done: list[Done]
    memory: Memory
    goals: list[Goal] = field(default_factory=list)
    calls_left: int = 3
    steps_left: int = 5

    @property
    def tools(self) -> tuple[Profile, ...]:
        return self.task.tools

    def was_made(self, tool: Profile, arguments: dict[str, Any]) -> bool:
        """Whether this very call stands in this turn and nothing was changed or went wrong since."""
        reading = {each.name for each in self.tools if each.reads}
        for call in reversed(self.done):
            if call.is_same(tool.name, arguments):
                return True
            if call.tool not in reading:
                return False
        return False

    def is_done(self, tool: Profile, arguments: dict[str, Any]) -> bool:
        """Whether the call was made in this turn, whatever happened since."""
        return any(call.is_same(tool.name, arguments) for call in self.done)
