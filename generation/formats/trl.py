"""``trl``: what TRL and chat templates of open models read: arguments are an object, tool messages carry ``name``.

Most tool-capable templates raise, or encode twice, when arguments are a string. Without tools there is no ``tools``: some
templates announce an empty list of them.
"""

from typing import Any

from generation.conversation import Conversation
from generation.formats.function_tools import function_tool
from generation.formats.messages import chat_messages
from generation.formats.openai import read_chat_record
from generation.formats.options import ExportOptions
from generation.formats.preset import ChatPreset


class TRLPreset(ChatPreset):
    name = "trl"
    description = "TRL and chat templates of open models: messages and tools, arguments as objects"

    def _record(self, prepared: Conversation, options: ExportOptions) -> dict[str, Any]:
        messages = chat_messages(prepared, arguments_as_text=False, tool_names=True, thoughts=options.thoughts)
        tools = [function_tool(tool) for tool in prepared.tools]
        return {"messages": messages} | ({"tools": tools} if tools else {})

    def read(self, record: dict[str, Any], *, think_tags: bool = True) -> Conversation:
        return read_chat_record(record, think_tags=think_tags)
