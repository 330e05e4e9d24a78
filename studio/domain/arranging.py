"""Three-way merge of an order, and of the steps of a turn with the calls in them: who stands where. Pure; knows names only.

Two changes fit together when nothing was moved by both, nothing that one removed was moved by the other, and what they added
stands at different places. Of two neighbours that changed places nobody can tell which one was moved: both count as moved.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Literal

Token = tuple[Literal["turn", "step", "call"], Hashable]
"""What stands in an order once: its kind and its name."""
Shape = list[tuple[Hashable, list[str]]]
"""The steps of a turn: the name of each, and the ids of its calls."""


def merge_order(base: Sequence[Token], mine: Sequence[Token], theirs: Sequence[Token]) -> list[Token] | None:
    """The order that holds what both did to ``base``; None when they don't fit together. The same whichever is mine."""
    return _merge_order(base, mine, theirs, touched=(_moved(base, mine), _moved(base, theirs)))


def merge_shapes(base: Shape, mine: Shape, theirs: Shape) -> Shape | None:
    """The steps and calls that hold what both did; None when they don't fit together.

    Besides what an order refuses: a call that one put into another step and the other moved or removed, one that would come to
    stand in a step where nobody put it, and a step that would lose all its calls though neither took them all.
    """
    orders = [_tokens(shape) for shape in (base, mine, theirs)]
    steps = [_steps_of(order) for order in orders]
    touched = tuple(
        _moved(orders[0], order) | {token for token in step.keys() & steps[0].keys() if step[token] != steps[0][token]}
        for order, step in zip(orders[1:], steps[1:], strict=True)
    )
    merged = _merge_order(*orders, touched=touched)
    if merged is None or not _stands_as_put(merged, steps[1:]):
        return None
    shape: Shape = []
    for kind, name in merged:
        if kind == "step":
            shape.append((name, []))
        else:
            shape[-1][1].append(str(name))
    filled = [{name for name, calls in side if calls} for side in (mine, theirs)]
    named = [{name for name, _ in side} for side in (mine, theirs)]
    for name, calls in shape:
        if not calls and all(name in full or name not in known for full, known in zip(filled, named, strict=True)):
            return None
    return shape


def _merge_order(
    base: Sequence[Token], mine: Sequence[Token], theirs: Sequence[Token], *, touched: tuple[set[Token], ...]
) -> list[Token] | None:
    if mine in (base, theirs):
        return list(theirs)
    if theirs == base:
        return list(mine)
    by_mine, by_theirs = touched
    removed = set(base) - set(mine), set(base) - set(theirs)
    if by_mine & by_theirs or by_mine & removed[1] or by_theirs & removed[0]:
        return None
    kept = set(base) & set(mine) & set(theirs)
    order = _merge_kept(*([token for token in side if token in kept] for side in (base, mine, theirs)))
    if order is None:
        return None
    added = [_added(side, base, order) for side in (mine, theirs)]
    merged: list[Token] = []
    for slot in range(len(order) + 1):
        runs = [runs.pop(slot, []) for runs in added]
        run = _follow_each_other(*runs)
        if run is None:
            return None
        merged += run + order[slot : slot + 1]
    return None if any(added) or len(set(merged)) < len(merged) else merged


def _merge_kept(base: list[Token], mine: list[Token], theirs: list[Token]) -> list[Token] | None:
    """Each two stand as the one put them who changed their order; None when that goes round in a circle."""
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    places = [{token: at for at, token in enumerate(side)} for side in (base, mine, theirs)]

    def precedes(one: Token, other: Token) -> bool:
        was, own, their = (place[one] < place[other] for place in places)
        return their if own == was else own

    ranks = {token: sum(precedes(other, token) for other in base if other != token) for token in base}
    return sorted(base, key=ranks.__getitem__) if len(set(ranks.values())) == len(base) else None


def _added(side: Sequence[Token], base: Sequence[Token], order: list[Token]) -> dict[int, list[Token]]:
    """What a side added, by the number of kept ones that it comes to stand behind; -1 where that can't be said any more."""
    known, kept = set(base), set(order)
    own = [token for token in side if token in kept]
    by_own_slot: dict[int, list[Token]] = {}
    slot = 0
    for token in side:
        if token in kept:
            slot += 1
        elif token not in known:
            by_own_slot.setdefault(slot, []).append(token)
    runs: dict[int, list[Token]] = {}
    for slot, run in by_own_slot.items():
        runs.setdefault(_slot_in(order, own, slot, run), []).extend(run)
    return runs


def _slot_in(order: list[Token], own: list[Token], slot: int, run: list[Token]) -> int:
    """Where a run that stands behind the first ``slot`` of ``own`` comes to stand in ``order``; -1: that can't be said.

    Between the same neighbours, where calls that close a step go on closing it; or else behind the same ones.
    """
    found = order.index(own[slot - 1]) + 1 if slot else 0
    was, now = (next(iter(following), None) for following in (own[slot:], order[found:]))
    closes = all(kind == "call" for kind, _ in run) and all(each is None or each[0] == "step" for each in (was, now))
    if was == now or closes:
        return found
    return slot if set(order[:slot]) == set(own[:slot]) else -1


def _follow_each_other(one: list[Token], other: list[Token]) -> list[Token] | None:
    """Two runs that were added at one place: calls go on with the step before, so they precede another step. Else None."""
    if not one or not other or one == other:
        return one or other
    for first, second in ((one, other), (other, one)):
        if second[0][0] == "step" and all(kind == "call" for kind, _ in first):
            return first + second
    return None


def _moved(base: Sequence[Token], side: Sequence[Token]) -> set[Token]:
    """Those that may have been moved: they are not in each longest part of ``base`` that kept its order."""
    places = {token: at for at, token in enumerate(side)}
    common = [token for token in base if token in places]
    ending = _longest_rising(places[token] for token in common)
    starting = _longest_rising(-places[token] for token in reversed(common))[::-1]
    longest = max(ending, default=0)
    in_one = [
        (token, rank) for token, rank, rest in zip(common, ending, starting, strict=True) if rank + rest > longest
    ]
    sharing = Counter(rank for _, rank in in_one)
    return set(common) - {token for token, rank in in_one if sharing[rank] == 1}


def _longest_rising(values: Iterable[int]) -> list[int]:
    """For each value the length of the longest rising subsequence that ends with it."""
    ends: list[int] = []
    lengths = []
    for value in values:
        at = bisect_left(ends, value)
        ends[at : at + 1] = [value]
        lengths.append(at + 1)
    return lengths


def _tokens(shape: Shape) -> list[Token]:
    tokens: list[Token] = []
    for name, calls in shape:
        tokens += [("step", name), *(("call", call_id) for call_id in calls)]
    return tokens


def _steps_of(order: Sequence[Token]) -> dict[Token, Token | None]:
    """The step that each belongs to; a step to itself."""
    found: dict[Token, Token | None] = {}
    step: Token | None = None
    for token in order:
        step = token if token[0] == "step" else step
        found[token] = step
    return found


def _stands_as_put(merged: list[Token], sides: Collection[dict[Token, Token | None]]) -> bool:
    """Whether each call is in one step with what precedes it, as it was for somebody who has both."""
    stands = _steps_of(merged)
    return all(
        any(
            step[before] == step[token] and stands[before] == stands[token]
            for step in sides
            if token in step
            for before in [next((other for other in reversed(merged[:at]) if other in step), token)]
            if before != token
        )
        for at, token in enumerate(merged)
        if token[0] == "call"
    )
