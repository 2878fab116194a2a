from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import CHINA
from gateway.hub.window import distinct_rows, verdict
from gateway.hub.windows import OVERLAP, SETTLING, Plan, Window, joined, slices, without

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001 - naive Asia/Shanghai
NOW = datetime(2025, 3, 1, 12, 0, 7, 123, tzinfo=CHINA)
NAIVE_NOW = NOW.replace(tzinfo=None)
HISTORY = NAIVE_NOW.replace(year=2020, microsecond=0)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 5))
def test_a_window_closes_only_on_the_promised_number(total: int, distinct: int, attempt: int) -> None:
    judged = verdict([total, total], distinct, attempt)
    assert (judged == "closed") == (total == distinct)
    assert (judged == "short") == (total != distinct and attempt >= 3)


@pytest.mark.parametrize(("attempt", "expected"), [(1, "reread"), (2, "reread"), (3, "short"), (4, "short")])
def test_it_is_read_three_times_at_most(attempt: int, expected: str) -> None:
    assert verdict([3], 2, attempt) == expected


def test_a_total_that_changed_between_pages_does_not_close() -> None:
    assert verdict([2, 3], 3, 1) == "reread"
    assert verdict([3, 2], 3, 3) == "short"


def test_an_empty_window_closes_and_one_without_pages_does_not() -> None:
    assert verdict([0], 0, 1) == "closed"
    assert verdict([], 0, 1) == "reread"


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1))))
def test_row_versions_are_counted_once_over_all_pages(pages: list[list[int]]) -> None:
    packed = [np.array(page, dtype=np.int64).tobytes() for page in pages]
    assert distinct_rows(packed) == len({row for page in pages for row in page})


def test_the_first_windows_reach_from_the_history_to_ten_minutes_ago() -> None:
    assert Plan(HISTORY).windows(None, NOW) == [
        Window(HISTORY, NAIVE_NOW.replace(microsecond=0) - timedelta(minutes=10))
    ]


def test_the_last_days_before_the_watermark_are_read_again() -> None:
    watermark = NAIVE_NOW.replace(microsecond=0) - timedelta(days=30)
    (window,) = Plan(HISTORY).windows(watermark, NOW)
    assert window.since == watermark - timedelta(days=7)


def test_nothing_before_the_history_is_asked_for() -> None:
    (window,) = Plan(HISTORY).windows(HISTORY + timedelta(days=2), NOW)
    assert window.since == HISTORY


def test_a_given_end_is_kept_unless_it_is_too_recent() -> None:
    end = NAIVE_NOW.replace(microsecond=0) - timedelta(days=3)
    assert Plan(HISTORY).windows(None, NOW, end)[-1].until == end
    assert Plan(HISTORY).windows(None, NOW, NOW)[-1].until == NAIVE_NOW.replace(microsecond=0) - SETTLING


def test_there_may_be_nothing_to_read() -> None:
    assert Plan(NAIVE_NOW).windows(None, NOW) == []


@given(INSTANTS, INSTANTS, st.none() | INSTANTS, st.integers(1, 400))
def test_windows_are_in_order_without_gaps_and_never_too_long(
    history: datetime, now: datetime, watermark: datetime | None, days: int
) -> None:
    longest = timedelta(days=days)
    windows = Plan(history, longest=longest).windows(watermark, now)
    for window in windows:
        assert window.since < window.until <= now - SETTLING
        assert window.until - window.since <= longest
        assert window.since.microsecond == window.until.microsecond == 0
    for one, following in pairwise(windows):
        assert one.until == following.since
    if windows and watermark is not None:
        assert windows[0].since <= max(history, watermark - OVERLAP)


@pytest.mark.parametrize("longest", [timedelta(0), timedelta(days=-1), timedelta(milliseconds=1500)])
def test_a_length_that_cuts_seconds_is_refused(longest: timedelta) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        slices(HISTORY, NAIVE_NOW, longest)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6)


def spans(edges: list[tuple[int, int]]) -> list[Window]:
    hours = [(timedelta(hours=start), timedelta(hours=start + length)) for start, length in edges]
    return [Window(HISTORY + since, HISTORY + until) for since, until in hours]


def hours_in(windows: list[Window]) -> list[int]:
    """The hours after HISTORY that lie in the windows, as often as they do."""
    edges = [
        ((w.since - HISTORY) // timedelta(hours=1), (w.until - HISTORY) // timedelta(hours=1))
        for w in windows
    ]
    return sorted(hour for since, until in edges for hour in range(since, until))


@given(SPANS, SPANS)
def test_time_is_joined_and_taken_away_to_the_hour(
    one: list[tuple[int, int]], two: list[tuple[int, int]]
) -> None:
    every, gone = set(hours_in(spans(one))), set(hours_in(spans(two)))
    assert hours_in(joined(spans(one))) == sorted(every)
    assert hours_in(without(spans(one), spans(two))) == sorted(every - gone)
    for earlier, later in pairwise(joined(spans(one))):
        assert earlier.until < later.since
