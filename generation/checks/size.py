"""How long a conversation is for a model, estimated without any tokenizer, and the check against a chosen context."""

import json
import math
from collections.abc import Iterator

from generation.checks.finding import Check, Severity, Spot
from generation.conversation import Conversation

CHARACTERS_PER_TOKEN = 3.6
"""Of ASCII text; between prose (about 4.2) and JSON (about 3)."""
PER_TEXT = 4
"""For the role or the markup around a text."""
WIDE_FROM = 0x2E80
"""From here on (CJK, kana, Hangul, emoji) about one token a character."""

EXPLANATION = "The conversation is longer than the chosen context, so training would cut it off."


def estimated_tokens(conversation: Conversation) -> int:
    """Tokens of the whole training example: messages with thoughts, and the tools. Within about a fifth of common tokenizers."""
    tools = [[tool.name, tool.description, tool.parameters] for tool in conversation.tools]
    texts = [conversation.system_prompt, json.dumps(tools, ensure_ascii=False)]
    for turn in conversation.turns:
        texts += [turn.user, turn.answer or ""]
        for step in turn.steps:
            texts += [step.thought, step.text]
            for call in step.calls:
                texts += [call.tool, json.dumps(call.arguments, ensure_ascii=False), call.result or ""]
    return sum(text_tokens(text) + PER_TEXT for text in texts if text)


def text_tokens(text: str) -> int:
    """Estimated tokens of a text."""
    if text.isascii():
        return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
    plain = len(text.encode("ascii", errors="ignore"))
    wide = sum(ord(mark) >= WIDE_FROM for mark in text)
    return math.ceil(plain / CHARACTERS_PER_TOKEN + wide + (len(text) - plain - wide) / 2)


def context_check(context_tokens: int) -> Check:
    """The check that a conversation fits into this many tokens."""

    def find(conversation: Conversation) -> Iterator[Spot]:
        tokens = estimated_tokens(conversation)
        if tokens > context_tokens:
            yield Spot(f"About {tokens} tokens; the chosen context holds {context_tokens}.")

    return Check("too_long", Severity.WARNING, EXPLANATION, find)
