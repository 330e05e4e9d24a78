"""What the fake adds to the contract: a script that is kept to, and a record of what was asked."""

import threading

import pytest

from generation.errors import EngineError
from generation.llm.scripted import ScriptedLLM, ScriptMismatch
from tests.generation.llm.replies import Count


def ask(llm: ScriptedLLM, purpose: str = "count", content: str = "How many?") -> Count:
    return llm.ask(purpose=purpose, messages=[{"role": "user", "content": content}], reply=Count, seed=4)


def test_replies_come_in_the_order_of_the_script() -> None:
    llm = ScriptedLLM([("count", Count(count=1)), ("again", {"count": 2})])
    assert [ask(llm).count, ask(llm, "again").count] == [1, 2]
    assert llm.remaining == 0


def test_another_purpose_than_expected_says_which_one_and_uses_nothing_up() -> None:
    llm = ScriptedLLM([("step", {"count": 1})])
    with pytest.raises(ScriptMismatch, match="request 1 asks for 'count': the script expects 'step'"):
        ask(llm)
    assert llm.remaining == 1


def test_a_script_that_has_run_out_says_so() -> None:
    llm = ScriptedLLM([("count", {"count": 1})])
    ask(llm)
    with pytest.raises(ScriptMismatch, match="request 2 asks for 'count': the script has run out"):
        ask(llm)


def test_replies_by_purpose_do_not_depend_on_each_others_order() -> None:
    llm = ScriptedLLM({"a": [{"count": 1}, {"count": 2}], "b": [{"count": 3}]})
    assert [ask(llm, purpose).count for purpose in ("b", "a", "a")] == [3, 1, 2]
    with pytest.raises(ScriptMismatch, match=r"asks for 'b': no reply is left \(purposes in the script: a, b\)"):
        ask(llm, "b")


def test_no_engine_code_can_swallow_a_mismatch() -> None:
    assert not issubclass(ScriptMismatch, EngineError)


def test_requests_are_copies_of_the_moment_they_were_asked() -> None:
    llm = ScriptedLLM([("count", {"count": 1})])
    messages = [{"role": "user", "content": "before"}]
    llm.ask(purpose="count", messages=messages, reply=Count, seed=9, temperature=0.1, max_tokens=50)
    messages[0]["content"] = "after"
    (request,) = llm.requests
    assert request.messages == [{"role": "user", "content": "before"}]
    assert (request.purpose, request.seed, request.temperature, request.max_tokens) == ("count", 9, 0.1, 50)


def test_threads_get_every_reply_once() -> None:
    llm = ScriptedLLM({"count": [{"count": number} for number in range(200)]})
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda: seen.extend(ask(llm).count for _ in range(25)), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(seen) == list(range(200))
