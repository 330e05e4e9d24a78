"""The menu beside a pair or an answer: what can be done with its place, each with a letter of its own while the menu is open."""

from dataclasses import dataclass

from generation.conversation import PairRef
from studio.domain.structure import siblings
from studio.review.presentation import show_card
from studio.review.sources import Sources


@dataclass(frozen=True, kw_only=True)
class Item:
    """``url`` is posted to; with ``target`` it is fetched into that part instead (an editor opens there)."""

    letter: str
    words: str
    url: str
    target: str = ""
    is_danger: bool = False


@dataclass(frozen=True, kw_only=True)
class Menu:
    name: str
    label: str
    version: int
    groups: list[list[Item]]


def menu_of_pair(sources: Sources, ref: PairRef) -> Menu:
    """For a pair: add beside it, move it or its step, take it out, and edit the words around it."""
    card = show_card(sources, ref)
    at, steps = card.beside_url, sources.content.turns[ref.turn].steps
    beside, working = len(siblings(sources.content, ref)), sum(bool(step.calls) for step in steps)
    is_parallel = beside > 1
    moves = [
        (ref.position > 0, Item(letter="u", words="Move pair up", url=f"{at}up/")),
        (ref.position < beside - 1, Item(letter="d", words="Move pair down", url=f"{at}down/")),
        (ref.step > 0, Item(letter="U", words="Move step up", url=f"{at}step-up/")),
        (ref.step < working - 1, Item(letter="D", words="Move step down", url=f"{at}step-down/")),
        (ref.position > 0, Item(letter="s", words="Split step here", url=f"{at}split/")),
        (ref.step > 0, Item(letter="j", words="Join with step before", url=f"{at}join/")),
    ]
    removed = "Remove pair" if is_parallel else "Remove pair and its step"
    takes = [
        (True, Item(letter="x", words=removed, url=f"{at}remove/", is_danger=True)),
        (is_parallel, Item(letter="X", words="Remove step", url=f"{at}remove-step/", is_danger=True)),
    ]
    return Menu(
        name=card.more,
        label=f"More for pair {card.number}",
        version=sources.conversation.version,
        groups=[
            [Item(letter="a", words="Add pair…", url=f"{at}add/", target=card.more)],
            [item for is_possible, item in moves if is_possible],
            [item for is_possible, item in takes if is_possible],
            [
                Item(letter="r", words="Edit reason for the call", url=f"{card.url}reason/", target=card.name),
                _edit(sources, "t", "Edit thought", f"thought-{ref.turn}-{ref.step}"),
                _edit(sources, "w", "Edit words of the step", f"text-{ref.turn}-{ref.step}"),
                *_settings(sources, ref.turn),
            ],
        ],
    )


def menu_of_turn(sources: Sources, turn: int) -> Menu:
    """For an answer: edit the words its turn began with, add a first pair where there is none, remove the last turn."""
    turns = sources.content.turns
    at = f"{sources.url}turns/{turn}/"
    name = f"turn-{turn + 1}-more"
    is_last = turn == len(turns) - 1 and turn > 0
    has_calls = turn < len(turns) and bool(turns[turn].calls)
    groups = [
        [] if has_calls else [Item(letter="a", words="Add pair…", url=f"{at}add/", target=name)],
        _settings(sources, turn),
        [Item(letter="x", words="Remove turn", url=f"{at}remove/", is_danger=True)] if is_last else [],
    ]
    return Menu(
        name=name,
        label=f"More for turn {turn + 1}",
        version=sources.conversation.version,
        groups=[group for group in groups if group],
    )


def _settings(sources: Sources, turn: int) -> list[Item]:
    return [
        _edit(sources, "m", "Edit user message", f"user-{turn}"),
        _edit(sources, "p", "Edit system prompt", "system_prompt"),
    ]


def _edit(sources: Sources, letter: str, words: str, part: str) -> Item:
    return Item(letter=letter, words=words, url=f"{sources.url}texts/{part}/edit/", target=f"text-{part}")
