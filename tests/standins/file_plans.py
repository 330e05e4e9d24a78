"""Plans, replies and runs over three file tools, for the builders' tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.builders.attempt import run_attempt
from generation.conversation import Conversation
from generation.llm.scripted import ScriptedLLM
from generation.plan import Config, Pattern, Plan, Scenario
from generation.tools import ToolDefinition
from tests.standins.memory_session import MemorySession

PATH = {"type": "string", "minLength": 1}
READS = {"readOnlyHint": True}
FILE_TOOLS = [
    ToolDefinition(
        name="read_file",
        description="Read a file.",
        component="vfs",
        annotations=READS,
        parameters={"type": "object", "properties": {"file_path": PATH}, "required": ["file_path"]},
    ),
    ToolDefinition(
        name="write_file",
        description="Write a file.",
        component="vfs",
        parameters={
            "type": "object",
            "properties": {"file_path": PATH, "content": {"type": "string"}},
            "required": ["file_path", "content"],
        },
    ),
    ToolDefinition(name="list_files", description="List all files.", component="vfs", annotations=READS),
]
SEED_FILES = {"notes.txt": "buy milk", "empty.txt": ""}


def plan(
    *, pattern: str | None = None, mode: str = "single_turn", turns: int | None = None, seed: int = 7, **config: Any
) -> Plan:
    scenario = Scenario(
        prompt="Ada keeps notes and wants to know what stands in them.",
        mode=mode,
        turns=turns,
        seed_files=SEED_FILES,
        pattern=Pattern(pattern) if pattern else None,
        persona="a busy cook",
        language="English",
        topic="notes",
    )
    return Plan(scenario=scenario, tools=FILE_TOOLS, config=Config(**config), seed=seed)


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"function_name": tool, "arguments": arguments, "reasoning": "to know"}


def read(path: str = "notes.txt") -> dict[str, Any]:
    return call("read_file", file_path=path)


def write(path: str = "notes.txt", content: str = "buy bread") -> dict[str, Any]:
    return call("write_file", file_path=path, content=content)


def step(*calls: Mapping[str, Any], final: bool = False, thought: str = "Let me see.") -> tuple[str, dict[str, Any]]:
    return "step", {"thought": thought, "tool_calls": list(calls), "is_final": final}


def final() -> tuple[str, dict[str, Any]]:
    return step(final=True, thought="I can answer.")


def user(text: str = "What stands in notes.txt and empty.txt?") -> tuple[str, dict[str, Any]]:
    return "user_message", {"content": text}


def answer(text: str = "They say: buy milk.") -> tuple[str, dict[str, Any]]:
    return "answer", {"content": text}


def overview() -> tuple[str, dict[str, Any]]:
    return "overview", {"description": "Ada reads her notes, changes them and checks the change."}


def concludes(verdict: bool) -> tuple[str, dict[str, Any]]:
    return "conclusion", {"should_conclude": verdict}


class Run:
    """One attempt over a script: its outcome, what was asked and reported, and the sandbox it had."""

    def __init__(
        self,
        script: Sequence[tuple[str, Any]],
        its_plan: Plan | None = None,
        *,
        session: MemorySession | None = None,
        continue_from: Conversation | None = None,
    ) -> None:
        self.plan = its_plan or plan()
        self.llm = ScriptedLLM(script)
        self.session = session or MemorySession(SEED_FILES)
        self.states: list[Conversation] = []
        self.continue_from = continue_from

    def go(self) -> Conversation:
        return run_attempt(
            self.plan,
            llm=self.llm,
            session=self.session,
            report=self.states.append,
            continue_from=self.continue_from,
        )

    def asked(self, purpose: str) -> list[str]:
        """The last message of each question of this purpose."""
        return [request.messages[-1]["content"] for request in self.llm.requests if request.purpose == purpose]


def built(script: Sequence[tuple[str, Any]], its_plan: Plan | None = None) -> Conversation:
    return Run(script, its_plan).go()
