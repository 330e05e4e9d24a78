"""How long the linter takes for one conversation of 60 pairs: ``python -m tests.load.bench_checks [--pairs N]``.

Prints milliseconds for all checks together and for each of them, the best of several rounds.
"""

import argparse
import json
import random
import time
from collections.abc import Callable

from generation.checks import check
from generation.checks.registry import CHECKS
from generation.conversation import Call, Conversation, Ending, Outcome, Step, Turn
from generation.tools import ToolDefinition

TEXT = {"type": "string"}
TOOLS = [
    ToolDefinition(
        name="get_order",
        annotations={"readOnlyHint": True},
        parameters={
            "type": "object",
            "properties": {"order": TEXT, "page": {"type": "integer"}},
            "required": ["order"],
        },
    ),
    ToolDefinition(
        name="update_order",
        parameters={"type": "object", "properties": {"order": TEXT, "note": TEXT}, "required": ["order"]},
    ),
]
WORDS = (
    """invoice parcel customer pending shipped amount address warehouse delayed refund note total item colour size"""
)


def conversation(pairs: int, *, pairs_a_turn: int = 6, characters: int = 2000, seed: int = 1) -> Conversation:
    """A support conversation: each turn looks up orders that earlier results named and now and then changes one."""
    rng = random.Random(seed)
    turns = []
    for first in range(0, pairs, pairs_a_turn):
        numbers = range(first, min(first + pairs_a_turn, pairs))
        steps = [
            Step(thought=f"Next is ORD-{number:04}.", calls=[_call(number, characters, rng)]) for number in numbers
        ]
        steps.append(Step(thought="That is all."))
        answer = f"ORD-{first:04} comes to {first * 7 + 100}.25 EUR and was sent on 2026-03-{first % 28 + 1:02}; 31 items are pending."
        turns.append(
            Turn(user=f"What about ORD-{first:04} and those after it?", steps=steps, answer=answer, ending=Ending.FINAL)
        )
    return Conversation(system_prompt="You look after orders.", tools=TOOLS, turns=turns, mode="multi_turn")


def _call(number: int, characters: int, rng: random.Random) -> Call:
    rows = [{"order": f"ORD-{number:04}", "next": f"ORD-{number + 1:04}", "total": number * 7 + 100.25}]
    while len(json.dumps(rows)) < characters:
        rows.append(
            {
                "line": len(rows),
                "text": " ".join(rng.choices(WORDS.split(), k=8)),
                "price": rng.randrange(100, 9999) / 100,
            }
        )
    arguments = {"order": f"ORD-{number:04}"}
    tool = "get_order"
    if number % 5 == 4:
        tool, arguments = "update_order", arguments | {"note": "Call back\nabout the parcel"}
    return Call(id=f"call{number:05}", tool=tool, arguments=arguments, result=json.dumps(rows), outcome=Outcome.OK)


def best_ms(run: Callable[[], object], rounds: int = 15) -> float:
    """The shortest of several runs in milliseconds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--characters", type=int, default=2000, help="of each result")
    options = parser.parse_args()
    its = conversation(options.pairs, characters=options.characters)
    for looked_for in CHECKS:
        print(f"{best_ms(lambda looked_for=looked_for: list(looked_for.find(its)), 5):8.2f} ms  {looked_for.code}")
    print(
        f"{best_ms(lambda: check(its, context_tokens=32_000)):8.2f} ms  all, {options.pairs} pairs, {len(check(its))} findings"
    )


if __name__ == "__main__":
    main()
