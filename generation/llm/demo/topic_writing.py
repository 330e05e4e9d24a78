"""Topics and scenarios of the demo model: angles on a topic, and one wish per tool, worded from what the request says.

An honest toy: its topics are combinations and its scenarios follow the tools' descriptions; both are valid and no more.
"""

import re
from typing import Any

from generation.llm.demo.profiles import Profile
from generation.llm.demo.request import Task

ANGLES = (
    "finding what is needed", "first attempts", "putting mistakes right", "comparing options", "short notice changes",
    "orderly records", "weekly planning", "handing over work", "checking results", "rare cases", "newcomers", "teamwork",
    "saving time", "cleaning up afterwards", "deadlines", "small budgets", "second opinions", "starting again",
    "reports", "visitors",
)  # fmt: skip
PEOPLE = (
    ("Aino", "a careful bookkeeper"), ("Bram", "a hurried café owner"), ("Chidi", "a curious student"), ("Dalia", "a terse engineer"),
    ("Emre", "a friendly caretaker"), ("Freya", "a precise secretary"), ("Goro", "a retired teacher"), ("Hedda", "a busy parent"),
    ("Iker", "a new volunteer"), ("Jola", "a patient librarian"), ("Kofi", "a keen gardener"), ("Lene", "a night nurse"),
)  # fmt: skip
MAX_SUBJECT_WORDS = 4
MONTHS = ("January", "March", "April", "June", "August", "September", "November")


def subtopics(task: Task) -> dict[str, Any]:
    """As many subtopics as wanted, each an angle on the topic that is not known yet."""
    topic = task.section("topic")
    known = task.section("known").lower()
    depth = task.section("way").count(" > ") + bool(task.section("way"))
    lead = f"{topic}, " if depth else f"{' '.join(topic.split()[:MAX_SUBJECT_WORDS])}: "
    angles = [ANGLES[(depth * 7 + number) % len(ANGLES)] for number in range(len(ANGLES))]
    found = [lead + angle for angle in angles if angle not in topic and (lead + angle).lower() not in known]
    wanted = found[: task.number("count", "number", default=3)]
    if "connections" not in str(task.schema):
        return {"subtopics": wanted}
    numbers = [int(number) for number in re.findall(r"^(\d+): ", task.section("known"), re.MULTILINE)]
    linked = [numbers[task.seed % len(numbers)]] if numbers and task.seed % 3 == 0 else []
    return {"subtopics": [{"topic": name, "connections": [] if place else linked} for place, name in enumerate(wanted)]}


def scenario(task: Task) -> dict[str, Any]:
    """One person who wants what one of the tools does, in the light of the topic; with files where files are asked for."""
    name, manner = PEOPLE[task.seed % len(PEOPLE)]
    month = MONTHS[task.seed // 7 % len(MONTHS)]
    day, subject = task.seed // 11 % 27 + 1, task.section("topic") or "everyday work"
    reply: dict[str, Any] = {"persona": f"{name}, {manner}", "turns": None}
    if task.section("mode").startswith("multi_turn"):
        reply["turns"] = 2
    if "seed_files" in task.section("seeds"):
        path = f"notes/{month.lower()}-{day}.md"
        lines = [f"# {subject}, {day} {month}", "", f"Written by {name}.", f"- amount: {task.seed % 900 + 100}", f"- open since day {day}"]  # fmt: skip
        reply["seed_files"] = [{"path": path, "content": "\n".join(lines) + "\n"}]
        wish = f"{name} wants to know what stands in {path} about the amount of {day} {month}"
    else:
        wish = f"{name} wants to {_deed(task.tools, task.seed)} on {day} {month}"
    if "seed_records" in task.section("seeds"):
        reply["seed_records"] = []
    return reply | {"prompt": f"{wish}. It is about this: {subject}."}


def _deed(tools: tuple[Profile, ...], seed: int) -> str:
    """What a tool says of itself, as a wish; of tools that need nothing rather than others, because it can be fulfilled."""
    free = [tool for tool in tools if tool.lists] or [tool for tool in tools if tool.reads] or list(tools)
    if not free:
        return "talk something over"
    said = re.split(r"[.;:(]", free[seed % len(free)].tool.description or "look something up")[0].strip()
    return said[:1].lower() + said[1:]
