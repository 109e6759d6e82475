"""The circuit breaker, as a table and against a model that knows nothing of its insides."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync_queue.state import BreakerState, read_record
from worker.circuit_breaker import (
    FAILURES_TO_OPEN,
    PROBE_DELAYS,
    CircuitBreaker,
)

NOON = 1_800_000_000.0


def opened(now: float = NOON) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker = breaker.on_failure(now)
    return breaker


def test_four_outages_in_a_row_keep_it_closed_and_the_fifth_opens_it() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker = breaker.on_failure(NOON)
        assert breaker.state is BreakerState.CLOSED
        assert breaker.wait(NOON) == 0.0

    assert breaker.on_failure(NOON).state is BreakerState.OPEN


def test_a_success_between_outages_restarts_the_count() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker = breaker.on_failure(NOON)
    breaker = breaker.on_success()
    for _ in range(4):
        breaker = breaker.on_failure(NOON)

    assert breaker.state is BreakerState.CLOSED


def test_probes_come_after_5_10_20_40_and_then_every_60_seconds() -> None:
    now, breaker, waits = NOON, opened(), []
    for _ in range(8):
        waits.append(breaker.wait(now))
        now += breaker.wait(now)
        breaker = breaker.probing().on_failure(now)

    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]


def test_an_outage_seen_while_open_is_no_probe() -> None:
    breaker = opened()

    assert breaker.on_failure(NOON + 3) == breaker


def test_a_probe_alone_does_not_close_it() -> None:
    assert opened().probing().state is BreakerState.HALF_OPEN


def test_a_real_job_s_success_closes_it_and_the_rate_rises_gently() -> None:
    breaker, batches = opened().probing(), []
    for _ in range(8):
        for _ in range(max(1, breaker.batch)):
            breaker = breaker.on_success()
            assert breaker.state is BreakerState.CLOSED
        batches.append(breaker.batch)

    assert batches == [1, 2, 4, 8, 16, 32, 64, 0]


def test_a_failure_without_an_outage_does_not_slow_the_queue_down() -> None:
    breaker = CircuitBreaker().on_failure(NOON)

    assert breaker.batch == 0
    assert breaker.on_success() == CircuitBreaker()


def test_after_an_outage_it_takes_five_new_failures_to_open_again() -> None:
    breaker = opened().probing().on_success()
    for _ in range(4):
        breaker = breaker.on_failure(NOON)
        assert breaker.state is BreakerState.CLOSED
    breaker = breaker.on_failure(NOON)

    assert breaker.state is BreakerState.OPEN
    assert breaker.wait(NOON) == 5.0


@pytest.mark.parametrize(
    ("wish", "pause"), [(0.0, 5.0), (3.0, 5.0), (120.0, 120.0), (3600.0, 3600.0), (1e9, 3600.0)]
)
def test_a_plex_that_says_when_to_come_back_is_left_alone_until_then(
    wish: float, pause: float
) -> None:
    breaker = CircuitBreaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker = breaker.on_failure(NOON, wish)
    later = NOON + pause

    assert breaker.wait(NOON) == pause
    assert breaker.wait(later) == 0.0
    assert breaker.probing().on_failure(later, wish).wait(later) == max(pause, 10.0)


times = st.floats(min_value=-(10**10), max_value=10**11)
wishes = st.floats(min_value=0.0, max_value=1e6)


@given(times, times, st.integers(min_value=0, max_value=10), wishes)
def test_a_clock_that_jumps_never_holds_jobs_longer_than_the_longest_probe_delay(
    opened_at: float, now: float, probes: int, wish: float
) -> None:
    """Or than Plex wished to be left alone, up to an hour."""
    breaker = opened(opened_at)
    for _ in range(probes):
        breaker = breaker.probing().on_failure(opened_at, wish)

    longest = PROBE_DELAYS[-1] if not probes else max(PROBE_DELAYS[-1], min(wish, 3600.0))
    assert 0.0 <= breaker.wait(now) <= longest


@given(times, times)
def test_a_clock_that_jumps_never_makes_an_outage_look_negative_or_endless(
    opened_at: float, now: float
) -> None:
    long = opened(opened_at).lasts_longer_than(300.0, now)

    assert long is not (0.0 <= now - opened_at <= 300.0)


def test_a_closed_breaker_has_no_outage() -> None:
    assert not CircuitBreaker().lasts_longer_than(0.0, NOON)


class BreakerMachine(RuleBasedStateMachine):
    """Random outages, successes, other errors, restarts and passing time.

    The model: outages in a row while closed, and while open how many probes failed and when.
    """

    def __init__(self) -> None:
        super().__init__()
        self.breaker = CircuitBreaker()
        self.now = NOON
        self.in_a_row = 0
        self.failed_probes: int | None = None  # None: closed
        self.last_probe = 0.0
        self.wish = 0.0

    @rule(seconds=st.floats(min_value=0.0, max_value=100.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def the_worker_restarts(self) -> None:
        self.breaker = read_record(
            CircuitBreaker, json.dumps({"version": 1, **asdict(self.breaker)})
        )

    @precondition(lambda self: self.failed_probes is None)
    @rule(success=st.booleans(), wish=st.sampled_from([0.0, 30.0, 600.0]))
    def a_job_runs(self, success: bool, wish: float) -> None:
        if success:
            self.breaker = self.breaker.on_success()
            self.in_a_row = 0
            return
        self.breaker = self.breaker.on_failure(self.now, wish)
        self.wish = wish
        self.in_a_row += 1
        if self.in_a_row == 5:
            self.failed_probes, self.last_probe = 0, self.now

    @precondition(lambda self: self.failed_probes is not None)
    @rule(success=st.booleans(), wish=st.sampled_from([0.0, 30.0, 600.0]))
    def the_worker_probes_when_it_may(self, success: bool, wish: float) -> None:
        if self.breaker.wait(self.now) > 0:
            return
        self.breaker = self.breaker.probing()
        if success:
            self.breaker = self.breaker.on_success()
            self.in_a_row, self.failed_probes = 0, None
            return
        self.breaker = self.breaker.on_failure(self.now, wish)
        self.wish = wish
        assert self.failed_probes is not None
        self.failed_probes, self.last_probe = self.failed_probes + 1, self.now

    @invariant()
    def it_is_open_exactly_while_the_model_is(self) -> None:
        assert (self.breaker.state is BreakerState.CLOSED) == (self.failed_probes is None)

    @invariant()
    def the_wait_is_what_is_left_of_the_probe_s_delay(self) -> None:
        if self.failed_probes is None:
            assert self.breaker.wait(self.now) == 0.0
            return
        delay = max(self.wish, [5, 10, 20, 40, 60][min(self.failed_probes, 4)])
        left = max(0.0, self.last_probe + delay - self.now)
        assert self.breaker.wait(self.now) == pytest.approx(left, abs=1e-3)


BreakerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestBreaker = BreakerMachine.TestCase
