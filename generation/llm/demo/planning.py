"""What to do next for a user's message: goals from its clauses, look-ups before them, a check after them.

The plan is worked out anew from the history at every step, so there is no state to keep: a goal is done
when the history holds its call.
"""

import json
import re
from typing import Any

from generation.llm.demo.arguments import Filled, complete, fill
from generation.llm.demo.choosing import choose, lookup, reader_of
from generation.llm.demo.clauses import Clause, clauses
from generation.llm.demo.defaults import offered
from generation.llm.demo.evidence import Scope, said
from generation.llm.demo.literals import literals
from generation.llm.demo.memory import Memory, remember
from generation.llm.demo.recall import wants_all
from generation.llm.demo.recovery import recover
from generation.llm.demo.request import Task
from generation.llm.demo.situation import Goal, Situation, Wanted
from generation.llm.demo.verifying import verify

NO_CALLS = ("no_tool", "clarify", "refuse")


def situation(task: Task) -> Situation:
    """The situation of a step or an answer."""
    earlier = [call for turn in task.turns[:-1] for call in turn.calls]
    done = task.turn.calls
    found = Situation(
        task=task,
        message=task.turn.user,
        done=done,
        memory=remember([*earlier, *done]),
        calls_left=task.number("limits", "calls_left", default=3),
        steps_left=task.number("limits", "steps_left", default=5),
    )
    found.goals = _goals(found)
    return found


def next_calls(now: Situation) -> list[Wanted]:
    """The calls of this step; [] when the turn is ready to be answered."""
    pattern = now.task.section("pattern")
    if now.calls_left <= 0 or now.steps_left <= 0 or not now.tools or (pattern in NO_CALLS and not _was_clarified(now)):
        return []
    again = _look_again(now)
    if again is not None:
        return again
    recovery = recover(now)
    if recovery is not None:
        return recovery[: now.calls_left]
    together: list[Wanted] = []
    for goal in now.goals:
        wanted = _pursue(goal, now, together)
        if wanted is None:
            continue
        fresh = [
            each
            for each in wanted
            if not now.was_made(each.tool, each.arguments)
            and not any(other.tool is each.tool and other.arguments == each.arguments for other in together)
        ]
        independent = all(each.tool.reads for each in fresh) and all(each.tool.reads for each in together)
        if together and any(each.tool is not goal.tool for each in fresh):
            break
        alike = bool(fresh) and fresh[0].tool.name in {each.tool.name for each in together}
        if together and not (independent or alike):
            break
        together.extend(fresh)
        if any(each.tool is not goal.tool for each in wanted):
            # what is looked up now decides how the goal is met: nothing else belongs into this step
            break
        if pattern != "parallel" and together and not (independent and all(each.tool is goal.tool for each in fresh)):
            break
    if not together:
        together = verify(now)
    if pattern == "sequential" and len({each.tool.name for each in together}) > 1:
        together = together[:1]
    return together[: now.calls_left]


def _look_again(now: Situation) -> list[Wanted] | None:
    """ "Look once more" without a word about what: the last look of the earlier turns; ``None`` for other messages."""
    if not re.search(r"\b(?:once more|again)\b", now.message) or any(
        literal.kind != "name" for literal in literals(now.message)
    ):
        return None
    by_name = {tool.name: tool for tool in now.tools}
    earlier = [call for call in now.memory.calls[: len(now.memory.calls) - len(now.done)] if not call.failed]
    looks = [call for call in earlier if call.tool in by_name and by_name[call.tool].reads]
    if not looks:
        return None
    last = looks[-1]
    return [] if now.done else [Wanted(by_name[last.tool], last.arguments, "The user wants to see how it stands now.")]


def _was_clarified(now: Situation) -> bool:
    """In a longer conversation the detail that was asked for comes with the next message."""
    return now.task.section("pattern") == "clarify" and len(now.task.turns) > 1


def _goals(now: Situation) -> list[Goal]:
    """One goal for every clause that a tool fits, in the order of the request."""
    goals: list[Goal] = []
    parts = clauses(now.message)
    parts = tuple(part for part in parts if part.is_request) or parts
    parts = tuple(piece for part in parts for piece in _enumerated(part))
    for index, clause in enumerate(parts):
        widened = _with_subject(_as_writing(clause), parts[:index])
        tool, _ = choose(widened, now.tools, memory=now.memory, message=now.message)
        if tool is None:
            continue
        if goals and goals[-1].tool is tool and tool.reads and not _says_new(clause, goals[-1].clause):
            continue
        goals.append(Goal(widened, tool))
    if not goals and now.tools and now.task.section("pattern") not in NO_CALLS:
        goals.extend(Goal(clause, tool) for clause in parts[:1] for tool in now.tools if tool.lists)
        goals = goals[:1]
    return _sources_first(goals, now) if goals else []


