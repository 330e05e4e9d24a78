"""The gate and the minute budgets."""

import threading

from generation.llm.limiter import ConcurrencyGate, MinuteBudget


def pass_through(gate: ConcurrencyGate, *, times: int = 1, throttled: bool = False) -> None:
    for _ in range(times):
        gate.leave(gate.enter(), succeeded=not throttled, throttled=throttled)


def cut(gate: ConcurrencyGate) -> None:
    """The smallest burst that lowers the limit."""
    pass_through(gate, times=max(16, gate.limit) // 4, throttled=True)


def test_a_quarter_of_the_limit_in_429_cuts_it_to_three_quarters() -> None:
    gate = ConcurrencyGate(16)
    pass_through(gate, times=3, throttled=True)
    assert gate.limit == 16
    pass_through(gate, throttled=True)
    assert gate.limit == 12


def test_however_many_429_one_burst_brings_the_limit_is_cut_once() -> None:
    gate = ConcurrencyGate(16)
    tickets = [gate.enter() for _ in range(16)]
    for ticket in tickets:
        gate.leave(ticket, throttled=True)
    assert gate.limit == 12
    cut(gate)
    assert gate.limit == 9


def test_one_429_in_ten_is_retried_without_slowing_the_endpoint_down() -> None:
    gate = ConcurrencyGate(16)
    for _ in range(100):
        pass_through(gate, throttled=True)
        pass_through(gate, times=9)
    assert gate.limit == 16


def test_the_limit_never_falls_below_one() -> None:
    gate = ConcurrencyGate(3)
    pass_through(gate, times=30, throttled=True)
    assert gate.limit == 1
    assert gate.enter()


def test_twenty_five_successes_raise_the_limit_by_one_up_to_the_ceiling() -> None:
    gate = ConcurrencyGate(16)
    cut(gate)
    pass_through(gate, times=24)
    assert gate.limit == 12
    pass_through(gate)
    assert gate.limit == 13
    pass_through(gate, times=25 * 10)
    assert gate.limit == 16


def test_failures_that_are_no_429_leave_the_limit_alone() -> None:
    gate = ConcurrencyGate(16)
    for _ in range(100):
        gate.leave(gate.enter())
    assert (gate.limit, gate.in_flight) == (16, 0)


def test_a_full_gate_lets_the_next_one_in_only_when_a_place_is_free() -> None:
    gate = ConcurrencyGate(2)
    first, _ = gate.enter(), gate.enter()
    entered = threading.Event()

    def enter() -> None:
        gate.enter()
        entered.set()

    waiting = threading.Thread(target=enter, daemon=True)
    waiting.start()
    assert not entered.wait(0.1)
    gate.leave(first)
    assert entered.wait(5)
    assert gate.in_flight == 2


def test_no_more_than_the_limit_are_in_flight_and_everyone_gets_through() -> None:
    gate = ConcurrencyGate(3)
    inside, peak, passed = 0, 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, peak, passed
        for turn in range(20):
            ticket = gate.enter()
            with lock:
                inside += 1
                peak = max(peak, inside)
            threading.Event().wait(0.0005)
            with lock:
                inside -= 1
                passed += 1
            gate.leave(ticket, succeeded=True, throttled=turn % 7 == 0)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert passed == 12 * 20
    assert peak <= 3


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_requests_per_minute_are_spread_evenly() -> None:
    clock = Clock()
    budget = MinuteBudget(60, clock=clock, burst_s=1)
    granted = 0
    start = clock.now
    while clock.now - start < 60:
        clock.now += budget.reserve()
        granted += 1
    assert 59 <= granted <= 62


def test_what_is_overdrawn_is_waited_for_by_whoever_comes_next() -> None:
    clock = Clock()
    budget = MinuteBudget(6000, clock=clock, burst_s=1)  # 100 a second, 100 saved up
    assert budget.reserve(600) == 5.0
    assert budget.reserve(100) == 6.0
    clock.now += 6
    assert budget.reserve(0) == 0.0


def test_an_estimate_that_was_too_high_is_given_back() -> None:
    clock = Clock()
    budget = MinuteBudget(6000, clock=clock, burst_s=1)
    budget.reserve(600)
    budget.settle(reserved=600, used=100)
    assert budget.reserve(0) == 0.0


def test_idle_time_saves_up_no_more_than_the_burst() -> None:
    clock = Clock()
    budget = MinuteBudget(6000, clock=clock, burst_s=1)
    clock.now += 3600
    assert budget.reserve(200) == 1.0
