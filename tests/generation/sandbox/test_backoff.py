import pytest

from generation.errors import InvalidInput, SandboxUnavailable
from generation.sandbox.backoff import Backoff, RetriesExhausted


def down() -> None:
    raise SandboxUnavailable("down")


def test_waits_double_up_to_the_cap_and_are_scaled_by_the_jitter() -> None:
    waits: list[float] = []
    backoff = Backoff(retries=5, base=0.5, cap=3.0, sleep=waits.append, jitter=lambda: 0.5)
    with pytest.raises(RetriesExhausted, match=r"down \(tried 6 times\)"):
        backoff.run(down)
    assert waits == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_the_first_success_ends_the_retries() -> None:
    outcomes = iter([SandboxUnavailable("once"), None])

    def action() -> str:
        failure = next(outcomes)
        if failure:
            raise failure
        return "done"

    assert Backoff(retries=1, sleep=lambda _: None).run(action) == "done"


def test_what_was_retried_to_the_end_inside_is_not_retried_outside() -> None:
    waits: list[float] = []
    backoff = Backoff(retries=2, sleep=waits.append)
    with pytest.raises(RetriesExhausted):
        backoff.run(lambda: backoff.run(down))
    assert len(waits) == 2


def test_other_errors_are_not_retried() -> None:
    def action() -> None:
        raise InvalidInput("wrong")

    with pytest.raises(InvalidInput):
        Backoff(sleep=lambda _: pytest.fail("no wait")).run(action)