_PATH = r"\"?[\w/.-]+\.\w{1,5}\b"
_MEANS_TO_WRITE = re.compile(
    rf"(?i)\b(?:written|saved|stored|copied) as {_PATH}|\bas an? [^,.;]*? in {_PATH}|\ba (?:new )?(?:file|note|list|copy|summary|report) {_PATH}|\bfrom {_PATH}.*? in {_PATH}"
    rf"|\b(?:that|this|those|these|both|beide) (?:counts?|totals?|sums?|lists?|summary|results?|names?|lines?|summen)\b[^,;]*?\b(?:in|to|into) {_PATH}"
)


def _as_writing(clause: Clause) -> Clause:
    """A clause without a deed that names where something goes ("that count in b.md") as the writing it means."""
    if clause.kind == "read" and _MEANS_TO_WRITE.search(clause.text):
        return Clause(clause.text, "writ", "create")
    return clause


def _enumerated(clause: Clause) -> list[Clause]:
    """ "2 packs of candles and 1 pack of plasters added" are two things to be made."""
    if clause.kind != "create":
        return [clause]
    parts = re.split(r"\s+and (?=\d+ \w+)", clause.text)
    return [Clause(part, clause.verb, clause.kind) for part in parts]


_PRONOUNS = frozenset(["it", "its", "them", "they", "that", "this", "these", "those", "there"])


def _with_subject(clause: Clause, earlier: tuple[Clause, ...]) -> Clause:
    """The clause with what "it" stands for, when it names nothing itself."""
    own = [literal for literal in literals(clause.text) if literal.kind in ("path", "id", "email")]
    spoken = set(clause.text.lower().replace(".", " ").replace(",", " ").split())
    if own or not spoken & _PRONOUNS:
        return clause
    for other in reversed(earlier):
        named = [literal.text for literal in literals(other.text) if literal.kind in ("path", "id")]
        if named:
            return Clause(f"{clause.text.rstrip('.!?')} ({', '.join(named)})", clause.verb, clause.kind)
    return clause


def _says_new(clause: Clause, other: Clause) -> bool:
    """Whether a clause names something that the one before did not."""
    named = {literal.text for literal in literals(clause.text)} - {literal.text for literal in literals(other.text)}
    return bool(named)


def _sources_first(goals: list[Goal], now: Situation) -> list[Goal]:
    """Paths that a writing clause draws on are read first ("a summary of a.md and b.md in c.md")."""
    found: list[Goal] = []
    for goal in goals:
        subject = goal.tool.subject
        if not goal.tool.reads and goal.tool.kind != "delete" and subject is not None and subject.role == "path":
            reader = reader_of(goal.tool, now.tools)
            targets = said(subject, Scope(goal.tool, goal.clause, now.message, now.memory))
            sources = [str(path) for path in targets[1:]]
            if reader is not None and sources:
                found.append(Goal(Clause(" and ".join(sources), "read", "read"), reader))
            elif reader is not None and targets and _changes_in_place(goal.clause):
                found.append(Goal(Clause(str(targets[0]), "read", "read"), reader))
        found.append(goal)
    return found


def _changes_in_place(clause: Clause) -> bool:
    return clause.kind == "update" or bool({"add", "append", "below"} & set(clause.stems))


def _pursue(goal: Goal, now: Situation, together: list[Wanted]) -> list[Wanted] | None:
    """The calls that a goal needs now: itself, or a look-up for what it misses; ``None`` when it is done."""
    fills = _fills(goal, now)
    open_ = [filled for filled in fills if not (filled.is_ready and now.is_done(goal.tool, filled.arguments))]
    if _is_known_absent(goal, fills, now):
        return None
    failed = [call for call in now.done if call.tool == goal.tool.name and call.failed]
    if not open_ or (failed and not goal.tool.reads and len(failed) > 1):
        return None
    ready = [filled for filled in open_ if filled.is_ready]
    if ready:
        before = _look_first(goal, ready, now) if not together else []
        if before:
            return before
        return [Wanted(goal.tool, filled.arguments, _reason(goal)) for filled in ready]
    if any(call.tool == goal.tool.name and not call.failed for call in now.done):
        return None
    return _look_up(goal, open_[0], now)


def _is_known_absent(goal: Goal, fills: list[Filled], now: Situation) -> bool:
    """Whether a look at what shall be changed showed that it is not there."""
    subject = goal.tool.subject
    if subject is None or goal.tool.kind not in ("update", "delete"):
        return False
    absent = [call.arguments.get(subject.name) for call in now.done if call.failed and call.tool != goal.tool.name]
    return bool(absent) and any(filled.arguments.get(subject.name) in absent for filled in fills)


def _fills(goal: Goal, now: Situation) -> list[Filled]:
    """The goal's arguments as they were when its first call of this turn was decided, so that they don't drift."""
    brief = bool(now.task.section("problem"))
    first = next(
        (index for index, call in enumerate(now.done) if call.tool == goal.tool.name and not call.failed), None
    )
    memory = now.memory
    if first is not None and not goal.tool.reads:
        earlier = len(now.memory.calls) - len(now.done)
        memory = remember(now.memory.calls[: earlier + first])
    found = fill(goal.tool, goal.clause, message=now.message, memory=memory, brief=brief)
    if len(found) > 1 and not (wants_all(goal.clause) or _is_enumerated(goal, found)):
        return found[:1]
    return found


