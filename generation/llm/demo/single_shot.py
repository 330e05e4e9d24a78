"""A whole exchange in one reply, for the modes without tools: question and answer, with the reasoning when it is asked for.

The toy has no general knowledge and says so; what it can do is to repeat what the question itself holds.
"""

from generation.llm.demo.literals import literals
from generation.llm.demo.request import Task
from generation.llm.demo.simulated_user import message_text

_TOLD = ("quoted", "path", "id", "email", "date", "number")


def basic_exchange(task: Task) -> dict[str, str]:
    """``{question, final_answer}``."""
    question = task.section("question") or message_text(task)
    return {"question": question, "final_answer": _answer(question)}


def reasoned_exchange(task: Task) -> dict[str, str]:
    """``{question, chain_of_thought, final_answer}``."""
    question = task.section("question") or message_text(task)
    told = _told(question)
    known = f"What it tells me: {', '.join(told)}." if told else "It tells me no figure and no name to work with."
    thought = (
        f"I am asked: {question}\n{known}\nThere is no tool to look anything up with, and a toy has no general knowledge. "
        "So I can say what the question holds, and must not pretend to know more."
    )
    return {"question": question, "chain_of_thought": thought, "final_answer": _answer(question)}


def _answer(question: str) -> str:
    told = _told(question)
    repeated = f" From your question I take this: {', '.join(told)}." if told else ""
    return (
        f"I am only the offline demo model, a toy without general knowledge; a real model would answer here.{repeated}"
    )


def _told(question: str) -> list[str]:
    return list(dict.fromkeys(literal.text for literal in literals(question) if literal.kind in _TOLD))[:6]
