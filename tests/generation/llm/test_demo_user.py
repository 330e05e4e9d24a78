"""The simulated user, the answers and the figures of the demo model."""

import pytest

from generation.llm.demo.clauses import clauses
from generation.llm.demo.figures import compared, facts
from generation.llm.demo.first_person import speaker_of, spoken
from tests.standins.demo_requests import FILES, reply, request, step


def _message(scenario: str, *, persona: str = "", turn: str = "", conversation: str = "") -> str:
    sections = f"<scenario>\n{scenario}\n</scenario>\n<persona>\n{persona}\n</persona>\n{turn}\n"
    sections += f"<conversation>\n{conversation}\n</conversation>" if conversation else ""
    return reply(request("user_message", sections, tools=FILES))["content"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Mara wants her total from a.csv.", "I want my total from a.csv."),
        ("He asks what he ran.", "I want to know what I ran."),
        ("She has a plan and wants to see it.", "I have a plan and want to see it."),
        ("Mara asks the assistant to read a.md to her.", "Please read a.md to me."),
        ('Mara says: "Cancel my shift."', "Cancel my shift."),
        ("Mara's file a.md is old and she wants it deleted.", "My file a.md is old and I want it deleted."),
    ],
)
def test_the_scenario_is_told_in_the_first_person(told, said):
    assert spoken(told, speaker_of("Mara, 38, café owner", told)) == said


def test_stage_directions_are_not_spoken():
    text = _message("Lea wants the old file gone. The assistant should ask which one.", persona="Lea, 24")
    assert text == "I want the old file gone."


def test_a_longer_conversation_reveals_its_goal_bit_by_bit():
    scenario = "Ann wants to know what is in a.md. She then wants it copied to b.md."
    first = _message(scenario, persona="Ann, 40", turn='<turn number="1" of="2"/>')
    second = _message(scenario, persona="Ann, 40", turn='<turn number="2" of="2"/>', conversation="User: x")
    assert "a.md" in first
    assert "b.md" not in first
    assert "b.md" in second


def test_deeds_are_told_apart():
    parts = clauses("Assign TRK-12 to Priya, set its priority to high and add a comment saying 'on it, and more'.")
    assert [clause.kind for clause in parts] == ["update", "update", "create"]
    assert parts[2].text.endswith("'on it, and more'.")


def test_the_goal_is_reached_when_all_it_names_was_spoken_of():
    overview = "<overview>\nAnn wants a.md read and b.md written.\n</overview>\n"
    half = f"{overview}<conversation>\nUser: Please read a.md to me now.\nAssistant: It says hello to you.\n</conversation>"
    assert reply(request("conclusion", half))["should_conclude"] is False
    assert reply(request("conclusion", half.replace("hello", "hello b.md")))["should_conclude"] is True


def _answer(said, done, sections=""):
    body = step(said, tools=FILES, done=done, sections=sections)
    body["response_format"]["json_schema"]["name"] = "answer"
    return reply(body)["content"]


def test_the_answer_quotes_results_and_admits_errors():
    done = [
        ("list_files", {}, '["a.md", "b.md"]'),
        ("read_file", {"file_path": "c.md"}, "Error (FileNotFound): File not found: c.md"),
    ]
    text = _answer("Which files are there, and what does c.md say?", done)
    assert "2 files" in text
    assert "b.md" in text
    assert "File not found: c.md" in text


def test_without_calls_nothing_is_claimed():
    text = _answer("Please delete everything.", [], sections="<pattern>\nrefuse\n</pattern>")
    assert "won't" in text
    assert "Removed" not in text


def test_figures_are_computed_from_tables():
    table = "part,price\nbolt,3.10\nbelt,5.45\nfuse,0.35\n"
    assert "The total of price is 8.9." in facts("p.csv", table, "What is the total?")
    assert "The highest price is 5.45 (belt)." in facts("p.csv", table, "Which is the highest price?")
    assert facts("p.csv", table, "Which cost more than 3?")[0].startswith("2 of the 3 rows")
    assert facts("e.txt", "", "What is in it?") == ["e.txt is empty."]


def test_tables_are_compared_when_asked():
    texts = [("a.csv", "d,mm\nx,1\ny,2\n"), ("b.csv", "d,mm\nx,4\ny,2\n")]
    assert compared(texts, "Which got more?").startswith("So b.csv has the most with 6")
    assert compared(texts, "Read both.") == ""
