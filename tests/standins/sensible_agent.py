"""The stand-in's default model: it fits any schema, and can hold a whole conversation over a registry of tools.

Over the ``files`` registry it lists, reads something that was listed and answers; over others it calls one tool and
answers. It reads the request only, so the same request gets the same reply.
"""

import json
import re
from typing import Any

from tests.standins.schema_values import resolved, value_for

Body = dict[str, Any]


def reply_to(body: Body) -> Any:
    """What a sensible model would answer to this request: JSON where a shape is asked for, else a sentence."""
    name, schema = asked_for(body)
    if not name:
        return {} if "response_format" in body else f"You said: {_task(body)[:200]}"
    writers = {
        "step": _step,
        "answer": _answer,
        "user_message": _user_message,
        "overview": _overview,
        "conclusion": _conclusion,
    }
    written = writers[name](body) if name in writers else {}
    return said_as(value_for(schema) | written if schema else written, schema, root=schema)


def said_as(value: Any, schema: Any, *, root: Body) -> Any:
    """``value`` in the words of a server that enforces ``schema``: every required property is there (null where it may
    be), and an object where the schema has text is written as JSON text."""
    schema = resolved(schema, root)
    if isinstance(value, list):
        return [said_as(item, schema.get("items", {}), root=root) for item in value]
    if not isinstance(value, dict):
        return value
    if schema.get("type") == "string":
        return json.dumps(value)
    if "anyOf" in schema:
        return said_as(value, _branch(value, schema["anyOf"], root), root=root)
    parts = schema.get("properties", {})
    missing = dict.fromkeys(name for name in schema.get("required", []) if name not in value)
    return {name: said_as(item, parts.get(name, {}), root=root) for name, item in {**value, **missing}.items()}


def _branch(value: Body, branches: list[Body], root: Body) -> Body:
    for branch in (resolved(part, root) for part in branches):
        names = branch.get("properties", {}).get("function_name", {}).get("enum")
        if names is not None and value.get("function_name") in names:
            return branch
    return next((branch for branch in branches if resolved(branch, root).get("type") == "object"), {})


def asked_for(body: Body) -> tuple[str, Body]:
    """Name and schema of the structured output, however it was asked for; ("", {}) for plain chat."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return form["json_schema"]["name"], form["json_schema"]["schema"]
    if body.get("tool_choice"):
        function = body["tools"][0]["function"]
        return function["name"], function["parameters"]
    told = re.search(r'<schema name="(\w+)">\n(.*?)\n</schema>', str(body["messages"][0]["content"]), re.DOTALL)
    return (told.group(1), json.loads(told.group(2))) if told else ("", {})


def _step(body: Body) -> Body:
    tools = {tool["name"]: tool for tool in _tools(body)}
    done = _calls_of_this_turn(body)
    if not tools:
        return _final("There is nothing to call.")
    if "list_files" not in tools:
        return _final("That is enough.") if done else _call(_first_tool(tools))
    if "list_files" not in done:
        return _call(tools["list_files"])
    listed = _listed(done["list_files"])
    if listed and "read_file" in tools and "read_file" not in done:
        return _call(tools["read_file"], arguments={"file_path": listed[0]})
    return _final("The files were seen.")


def _final(thought: str) -> Body:
    return {"thought": thought, "tool_calls": [], "is_final": True}


def _call(tool: Body, *, arguments: Body | None = None) -> Body:
    given = value_for(tool["parameters"]) if arguments is None else arguments
    call = {"function_name": tool["name"], "arguments": given, "reasoning": f"{tool['name']} shows what is there."}
    return {"thought": f"I call {tool['name']}.", "tool_calls": [call], "is_final": False}


def _first_tool(tools: dict[str, Body]) -> Body:
    # One that only reads and needs nothing is most likely to succeed in a world the model knows nothing about.
    def effort(tool: Body) -> tuple[bool, int]:
        reads = (tool.get("annotations") or {}).get("readOnlyHint") is True
        return not reads, len(tool["parameters"].get("required", []))

    return min(tools.values(), key=effort)


def _tools(body: Body) -> list[Body]:
    block = re.search(r"<tools>\n(.*?)\n</tools>", str(body["messages"][0].get("content") or ""), re.DOTALL)
    return [json.loads(line) for line in block.group(1).splitlines() if line.strip()] if block else []


def _history(body: Body) -> list[Body]:
    """The messages of the conversation itself: without the system message and the task at the end."""
    return [message for message in body["messages"][:-1] if message["role"] != "system"]


def _calls_of_this_turn(body: Body) -> dict[str, str]:
    """Results by tool name since the last user message."""
    names: dict[str, str] = {}
    results: dict[str, str] = {}
    for message in _history(body):
        if message["role"] == "user":
            results = {}
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
        if message["role"] == "tool":
            results[names.get(message["tool_call_id"], "")] = message["content"]
    return results


def _listed(result: str) -> list[str]:
    try:
        listed = json.loads(result)
    except ValueError:
        return []
    return [path for path in listed if isinstance(path, str)] if isinstance(listed, list) else []


def _answer(body: Body) -> Body:
    results = [result for result in _calls_of_this_turn(body).values() if result]
    return {"content": f"Here is what I found: {results[-1][:200]}" if results else "I found nothing to report."}


def _user_message(body: Body) -> Body:
    turn = re.search(r'<turn number="(\d+)"', _task(body))
    opening = "Please help me with this" if turn is None or turn.group(1) == "1" else "And now, further on this"
    return {"content": f"{opening}: {_section(body, 'scenario') or 'what is there?'}"}


def _conclusion(body: Body) -> Body:
    # Never early: a run without a model's judgement takes the turns that were drawn.
    return {"should_conclude": False}


def _overview(body: Body) -> Body:
    return {"description": f"Step by step: {_section(body, 'scenario') or 'find out what is there'}"}


def _task(body: Body) -> str:
    return str(body["messages"][-1].get("content") or "")


def _section(body: Body, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", _task(body), re.DOTALL)
    return " ".join(found.group(1).split())[:200] if found else ""
