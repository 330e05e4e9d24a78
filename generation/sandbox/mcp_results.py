"""What an MCP server's answer to tools/call means, as the text an agent reads. Pure: JSON data in, an Execution out."""

import json
from collections.abc import Mapping
from typing import Any

from generation.conversation import Outcome
from generation.sandbox.execution import Execution
from generation.sandbox.replies import UNTYPED, text_of


def execution_of(result: Mapping[str, Any], duration_ms: float) -> Execution:
    """The tool's answer. Texts are joined by line breaks; structured content is compact JSON, where there is no text or the
    text says just the same. Pictures, sounds and links are named, not carried. ``isError`` makes it a tool error."""
    text = "\n".join(_block_text(block) for block in result.get("content") or [])
    structured = result.get("structuredContent")
    if structured is not None and (not text or _says(text, structured)):
        text = text_of(structured)
    if result.get("isError"):
        return refusal("UnknownTool" if text.startswith("Unknown tool") else UNTYPED, text, duration_ms=duration_ms)
    return Execution(text=text, outcome=Outcome.OK, duration_ms=duration_ms)


def refusal(error_type: str, text: str, *, duration_ms: float = 0.0) -> Execution:
    """A tool error."""
    return Execution(
        text=f"Error ({error_type}): {text}",
        outcome=Outcome.TOOL_ERROR,
        error_type=error_type,
        duration_ms=duration_ms,
    )


def _block_text(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "text":
        return str(block.get("text", ""))
    if kind == "resource":
        resource = block.get("resource") or {}
        if "text" in resource:
            return str(resource["text"])
        return text_of({"type": "resource", "uri": resource.get("uri"), "mimeType": resource.get("mimeType")})
    if kind == "resource_link":
        named = {"type": kind, "uri": block.get("uri"), "name": block.get("name")}
    else:
        named = {"type": kind, "mimeType": block.get("mimeType"), "base64_length": len(block.get("data") or "")}
    return text_of(named)


def _says(text: str, structured: object) -> bool:
    """Whether the text is that very data, written more widely."""
    try:
        return bool(json.loads(text) == structured)
    except ValueError:
        return False
