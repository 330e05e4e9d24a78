"""Finished conversations for tests: one of each kind that has broken a format somewhere."""

from typing import Any

from generation.conversation import Call, Conversation, Outcome, Step, Turn
from generation.tools import ToolDefinition

READ = ToolDefinition(
    name="read_file",
    description="Read a file.",
    parameters={"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]},
    component="vfs",
)
SEARCH = ToolDefinition(
    name="search_issues",
    description="Find issues.",
    parameters={
        "type": "object",
        "properties": {
            "state": {"enum": ["open", "closed"], "default": "open"},
            "labels": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "author": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/person"}]},
            "limit": {"type": "integer", "minimum": 1},
        },
        "$defs": {"person": {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}}},
    },
)
TIME = ToolDefinition(name="current_time", description="")
TOOLS = [READ, SEARCH, TIME]


def call(number: int, tool: str, arguments: dict[str, Any], result: str, *, error: str | None = None) -> Call:
    """An executed call; its id counts."""
    return Call(
        id=f"call{number:05d}",
        tool=tool,
        arguments=arguments,
        reason=f"reason {number}",
        result=f"Error ({error}): {result}" if error else result,
        outcome=Outcome.TOOL_ERROR if error else Outcome.OK,
        error_type=error,
        duration_ms=1.5,
    )


def conversation(*turns: Turn, **members: Any) -> Conversation:
    mode = "multi_turn" if len(turns) > 1 else "single_turn"
    return Conversation(**{"system_prompt": "Be brief.", "tools": TOOLS, "turns": turns, "mode": mode} | members)


SINGLE_TURN = conversation(
    Turn(
        user="What is in notes.txt?",
        steps=[
            Step(thought="I read it.", calls=[call(1, "read_file", {"file_path": "notes.txt"}, "buy milk")]),
            Step(thought="That is all."),
        ],
        answer="It says: buy milk.",
    )
)
MULTI_TURN = conversation(
    Turn(
        user="Which issues are open?",
        steps=[
            Step(calls=[call(1, "search_issues", {"state": "open", "labels": ["bug"], "limit": 2}, '[{"id":7}]')]),
            Step(calls=[call(2, "search_issues", {"author": {"mail": "a@example.org"}}, "[]")]),
        ],
        answer="Issue seven.",
    ),
    Turn(user="And what time is it?", steps=[Step(calls=[call(3, "current_time", {}, "noon")])], answer="Noon it is."),
    topic="issues",
    overview="The user wants to know what is left to do.",
)
PARALLEL = conversation(
    Turn(
        user="Read both files.",
        steps=[
            Step(
                thought="Two at once.",
                calls=[
                    call(1, "read_file", {"file_path": "a.txt"}, "alpha"),
                    call(2, "read_file", {"file_path": "b.txt"}, "beta"),
                ],
            )
        ],
        answer="Alpha and beta.",
    ),
    pattern="parallel",
)
TEXT_BESIDE_CALLS = conversation(
    Turn(
        user="Read c.txt, please.",
        steps=[Step(text="I look at it.", calls=[call(1, "read_file", {"file_path": "c.txt"}, "gamma")])],
        answer="Gamma.",
    )
)
TOOL_ERROR = conversation(
    Turn(
        user="Read gone.txt.",
        steps=[
            Step(
                calls=[
                    call(1, "read_file", {"file_path": "gone.txt"}, "File not found: gone.txt", error="FileNotFound")
                ]
            )
        ],
        answer="There is no such file.",
    )
)
EMPTY_RESULT = conversation(
    Turn(
        user="Read empty.txt.",
        steps=[Step(calls=[call(1, "read_file", {"file_path": "empty.txt"}, "")])],
        answer="It is empty.",
    )
)
UNICODE = conversation(
    Turn(
        user="Was steht in grüße.txt? 日本語 \u202eקרא\u202c",
        steps=[
            Step(
                thought="Grüße 🙂",
                calls=[call(1, "read_file", {"file_path": "grüße.txt"}, "line\u2028para\u2029next\x85end é 🙂")],
            )
        ],
        answer="Grüße 🙂, 日本語.",
    ),
    language="de",
)
NO_TOOL = conversation(Turn(user="Hello?", answer="Hello, what can I do?"), pattern="no_tool", system_prompt="")

CASES = {
    "single turn": SINGLE_TURN,
    "multi-turn": MULTI_TURN,
    "parallel calls": PARALLEL,
    "text beside calls": TEXT_BESIDE_CALLS,
    "tool error": TOOL_ERROR,
    "empty result": EMPTY_RESULT,
    "unicode": UNICODE,
    "no tool": NO_TOOL,
}
