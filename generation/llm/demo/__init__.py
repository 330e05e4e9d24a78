"""The offline demo model: a deterministic toy behind the same SDK client as a real model.

    transport.py     the httpx2 transport, an OpenAI server in process
    completion.py    request in, chat completion out (``answer``), by purpose
    request.py       reading prompts: tools, sections, history
    stepping.py      a step's reply          planning.py   goals, look-ups, checks   recovery.py   after errors
    choosing.py      which tool              profiles.py   what tools are for        situation.py  the turn as it stands
    arguments.py     filling arguments       evidence.py   what the words say        recall.py     what results say
    composing.py     texts and files         figures.py    sums and counts           defaults.py   what the schema offers
    answering.py     the answer              wording.py    results in sentences      simulated_user.py   the user
    single_shot.py   question and answer in one, without tools
    verifying.py     reading changes back    first_person.py   scenario to speech
    words.py, clauses.py, literals.py, phrases.py, memory.py   words, deeds, literals, phrases, observed values

It knows no particular tool or scenario: names, descriptions, schemas, annotations, the user's words and what came
back are all it goes by. It never claims to be more: every reply says ``model: "demo"``.
"""

from generation.llm.demo.completion import MODEL, answer
from generation.llm.demo.settings import DemoSettings
from generation.llm.demo.transport import demo_transport

__all__ = ["MODEL", "DemoSettings", "answer", "demo_transport"]
