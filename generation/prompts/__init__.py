"""The prompts' words, one file a prompt, and their loader.

``<purpose>.md`` holds the rules of a purpose (user_message, overview, step, answer, conclusion, basic, chain_of_thought): it is
static, stands in the system message and never changes within a run, so that prompt caches hit.
``<purpose>_task.md`` holds the one task that ends the request. ``patterns/<pattern>.md`` holds what a
pattern asks of each purpose, one ``## purpose`` section each. Refuses to know conversations: what is put
around these words is ``generation.builders.questions``.
"""

import functools
from pathlib import Path

FOLDER = Path(__file__).parent


@functools.cache
def prompt(name: str) -> str:
    """The text of ``<name>.md`` without surrounding blank lines. Raises FileNotFoundError when there is none."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()


@functools.cache
def pattern_prompt(pattern: str, purpose: str) -> str:
    """What the pattern asks of this purpose; "" when it asks nothing special."""
    return _sections(prompt(f"patterns/{pattern}")).get(purpose, "")


def section(tag: str, content: str) -> str:
    """``content`` between ``<tag>`` and ``</tag>`` on lines of their own; "" when there is no content."""
    return f"<{tag}>\n{content}\n</{tag}>" if content.strip() else ""


def _sections(text: str) -> dict[str, str]:
    parts = text.split("## ")[1:]
    return {heading.strip(): body.strip() for heading, _, body in (part.partition("\n") for part in parts)}
