"""From error to verdict: one test for each line of the error table, and what holds for all."""

from __future__ import annotations

import math

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexSetupError,
    PlexTemporaryError,
    error_for_status,
    translate_plex_exception,
)
from stash.exceptions import StashLoginNeeded, StashQueryFailed, StashUnavailable
from validation.errors import (
    InvalidScene,
    PermanentError,
    PlexSyncError,
    SetupError,
    TransientError,
)
from validation.reasons import Reason
from worker.covers import CoverUnavailable, PicturesUnavailable
from worker.policy import RULES, Disposition, Tries, Verdict, verdict_for

HOURS = 3600.0


def tries(
    charged: int = 0, *, failed: int = 0, age: float = 0.0, fair: bool = False, most: int = 5
) -> Tries:
    return Tries(charged, failed, age, fair, most)


def verdict(error: PlexSyncError, known: Tries, *, luck: float = 0.5) -> Verdict:
    return verdict_for(error, known, lambda: luck)


OUTAGES: list[BaseException] = [
    requests.exceptions.ConnectionError("refused"),
    requests.exceptions.ConnectTimeout(),
    requests.exceptions.ReadTimeout(),
    requests.exceptions.SSLError(),
    requests.exceptions.ChunkedEncodingError(),
    ConnectionResetError(),
]
TEMPORARY_STATUSES = [408, 429, 500, 502, 503, 504, 507, 599]


def test_no_row_of_the_table_hides_a_more_specific_one_below_it() -> None:
    kinds = [rule.error for rule in RULES]
    hidden = [kind for n, kind in enumerate(kinds) if issubclass(kind, tuple(kinds[:n]))]

    assert hidden == []
    assert kinds[-1] is PlexSyncError


# -- refused, DNS, timeout, reset, TLS, 5xx, 429, maintenance page, garbage XML


@pytest.mark.parametrize("cause", OUTAGES, ids=lambda cause: type(cause).__name__)
def test_a_plex_that_cannot_be_reached_counts_for_the_breaker_and_not_for_the_job(
    cause: BaseException,
) -> None:
    found = verdict(translate_plex_exception(cause), tries(charged=4))

    assert found == Verdict(
        Disposition.RETRY, Reason.WAITING_FOR_PLEX, 40.0, charge=False, outage=True
    )


@pytest.mark.parametrize("status", TEMPORARY_STATUSES)
def test_a_plex_that_cannot_answer_now_counts_for_the_breaker_and_not_for_the_job(
    status: int,
) -> None:
    found = verdict(error_for_status(status), tries())

    assert found == Verdict(
        Disposition.RETRY, Reason.WAITING_FOR_PLEX, 2.5, charge=False, outage=True
    )


def test_a_temporary_failure_waits_longer_with_each_charged_try() -> None:
    waits = [verdict(PlexTemporaryError("x"), tries(n), luck=1.0).delay for n in range(6)]

    assert waits == [5, 10, 20, 40, 80, 80]


def test_a_try_is_charged_while_plex_serves_others() -> None:
    assert verdict(PlexTemporaryError("x"), tries(fair=True)).charge


def test_a_job_whose_five_tries_were_its_own_fault_becomes_a_dead_letter() -> None:
    fourth = verdict(PlexTemporaryError("x"), tries(3, fair=True))
    fifth = verdict(PlexTemporaryError("x"), tries(4, fair=True))

    assert (fourth.disposition, fifth.disposition) == (Disposition.RETRY, Disposition.BURY)
    assert fifth.reason is Reason.REFUSED_BY_PLEX


def test_the_setting_max_retries_decides_how_many_tries_there_are() -> None:
    assert (
        verdict(PlexTemporaryError("x"), tries(0, fair=True, most=1)).disposition
        is Disposition.BURY
    )
    assert (
        verdict(PlexTemporaryError("x"), tries(18, fair=True, most=20)).disposition
        is Disposition.RETRY
    )


@given(st.integers(min_value=0, max_value=10**6), st.floats(min_value=0, max_value=1e9))
def test_an_outage_never_makes_a_dead_letter(charged: int, age: float) -> None:
    found = verdict(PlexTemporaryError("x"), tries(charged, age=age, fair=False))

    assert (found.disposition, found.charge) == (Disposition.RETRY, False)


def test_a_server_that_says_when_to_come_back_is_obeyed() -> None:
    error = error_for_status(429, retry_after=120.0)

    assert verdict(error, tries()).delay == 120.0


# -- 401/403


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_holds_everything_and_charges_no_job(status: int) -> None:
    found = verdict(error_for_status(status), tries(100, age=100 * HOURS, fair=True))

    assert found == Verdict(Disposition.HOLD, Reason.SETUP)


@pytest.mark.parametrize("error", [SetupError("no plex_url"), PlexSetupError("no such library")])
def test_a_missing_setting_holds_everything(error: SetupError) -> None:
    assert verdict(error, tries()) == Verdict(Disposition.HOLD, Reason.SETUP)


# -- no such item


def test_an_item_that_is_not_there_is_asked_for_again_and_the_breaker_does_not_count_it() -> None:
    found = verdict(error_for_status(404), tries())

    assert found == Verdict(Disposition.RETRY, Reason.NOT_IN_PLEX, 15.0, charge=True, outage=False)


def test_an_item_that_is_not_there_is_asked_for_every_ten_minutes_at_most() -> None:
    waits = [verdict(PlexNotFound("x"), tries(n), luck=1.0).delay for n in range(8)]

    assert waits == [30, 60, 120, 240, 480, 600, 600, 600]


