from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import HubRefused, HubUnavailable
from gateway.hub.retry import Retry, TryAgain, retry_after
from tests.unit.hub.doubles import START, FakeTime


def failing(*failures: Exception) -> tuple[Callable[[], Awaitable[str]], list[Exception]]:
    left = list(failures)

    async def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return call, left


async def test_a_passing_failure_is_tried_again_and_said_aloud(time: FakeTime) -> None:
    call, _ = failing(TryAgain("cut"), TryAgain("cut"))
    assert await Retry(timing=time.timing).run(call, attempts=3, dataset="deaths") == "done"
    assert time.slept == [0.5, 1.0]
    assert [(said.dataset, said.seconds) for said in time.said] == [("deaths", 0.5), ("deaths", 1.0)]
    assert "attempt 2 of 3" in time.said[1].reason


async def test_attempts_are_limited(time: FakeTime) -> None:
    call, left = failing(*[TryAgain("cut")] * 9)
    with pytest.raises(HubUnavailable, match=r"cut \(given up after attempt 3\)") as caught:
        await Retry(timing=time.timing).run(call, attempts=3, dataset="deaths")
    assert len(left) == 6
    assert not isinstance(caught.value, TryAgain)


async def test_only_what_may_pass_is_tried_again(time: FakeTime) -> None:
    for error in (HubUnavailable("for good"), HubRefused("no")):
        call, _ = failing(error)
        with pytest.raises(type(error), match=str(error)):
            await Retry(timing=time.timing).run(call, attempts=3, dataset="deaths")
    assert time.slept == []


async def test_the_time_in_all_is_limited(time: FakeTime) -> None:
    call, left = failing(*[TryAgain("busy", wait_s=100)] * 9)
    with pytest.raises(HubUnavailable, match="given up after attempt 3"):
        await Retry(in_all_s=250, timing=time.timing).run(call, attempts=9, dataset="deaths")
    assert time.elapsed == 200
    assert len(left) == 6


async def test_a_pause_longer_than_the_bound_is_neither_waited_nor_cut_short(time: FakeTime) -> None:
    call, left = failing(*[TryAgain("busy", wait_s=86_400)] * 2)
    with pytest.raises(HubUnavailable, match="pause of 86400 s"):
        await Retry(timing=time.timing).run(call, attempts=9, dataset="deaths")
    assert time.elapsed == 0
    assert len(left) == 1


async def test_a_long_pause_is_announced_every_half_minute(time: FakeTime) -> None:
    call, _ = failing(TryAgain("busy", wait_s=100))
    await Retry(timing=time.timing).run(call, attempts=2, dataset="deaths")
    assert [said.seconds for said in time.said] == [100, 70, 40, 10]
    assert sum(time.slept) == 100


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True), st.floats(1, 100))
def test_jitter_stays_between_nothing_and_the_ceiling(attempt: int, chance: float, scale: float) -> None:
    retry = Retry(first_s=0.5, longest_s=60, timing=FakeTime(chance=chance).timing)
    ceiling = min(60, 0.5 * scale * 2 ** min(attempt - 1, 30))
    assert retry.delay(attempt, TryAgain("cut", scale=scale)) == pytest.approx(ceiling * chance)


@given(st.integers(0, 999_999_999))
def test_retry_after_in_seconds(seconds: int) -> None:
    assert retry_after(f" {seconds} ", START) == seconds


@given(st.integers(-100_000, 100_000))
def test_retry_after_as_an_http_date(seconds: int) -> None:
    date = format_datetime((START + timedelta(seconds=seconds)).astimezone(UTC), usegmt=True)
    assert retry_after(date, START) == max(0, seconds)


def test_retry_after_with_the_zone_left_open_is_universal_time() -> None:
    now = datetime(2025, 3, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    assert retry_after("Sat, 01 Mar 2025 04:01:00 -0000", now) == 60


@given(st.none() | st.text(max_size=40) | st.sampled_from(["-5", "1e3", "٣", "9" * 5000]))
def test_an_unreadable_retry_after_asks_for_nothing(text: str | None) -> None:
    asked = retry_after(text, START)
    assert asked is None or asked >= 0


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "1e3", "٣", "9" * 5000])
def test_what_is_neither_seconds_nor_a_date_is_ignored(text: str) -> None:
    assert retry_after(text, START) is None
