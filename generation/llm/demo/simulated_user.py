"""The simulated user: messages, an overview and the end of a conversation, from the scenario's prompt."""

import re

from generation.llm.demo.clauses import clauses
from generation.llm.demo.first_person import plain, speaker_of, spoken
from generation.llm.demo.literals import literals
from generation.llm.demo.request import Task
from generation.llm.demo.words import VERBS, sentences, stem, words

_REQUEST = re.compile(
    r"(?i)\b(?:wants?|needs?|asks?|would like|wonders?|tries|wishes|hopes|says|writes|möchte|will|soll|sollen|quiere|veut|should|must|finally)\b"
)
_NAMES = ("path", "id", "quoted", "email", "slug")
_FIGURES = (*_NAMES, "number", "date", "time")


def message_text(task: Task) -> str:
    """The next message of the user: the part of the request that is due at this turn."""
    parts = _parts(task)
    number, total = task.number("turn", "number", default=1), task.number("turn", "of", default=1)
    if total <= 1:
        return " ".join(parts)
    due = _share(parts, number, total)
    return " ".join(due) if due else _follow_up(task, last=number == total)


def overview_text(task: Task) -> str:
    """The scenario in two or three sentences."""
    found = sentences(task.section("scenario"))
    return " ".join(found[:3]) or "Somebody wants to look something up and then change it."


def is_concluded(task: Task) -> bool:
    """Whether every name in the goal was spoken of."""
    said = task.section("conversation") or " ".join(turn.user + (turn.answer or "") for turn in task.turns)
    goal = task.section("overview") or task.section("scenario")
    return len(said) > 40 and all(literal.text in said for literal in literals(goal) if literal.kind in _NAMES)


def _parts(task: Task) -> list[str]:
    """The requests of a prompt as first-person sentences in their order; stage directions are left out, and
    what only sets the scene stays when it names what the requests need."""
    prompt = _quote_paths(task.section("scenario") or task.section("overview"), task.section("seed_files").splitlines())
    speaker = speaker_of(task.section("persona"), prompt)
    told = [(sentence, text) for sentence in sentences(prompt) if (text := spoken(sentence, speaker))]
    wishes = [text for sentence, text in told if _is_wish(sentence, text)]
    if not wishes:
        return [text for _, text in told] or [prompt.strip()]
    known = {literal.text for text in wishes for literal in literals(text) if literal.kind in _FIGURES}
    kept: list[str] = []
    for sentence, text in told:
        names = {literal.text for literal in literals(text) if literal.kind in _FIGURES}
        needed = names - known and task.section("pattern") != "clarify"
        if needed or _is_wish(sentence, text):
            kept.append(text)
    return _scene_with_wish(kept, wishes)


def _is_wish(sentence: str, text: str) -> bool:
    return bool(_REQUEST.search(sentence)) or "?" in sentence or (bool(words(text)) and stem(words(text)[0]) in VERBS)


def _scene_with_wish(kept: list[str], wishes: list[str]) -> list[str]:
    """Each scene joined to the wish it belongs to: the next one, or the last when none follows."""
    joined: list[str] = []
    scene = ""
    for text in kept:
        if text in wishes:
            joined.append(f"{scene}{text}")
            scene = ""
        elif joined and re.match(r"(?:Both|They|It|These|All)\b", text):
            joined[-1] += f" {text}"
        else:
            scene += f"{text} "
    if scene and joined:
        joined[-1] += f" {scene.strip()}"
    return joined


def _quote_paths(prompt: str, files: list[str]) -> str:
    """File names with spaces in quotes, as one would write them."""
    for path in files:
        if " " in path and f'"{path}"' not in prompt:
            prompt = prompt.replace(path, f'"{path}"')
    return prompt


def _share(parts: list[str], number: int, total: int) -> list[str]:
    """The parts that are due at turn ``number`` of ``total``; few parts are cut into their clauses first."""
    if len(parts) < total:
        parts = [piece for part in parts for piece in _pieces(part)]
    while len(parts) > total:
        at = min(range(len(parts) - 1), key=lambda index: len(parts[index]) + len(parts[index + 1]))
        parts = [*parts[:at], f"{parts[at]} {parts[at + 1]}", *parts[at + 2 :]]
    return parts[number - 1 : number]


def _asks(text: str) -> bool:
    return all(clause.is_request for clause in clauses(text))


_LEAD = re.compile(
    r"(?i)^(?:(?:and|then|finally|also|first|but|afterwards|,|in a \w+(?: message)?|only after that)\s+)+"
)


def _pieces(part: str) -> list[str]:
    """A part cut into its deeds, each a sentence of its own; sentences that only tell something stay whole."""
    found: list[str] = []
    for sentence in sentences(part):
        pieces = clauses(sentence)
        if not any(clause.is_request for clause in pieces):
            found.append(sentence)
            continue
        found.extend(
            text for index, clause in enumerate(pieces) if (text := _as_sentence(clause.text, first=not index))
        )
    return _scene_with_wish(found, [text for text in found if _asks(text)]) or [part]


def _as_sentence(text: str, *, first: bool) -> str:
    bare = _LEAD.sub("", text.strip(" ,."))
    opening = words(bare)[:1]
    if not opening:
        return ""
    if opening[0] == "i":
        bare = re.sub(r"^I (?:then|first|finally|also) ", "I ", bare)
    elif not first and opening[0] in ("have", "has", "get", "see", "hear", "know"):
        bare = f"I want to {'have' if opening[0] == 'has' else opening[0]} {bare.partition(' ')[2]}"
    elif not first and opening[0] in ("want", "wants", "need", "needs"):
        bare = f"I {opening[0].removesuffix('s')} {bare.partition(' ')[2]}"
    elif not first and stem(opening[0]) in VERBS and not opening[0].endswith("ed"):
        bare = f"Please {plain(opening[0])}{bare[len(opening[0]) :]}"
    elif not first:
        bare = f"I also want {bare}"
    return f"{bare[:1].upper()}{bare[1:]}" + ("" if bare.endswith(("?", "!")) else ".")


def _follow_up(task: Task, *, last: bool) -> str:
    """A closing look when the scenario gives no further request."""
    said = task.section("conversation")
    shown = "\n".join(line for line in said.splitlines() if line.startswith("Assistant:"))
    named = [
        literal.text
        for literal in literals(shown)
        if literal.kind in ("path", "id") and _is_whole_name(literal.text, task)
    ]
    if named:
        asked = f"Please show me {named[-1]} once more, so that I can see how it stands now."
        return (
            asked if asked not in said else f"And please read {named[0]} again, to be sure that nothing else changed."
        )
    return "Please look once more and tell me how it stands now." if last else "What else can you find out about that?"


def _is_whole_name(text: str, task: Task) -> bool:
    """Whether the scenario speaks of it, and not as a part of a longer file name."""
    longer = [path for path in task.section("seed_files").splitlines() if path.endswith(f" {text}")]
    return text in task.section("scenario") and not longer
