import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.hub.quota import HOUR_S, Quotas, TokenBucket
from tests.unit.hub.doubles import FakeTime


@settings(max_examples=40)
@given(st.integers(1, 60), st.lists(st.floats(0, 900), min_size=1, max_size=150))
def test_no_hour_ever_sees_more_than_the_quota(per_hour: int, idle: list[float]) -> None:
    time = FakeTime()
    taken = asyncio.run(_take_all(TokenBucket(per_hour, time.timing), time, idle))
    for first, later in zip(taken, taken[per_hour:], strict=False):
        assert later - first >= HOUR_S - 0.1  # one more than the quota spans an hour or longer


async def _take_all(bucket: TokenBucket, time: FakeTime, idle: list[float]) -> list[float]:
    taken = []
    for pause in idle:
        time.elapsed += pause
        await bucket.take("deaths")
        taken.append(time.elapsed)
    return taken


@pytest.mark.parametrize("per_hour", [1, 2, 10, 25, 1000])
async def test_a_full_bucket_does_not_add_to_the_hour(time: FakeTime, per_hour: int) -> None:
    taken = await _take_all(TokenBucket(per_hour, time.timing), time, [0.0] * (2 * per_hour + 1))
    for first, later in zip(taken, taken[per_hour:], strict=False):
        assert later - first >= HOUR_S - 0.1


async def test_the_quota_is_used_and_not_only_kept(time: FakeTime) -> None:
    taken = await _take_all(TokenBucket(1000, time.timing), time, [0.0] * 1000)
    assert taken[99] == 0  # a tenth at once
    assert taken[-1] <= HOUR_S + 1


async def test_waiting_is_never_silent(time: FakeTime) -> None:
    bucket = TokenBucket(1, time.timing)
    await bucket.take("deaths")
    await bucket.take("deaths")
    assert time.elapsed >= HOUR_S - 0.1
    assert len(time.said) == 120
    assert time.said[0].seconds == HOUR_S
    assert max(time.slept) <= 30


async def test_nobody_is_overtaken(time: FakeTime) -> None:
    bucket, order = TokenBucket(2, time.timing), []

    async def take(number: int) -> None:
        await bucket.take("deaths")
        order.append(number)

    await asyncio.gather(*[take(number) for number in range(6)])
    assert order == [0, 1, 2, 3, 4, 5]


async def test_one_that_gives_up_does_not_block_the_others(time: FakeTime) -> None:
    bucket = TokenBucket(1, time.timing)
    await bucket.take("deaths")
    waiting = asyncio.create_task(bucket.take("deaths"))
    await asyncio.sleep(0)
    waiting.cancel()
    await bucket.take("deaths")
    assert HOUR_S - 0.1 <= time.elapsed <= HOUR_S + 60


async def test_a_request_to_slow_down_holds_everybody(time: FakeTime) -> None:
    bucket = TokenBucket(1000, time.timing)
    bucket.hold(45)
    bucket.hold(20)
    await bucket.take("deaths")
    assert time.elapsed == 45


def test_a_bucket_belongs_to_one_service_id_of_one_hub(time: FakeTime) -> None:
    quotas = Quotas(time.timing)
    assert quotas.of("a", "s1", 10) is quotas.of("a", "s1", 10)
    assert quotas.of("a", "s1", 10) is not quotas.of("a", "s2", 10)
    assert quotas.of("a", "s1", 10) is not quotas.of("b", "s1", 10)
