import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.limits import Buckets, Rate

RATES = st.builds(Rate, st.floats(0.1, 1000), st.integers(1, 500))
PAUSES = st.lists(st.floats(0, 5), min_size=1, max_size=60)


@given(RATES, PAUSES)
def test_no_span_of_time_lets_more_pass_than_a_burst_and_its_rate(rate: Rate, pauses: list[float]) -> None:
    buckets, now, passed = Buckets(rate), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if buckets.ask("a", now).passes:
            passed.append(now)
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= rate.burst + rate.per_second * (passed[last] - begin) + 1e-6


@given(RATES, PAUSES)
def test_whoever_waits_as_long_as_was_said_is_let_pass(rate: Rate, pauses: list[float]) -> None:
    buckets, now = Buckets(rate), 0.0
    for pause in pauses:
        now += pause
        verdict = buckets.ask("a", now)
        if not verdict.passes:
            now += verdict.wait_s + 1e-9
            assert buckets.ask("a", now).passes


@given(RATES)
def test_what_is_said_to_be_left_can_be_had_at_once(rate: Rate) -> None:
    buckets = Buckets(rate)
    left = buckets.ask("a", 7.0).left
    assert left == rate.burst - 1
    assert [buckets.ask("a", 7.0).passes for _ in range(left)] == [True] * left
    assert not buckets.ask("a", 7.0).passes


def test_one_caller_takes_nothing_from_another() -> None:
    buckets = Buckets(Rate(1, 1))
    assert [buckets.ask(name, 0.0).passes for name in "aab"] == [True, False, True]


@given(st.lists(st.integers(0, 30), max_size=200))
def test_no_more_buckets_are_kept_than_may_be(callers: list[int]) -> None:
    buckets = Buckets(Rate(1, 2), most=5)
    for caller in callers:
        buckets.ask(caller, 0.0)
    assert len(buckets._kept) <= 5


@pytest.mark.parametrize(("asked_again", "passes"), [(False, True), (True, False)])
def test_the_caller_that_asked_longest_ago_is_forgotten_first(*, asked_again: bool, passes: bool) -> None:
    buckets = Buckets(Rate(1, 1), most=2)
    buckets.ask("a", 0.0)
    buckets.ask("b", 0.0)
    if asked_again:
        buckets.ask("a", 0.0)
    buckets.ask("c", 0.0)
    assert buckets.ask("a", 0.0).passes is passes


def test_a_clock_that_stands_still_or_slips_back_fills_nothing() -> None:
    buckets = Buckets(Rate(10, 1))
    buckets.ask("a", 5.0)
    assert not buckets.ask("a", 4.0).passes