def _is_enumerated(goal: Goal, found: list[Filled]) -> bool:
    subject = goal.tool.subject
    if subject is None:
        return False
    scope = Scope(goal.tool, goal.clause, goal.clause.text, Memory())
    return len(said(subject, scope)) == len(found) or len(found) <= 3


def _look_up(goal: Goal, filled: Filled, now: Situation) -> list[Wanted]:
    """A call that may show what is missing; the call itself with the schema's own values when nothing can."""
    room = now.calls_left > 1 and now.steps_left > 1
    for parameter in filled.missing if room else []:
        if parameter.role == "text":
            sources = _unread_sources(goal, filled, now)
            if sources:
                return sources
        if (
            parameter.options
            or parameter.type != "string"
            or parameter.role in ("text", "title", "date", "time", "query")
        ):
            continue
        for tool in lookup(parameter, goal.tool, now.tools)[:2]:
            for attempt in fill(tool, goal.clause, message=now.message, memory=now.memory):
                for arguments in (_unchanging(attempt.arguments, goal), {}):
                    if attempt.is_ready and not now.was_made(tool, arguments):
                        return [Wanted(tool, arguments, f"Find out which {parameter.name.replace('_', ' ')} is meant.")]
    if not goal.tool.reads and any(offered(parameter) is None for parameter in filled.missing):
        return []
    if (
        any(parameter.type == "string" and offered(parameter) is None for parameter in filled.missing)
        and len(now.goals) > 1
    ):
        return []
    completed = complete(filled, goal.tool)
    if completed is None or now.is_done(goal.tool, completed):
        return []
    return [Wanted(goal.tool, completed, _reason(goal))]


def _unread_sources(goal: Goal, filled: Filled, now: Situation) -> list[Wanted]:
    """Readings of the other files that the message names, for a text that shall be made from them."""
    reader, subject = reader_of(goal.tool, now.tools), goal.tool.subject
    if reader is None or subject is None:
        return []
    named = said(subject, Scope(reader, Clause(now.message, "read", "read"), now.message, Memory()))
    others = [path for path in named if path != filled.arguments.get(subject.name)]
    fresh = [{subject.name: path} for path in others if not now.is_done(reader, {subject.name: path})]
    return [
        Wanted(reader, arguments, "Read what the text is to be made from.") for arguments in fresh[: now.calls_left - 1]
    ]


def _unchanging(arguments: dict[str, Any], goal: Goal) -> dict[str, Any]:
    """Filters of a look-up without what the goal is about to set ("switch them on" finds those that are off)."""
    if goal.tool.reads:
        return arguments
    sets = {parameter.name for parameter in goal.tool.parameters}
    return {name: value for name, value in arguments.items() if name not in sets and not isinstance(value, bool)}


def _look_first(goal: Goal, ready: list[Filled], now: Situation) -> list[Wanted]:
    """Reads before a change, and a list before reading what was not seen yet, as far as the limits leave room."""
    if now.task.section("pattern") in ("single", "parallel"):
        return []
    needed = len(ready) + sum(not _is_settled(other, now) for other in now.goals if other is not goal)
    spare = now.calls_left - needed - (now.task.section("pattern") == "write_then_verify")
    if spare <= 0 or now.steps_left <= 2:
        return []
    if goal.tool.reads:
        return _list_first(goal, now)
    reader = reader_of(goal.tool, now.tools)
    subject = goal.tool.subject
    if reader is None or subject is None or (goal.tool.kind == "create" and subject.role == "path"):
        return []
    seen = {json.dumps(call.arguments.get(subject.name)) for call in now.memory.calls if not call.failed}
    fresh = [
        filled.arguments[subject.name] for filled in ready if json.dumps(filled.arguments[subject.name]) not in seen
    ]
    if not fresh or len(fresh) > spare:
        return []
    return [Wanted(reader, {subject.name: value}, "Look at it before anything is changed.") for value in fresh]


def _list_first(goal: Goal, now: Situation) -> list[Wanted]:
    subject = goal.tool.subject
    if subject is None or subject.role != "path" or now.done or len(now.task.turns) > 1:
        return []
    if now.task.rng("list first").random() < 0.5:
        return []
    return [
        Wanted(tool, {}, "See what there is before reading.")
        for tool in lookup(subject, goal.tool, now.tools)[:1]
        if not tool.required and not now.was_made(tool, {})
    ]


def _is_settled(goal: Goal, now: Situation) -> bool:
    return any(call.tool == goal.tool.name for call in now.done)


def _reason(goal: Goal) -> str:
    return f"The user asked: {goal.clause.text.rstrip('.!?')}."
