"""Whether what came back mattered: results that nothing later draws on, errors that nothing later speaks of or deals with."""

import functools
import re
from collections.abc import Iterator

from generation.checks.derivation import is_derived
from generation.checks.evidence import leaves, readable, succeeded
from generation.checks.finding import Spot
from generation.checks.language import STOP_WORDS
from generation.checks.reading import only_reads
from generation.conversation import Call, Conversation, Outcome, Step, Turn

MIN_WORDS = 6
"""A result of fewer words ("true", "[]", a number) is used in ways that leave no trace in words."""
KEPT = 8_000
"""The words of a result of so many characters are kept: from one save of a conversation to the next nearly all are the same."""

_WORD = re.compile(r"[^\W_]{4,}|\d+")
_COMMON = frozenset(word for words in STOP_WORDS.values() for word in words.split())
_ADMISSION = re.compile(
    r"""(?ix)
    \b(?:not|no|none|never|nothing|nobody|error\w*|fail\w*|unable|unsuccessful\w*|cannot|without|missing|denied|refused|rejected|invalid|unavailable|unreachable
      |unfortunately|however|but|instead|sorry|problem\w*|wrong|already|locked|absent|gone|timed\ out|time-?out|limit\w*|too\ many|unknown|closed|forbidden|only
      |nicht|kein\w*|nie\w*|nichts|fehl\w*|leider|aber|jedoch|statt\w*|problem\w*|schon|bereits|gesperrt|unbekannt|ohne
      |ne|pas|aucun\w*|jamais|rien|erreur\w*|échou\w*|impossible|malheureusement|mais|refus\w*|introuvable\w*|déjà|plutôt
      |ningun\w*|ningún|nunca|nada|fall\w*|imposible|lamentablemente|pero|denegad\w*|existe|ya|sin
      |não|nenhum\w*|erro\w*|falh\w*|impossível|infelizmente|mas|já|sem
      |non|nessun\w*|mai|niente|errore|fallit\w*|purtroppo|ma|però|già|senza
      |niet|geen|nooit|niets|fout\w*|mislukt\w*|helaas|maar|echter|al|zonder)\b
    | n['\u2019]t\b
    """
)
_ALPHABETIC = re.compile(r"[A-Za-zÀ-ɏ]")


def unused_results(conversation: Conversation) -> Iterator[Spot]:
    """Results of look-ups from which no later argument, thought or answer takes a word or a number.

    A look-up that precedes a change may have served to see that nothing stands in its way; one that follows a change
    verifies it: neither is spoken of.
    """
    tools = {tool.name: tool for tool in conversation.tools}
    for number, turn in enumerate(conversation.turns):
        if turn.answer is None or any(succeeded(call) and not only_reads(call, tools) for call in turn.calls):
            continue
        for step, later in zip(turn.steps, _words_after_each(conversation, number), strict=True):
            for call in step.calls:
                if succeeded(call) and call.result and _is_unused(call, later):
                    yield Spot(f"Nothing that {call.tool} returned is used afterwards.", call.id, number)


def ignored_errors(conversation: Conversation) -> Iterator[Spot]:
    """Failed calls after which nothing was tried and of which neither a thought nor the answer says a word.

    Only of answers in a Latin script: of others no word for failure is known here.
    """
    for number, turn in enumerate(conversation.turns):
        if turn.answer is None or not _ALPHABETIC.search(turn.answer) or _ADMISSION.search(turn.answer):
            continue
        for position, step in enumerate(turn.steps):
            for call in step.calls:
                if call.outcome is Outcome.TOOL_ERROR and not _is_dealt_with(call, step, turn.steps[position + 1 :]):
                    yield Spot(f"{call.tool} failed, and the turn goes on as if it had not.", call.id, number)


def _is_dealt_with(call: Call, step: Step, later: list[Step]) -> bool:
    """Whether a later call tries the same thing in another way, or reaches for what the failed one reached for."""
    values = set(leaves(call.arguments))
    beside = [other for other in step.calls if other is not call]
    return any(
        succeeded(other) and (other.tool == call.tool or values & set(leaves(other.arguments)))
        for other in [*beside, *(other for one in later for other in one.calls)]
        if other not in beside or other.tool != call.tool
    )


def _is_unused(call: Call, later: frozenset[str]) -> bool:
    said = readable(call.result or "").casefold()
    echoed = set(_WORD.findall(" ".join(leaves(call.arguments)).casefold()))
    for word in later - echoed - _COMMON:
        if word in said and re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", said):
            return False
    words = _words(said) if len(said) <= KEPT else frozenset(_WORD.findall(said))
    if len(words - echoed) < MIN_WORDS:
        return False
    return not any(is_derived(word, [call.result or ""]) for word in later - echoed if word.isdecimal())


def _words_after_each(conversation: Conversation, number: int) -> list[frozenset[str]]:
    """For each step of the turn, the words and numbers of everything the assistant thought, called and said after it."""
    turn = conversation.turns[number]
    words = _words(turn.answer or "").union(*map(_turn_words, conversation.turns[number + 1 :]))
    after = []
    for step in reversed(turn.steps):
        after.append(words)
        words |= _step_words(step)
    return after[::-1]


def _turn_words(turn: Turn) -> set[str]:
    return set(_words(turn.answer or "")).union(*(_step_words(step) for step in turn.steps))


def _step_words(step: Step) -> set[str]:
    texts = [step.thought, *(text for call in step.calls for text in leaves(call.arguments))]
    return set(_words(" ".join(texts)))


@functools.lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
