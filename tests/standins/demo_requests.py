"""Requests as the builders send them, made by hand for tests of the demo model."""

import json
from typing import Any

from generation.llm.demo import answer

Tool = dict[str, Any]

READ_FILE: Tool = {
    "name": "read_file",
    "description": "Read a text file.",
    "parameters": {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]},
    "annotations": {"readOnlyHint": True},
}
LIST_FILES: Tool = {
    "name": "list_files",
    "description": "List the paths of all files.",
    "parameters": {"type": "object", "properties": {}},
    "annotations": {"readOnlyHint": True},
}
WRITE_FILE: Tool = {
    "name": "write_file",
    "description": "Write text to a file.",
    "parameters": {
        "type": "object",
        "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}},
        "required": ["file_path", "content"],
    },
    "annotations": {"readOnlyHint": False},
}
FILES = [READ_FILE, LIST_FILES, WRITE_FILE]


def request(
    purpose: str,
    task: str,
    *,
    tools: list[Tool] | None = None,
    history: list[dict[str, Any]] | None = None,
    seed: int = 1,
) -> dict[str, Any]:
    """A request body: system with the tools, the history, the task as the last user message."""
    lines = "\n".join(json.dumps(tool) for tool in tools or [])
    return {
        "model": "demo",
        "messages": [
            {"role": "system", "content": f"You help.\n\n<tools>\n{lines}\n</tools>\n\nRules."},
            *(history or []),
            {"role": "user", "content": task},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": purpose, "schema": {"type": "object"}}},
        "seed": seed,
    }


def reply(body: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """What the demo model answers to a request, as the JSON in its content."""
    content = answer(body, **settings)["choices"][0]["message"]["content"]
    value: dict[str, Any] = json.loads(content)
    return value


def calls(body: dict[str, Any], **settings: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names and arguments of the calls of a step."""
    return [(call["function_name"], call["arguments"]) for call in reply(body, **settings)["tool_calls"]]


def step(
    said: str,
    *,
    tools: list[Tool],
    done: list[tuple[str, dict[str, Any], str]] | None = None,
    sections: str = "",
    limits: tuple[int, int] = (5, 5),
    seed: int = 1,
) -> dict[str, Any]:
    """A step's request; ``done`` are calls already made for this message, each in a step of its own; ``limits``
    are steps and calls left."""
    history: list[dict[str, Any]] = [{"role": "user", "content": said}]
    for number, (name, arguments, result) in enumerate(done or []):
        call = {
            "id": f"call{number:05}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        history.append({"role": "assistant", "content": "", "tool_calls": [call]})
        history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    task = f'{sections}\n<limits steps_left="{limits[0]}" calls_left="{limits[1]}"/>\nDecide your next step.'
    return request("step", task, tools=tools, history=history, seed=seed)
