"""Where a part of one version stands in another: steps and turns have no ids, their calls have."""

from generation.conversation import Conversation, Step


def has_same_shape(one: Conversation, other: Conversation) -> bool:
    """Whether the same calls stand in the same steps and turns, so that every part is found where it was."""
    return _shape(one) == _shape(other)


def follow_part(part: str, *, before: Conversation, now: Conversation) -> str:
    """The name that a part of ``before`` has ``now``: a step is found by its calls. Raises LookupError when it is gone."""
    name, *numbers = part.split("-")
    if name not in ("thought", "text"):
        return part
    turn, at = map(int, numbers)
    step = before.turns[turn].steps[at]
    ids = {call.id for call in step.calls}
    for number, other in enumerate(now.turns):
        for place, candidate in enumerate(other.steps):
            is_final = number == turn and not ids and not candidate.calls
            if is_final or ids & {call.id for call in candidate.calls}:
                return f"{name}-{number}-{place}"
    raise LookupError(part)


def anchor_of(part: str, step: Step | None) -> str:
    """What a text is known by for as long as it is typed on: the first call of its step, wherever that goes."""
    return f"{part.split('-')[0]}@{step.calls[0].id}" if step is not None and step.calls else part


def _shape(content: Conversation) -> list[list[list[str]]]:
    return [[[call.id for call in step.calls] for step in turn.steps] for turn in content.turns]
