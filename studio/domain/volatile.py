"""Volatile members: what a tool's results hold that differs from run to run, named per tool, and ignored when results are compared."""

from collections.abc import Sequence

from generation.conversation import Conversation as Content
from generation.sandbox.sameness import find_volatile_problem
from studio.domain.catalog import toolset_value
from studio.domain.errors import NotAllowed, Refused
from studio.models import Conversation, Tool, User

MAX_NAMES = 100
Volatile = dict[str, frozenset[str]]
"""The volatile members of each tool, by its name."""


def volatile_of(conversation: Conversation, content: Content) -> Volatile:
    """What is volatile of a conversation's tools: what they named when it was made, and what their registry names now.

    So a member that turns out to be volatile can still be named for conversations that are there already.
    """
    found = {tool.name: frozenset(tool.volatile) for tool in content.tools}
    if conversation.toolset is not None:
        slug = toolset_value(conversation.toolset).name
        rows = Tool.objects.filter(registry__slug=slug).values_list("name", "volatile")
        found |= {name: found.get(name, frozenset()) | frozenset(members) for name, members in rows if members}
    return found


def name_volatile(tool: Tool, *, names: Sequence[str], by: User) -> Tool:
    """Say which members of a tool's results are volatile, from the next comparison on.

    Raises NotAllowed unless ``by`` is an admin, Refused with one entry a name that can't be one (``pointer`` is its place).
    """
    if not by.is_admin:
        raise NotAllowed("Only admins change tools.")
    wanted = list(dict.fromkeys(names))
    if len(wanted) > MAX_NAMES:
        raise Refused(f"{len(wanted)} members are too many to be volatile: name at most {MAX_NAMES}.")
    found = [(at, problem) for at, name in enumerate(wanted) if (problem := find_volatile_problem(name))]
    if found:
        details = [{"pointer": f"/{at}", "message": problem} for at, problem in found]
        raise Refused(" ".join(problem for _, problem in found[:3]), details=details)
    tool.volatile = wanted
    tool.save(update_fields=["volatile"])
    return tool