@pytest.mark.parametrize(
    ("charged", "age", "disposition"),
    [
        (10, 1 * HOURS, Disposition.RETRY),
        (11, 1 * HOURS, Disposition.RETRY),
        (99, 2 * HOURS - 1, Disposition.RETRY),
        (10, 9 * HOURS, Disposition.RETRY),
        (11, 2 * HOURS, Disposition.BURY),
        (11, math.inf, Disposition.BURY),
        (11, -1.0, Disposition.BURY),
        (10, -9 * HOURS, Disposition.RETRY),
    ],
)
def test_an_item_that_is_not_there_is_given_up_after_12_tries_and_2_hours(
    charged: int, age: float, disposition: Disposition
) -> None:
    """An age below zero is unknown: the clock was set back, and must not keep a job for ever."""
    assert verdict(PlexNotFound("x"), tries(charged, age=age)).disposition is disposition


# -- 400/409/413/414/431, invalid scene


@pytest.mark.parametrize("status", [400, 409, 413, 414, 431])
def test_a_request_that_plex_refuses_is_a_dead_letter_at_once(status: int) -> None:
    assert verdict(error_for_status(status), tries()) == Verdict(
        Disposition.BURY, Reason.REFUSED_BY_PLEX
    )


def test_a_scene_that_is_invalid_is_a_dead_letter_at_once() -> None:
    assert verdict(InvalidScene("no title"), tries()) == Verdict(Disposition.BURY, Reason.INVALID)


# -- Stash away, session expired, any GraphQL errors


@pytest.mark.parametrize("error", [StashUnavailable("x"), StashLoginNeeded("x")])
@given(
    known=st.builds(
        Tries, st.integers(0, 99), st.integers(0, 99), st.floats(0, 1e9), st.booleans(), st.just(5)
    )
)
def test_an_unreachable_stash_holds_everything_and_charges_no_job(
    error: StashUnavailable, known: Tries
) -> None:
    assert verdict(error, known) == Verdict(Disposition.HOLD, Reason.WAITING_FOR_STASH)


PARTS = [
    (PicturesUnavailable, Reason.WAITING_FOR_PLEX, Reason.REFUSED_BY_PLEX),
    (CoverUnavailable, Reason.WAITING_FOR_STASH, Reason.WAITING_FOR_STASH),
    (StashQueryFailed, Reason.WAITING_FOR_STASH, Reason.WAITING_FOR_STASH),
]


@pytest.mark.parametrize(("error", "reason", "buried_as"), PARTS)
def test_a_part_that_fails_holds_no_other_job_and_is_asked_ever_more_rarely(
    error: type[TransientError], reason: Reason, buried_as: Reason
) -> None:
    others_fail_too = [
        verdict(error("x"), tries(failed=n, age=100 * HOURS), luck=1.0) for n in range(9)
    ]
    fifth = verdict(error("x"), tries(4, fair=True))

    assert {one.reason for one in others_fail_too} == {reason}
    assert {(one.charge, one.outage) for one in others_fail_too} == {(False, False)}
    assert [one.delay for one in others_fail_too] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert fifth == Verdict(Disposition.BURY, buried_as)


# -- unknown


@pytest.mark.parametrize("fair", [False, True])
def test_an_unknown_error_is_temporary_and_counted_so_that_nothing_loops_for_ever(
    fair: bool,
) -> None:
    found = verdict(TransientError("unexpected: KeyError"), tries(3, fair=fair), luck=1.0)

    assert (found.disposition, found.delay, found.charge, found.outage) == (
        Disposition.RETRY,
        40.0,
        True,
        False,
    )
    assert (
        verdict(TransientError("unexpected"), tries(4, fair=fair)).disposition is Disposition.BURY
    )


# -- all of them

ERRORS: list[PlexSyncError] = [
    PlexTemporaryError("x"),
    PlexNotFound("x"),
    PlexPermanentError("x", status=400),
    PlexSetupError("x"),
    StashUnavailable("x"),
    CoverUnavailable("x"),
    PicturesUnavailable("x"),
    InvalidScene("x"),
    TransientError("x"),
    PermanentError("x"),
    SetupError("x"),
    PlexSyncError("x"),
]


@given(
    error=st.sampled_from(ERRORS),
    known=st.builds(
        Tries,
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.floats(0, 1e9),
        st.booleans(),
        st.integers(1, 20),
    ),
    luck=st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_only_a_temporary_failure_of_plex_counts_for_the_breaker(
    error: PlexSyncError, known: Tries, luck: float
) -> None:
    found = verdict(error, known, luck=luck)

    if found.outage:
        assert type(error) is PlexTemporaryError
    assert 0.0 <= found.delay <= 600.0
    if found.disposition is not Disposition.RETRY:
        assert (found.delay, found.charge, found.outage) == (0.0, False, False)


@given(error=st.sampled_from(ERRORS), fair=st.booleans(), luck=st.floats(0, 1))
def test_no_error_of_a_job_s_own_is_tried_for_ever(
    error: PlexSyncError, fair: bool, luck: float
) -> None:
    """Without an outage: each verdict is charged, ends the job, or waits for something else."""
    charged, age = 0, 0.0
    for _ in range(200):
        found = verdict(error, tries(charged, age=age, fair=fair), luck=luck)
        if found.disposition is not Disposition.RETRY or not (found.charge or fair):
            return
        charged += int(found.charge)
        age += max(found.delay, 60.0)
    raise AssertionError(f"{error!r} is still tried")
