"""The answer of a turn: from real results, errors admitted, nothing claimed that did not happen."""

import re

from generation.llm.demo import figures
from generation.llm.demo.clauses import clauses
from generation.llm.demo.memory import remember
from generation.llm.demo.planning import NO_CALLS, situation
from generation.llm.demo.request import Task
from generation.llm.demo.situation import Situation
from generation.llm.demo.wording import is_path, told
from generation.llm.demo.words import words


def answer_text(task: Task) -> str:
    """What the assistant says at the end of the turn."""
    now = situation(task)
    pattern = task.section("pattern")
    if not now.done:
        return _without_calls(now, pattern)
    by_name = {tool.name: tool for tool in task.tools}
    sentences: list[str] = []
    last = {(call.tool, str(call.arguments)): index for index, call in enumerate(now.done)}
    for index, call in enumerate(now.done):
        if last[(call.tool, str(call.arguments))] != index or _was_looked_up_only(now, index):
            continue
        for sentence in told(call, by_name.get(call.tool), now.message):
            if sentence not in sentences:
                sentences.append(sentence)
    comparison = figures.compared(
        [(reading.subject, reading.text) for reading in remember(now.done).readings if is_path(reading.subject)],
        now.message,
    )
    sentences.extend([comparison] if comparison else [])
    if now.calls_left <= 0 or "limit" in task.section("hint"):
        open_ = [goal for goal in now.goals if not any(call.tool == goal.tool.name for call in now.done)]
        sentences.extend(f"I could not get to this any more: {goal.clause.text.rstrip('.!?')}." for goal in open_[:1])
    return " ".join(sentences) or "I looked, but there is nothing to report."


def _was_looked_up_only(now: Situation, index: int) -> bool:
    """Whether a listing was only made to find what the other calls needed."""
    call = now.done[index]
    others = [each for each in now.done if each.tool != call.tool and not each.failed]
    tool = next((each for each in now.tools if each.name == call.tool), None)
    wanted = {goal.tool.name for goal in now.goals}
    return (
        bool(others)
        and tool is not None
        and tool.lists
        and not call.failed
        and call.tool not in wanted
        and others[-1] is now.done[-1]
    )


def _without_calls(now: Situation, pattern: str) -> str:
    if pattern == "refuse":
        return _refusal(now)
    if pattern == "clarify":
        return _question(now)
    if pattern in NO_CALLS or not now.tools:
        return _plain(now)
    return f"I could not do that with what I have here: {_abilities(now)}. Could you say it another way?"


def _abilities(now: Situation) -> str:
    names = [tool.name.replace("_", " ").replace("-", " ") for tool in now.tools]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _refusal(now: Situation) -> str:
    deed = next((clause.text for clause in reversed(clauses(now.message)) if clause.kind != "read"), now.message)
    short = re.sub(r"(?i)^(?:please|could you|can you|i want you to|i'd like you to)\s+", "", deed).rstrip(".!?")
    short = short[:1].lower() + short[1:] if short[:2].strip() != "I" else short
    return f"I'm sorry, I won't do that (\"{short}\"). It is outside what I can or should do here; I left everything as it is. I can help with other things, for example: {_abilities(now)}."


def _question(now: Situation) -> str:
    topic = next((goal.clause for goal in now.goals), None)
    subject = now.goals[0].tool.subject if now.goals else None
    what = f" Please name the {subject.name.replace('_', ' ')}." if subject is not None else ""
    short = f' by "{topic.text.rstrip(".!?")}"' if topic else ""
    return f"Before I change anything: which one exactly do you mean{short}?{what}"


def _plain(now: Situation) -> str:
    if {"can", "do", "help"} <= set(words(now.message)):
        return f"I can help with these: {_abilities(now)}."
    return "That needs none of the things I can look up or change here, so I touched nothing. I am only the offline demo model, a toy without general knowledge; a real model would explain it at this point."
