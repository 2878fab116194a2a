import asyncio
import json
from datetime import datetime, timedelta

import httpx
import pytest
import respx

from gateway.clock import CHINA
from gateway.errors import HubRefused, HubUnavailable
from gateway.hub.client import SealedPage, WindowChanged
from tests.unit.hub.doubles import (
    PAGES,
    REFRESH,
    SINCE,
    UNTIL,
    FakeTime,
    client,
    failure,
    page,
    service,
    unsigned,
)
from tests.unit.hub.test_authentication import granted

EXPIRED, REFUSED = failure("11"), failure("14", "签名错误")


async def test_a_request_is_made_of_strings_in_china_time(router: respx.MockRouter, time: FakeTime) -> None:
    route = router.post(PAGES).mock(return_value=page({"data": "x"}, 1))
    async with client(router, time) as hub:
        got = await hub.page(unsigned(page_limit=50), SINCE.replace(tzinfo=CHINA), UNTIL, "100")
    assert got == SealedPage("identity_cards", "100", None, 1, b'{"data":"x"}')
    assert json.loads(route.calls.last.request.content) == {
        "since": "2025-02-01 00:00:00",
        "until": "2025-03-01 00:00:00",
        "start": "100",
        "limit": "50",
    }


@pytest.mark.parametrize("until", [SINCE, SINCE - timedelta(days=1), UNTIL + timedelta(milliseconds=5)])
async def test_a_window_that_cannot_be_written_down_is_an_error(
    router: respx.MockRouter, time: FakeTime, until: datetime
) -> None:
    async with client(router, time) as hub:
        with pytest.raises(ValueError, match="whole seconds"):
            await hub.page(unsigned(), SINCE, until, "0")
    assert router.calls.call_count == 0


async def test_pages_follow_the_cursor(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(side_effect=[page([1], 3, "2"), page([2], 3, 4), page([3], 3)])
    async with client(router, time) as hub:
        got = [(one.start, one.next) async for one in hub.pages(unsigned(), SINCE, UNTIL)]
    assert got == [("0", "2"), ("2", "4"), ("4", None)]


async def test_a_looping_cursor_is_named(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(side_effect=[page([1], 90, "20"), page([2], 90, "20")])
    async with client(router, time) as hub:
        pages = hub.pages(unsigned(), SINCE, UNTIL)
        assert (await anext(pages)).start == "0"
        with pytest.raises(HubUnavailable, match=r"identity_cards.*loops at start 20"):
            await anext(pages)


@pytest.mark.parametrize("promised", [None, 4])
async def test_a_total_that_changes_is_a_signal(
    router: respx.MockRouter, time: FakeTime, promised: int | None
) -> None:
    router.post(PAGES).mock(side_effect=[page([1], 4, "2"), page([2], 5)])
    async with client(router, time) as hub:
        pages = hub.pages(unsigned(), SINCE, UNTIL, total=promised)
        assert (await anext(pages)).total == 4
        with pytest.raises(WindowChanged, match="from 4 to 5"):
            await anext(pages)


async def test_a_window_resumed_remembers_what_was_promised(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(return_value=page([1], 5))
    async with client(router, time) as hub:
        with pytest.raises(WindowChanged):
            await anext(hub.pages(unsigned(), SINCE, UNTIL, "2", total=4))


async def test_a_refused_sign_is_worth_one_new_secret(router: respx.MockRouter, time: FakeTime) -> None:
    refresh = router.post(REFRESH).mock(side_effect=[granted("first"), granted("second")])
    calls = router.post(PAGES).mock(side_effect=[REFUSED, page([], 0)])
    async with client(router, time) as hub:
        assert (await hub.page(service(), SINCE, UNTIL, "0")).total == 0
    assert (refresh.call_count, calls.call_count, time.slept) == (2, 2, [])
    signs = [call.request.headers["gjgxjhpt_sign"] for call in calls.calls]
    assert signs[0] != signs[1]


@pytest.mark.parametrize("refusal", [REFUSED, failure("E-106"), httpx.Response(401), httpx.Response(403)])
async def test_refused_again_the_dataset_stops(
    router: respx.MockRouter, time: FakeTime, refusal: httpx.Response
) -> None:
    refresh = router.post(REFRESH).mock(side_effect=[granted("first"), granted("second")])
    calls = router.post(PAGES).mock(return_value=refusal)
    async with client(router, time) as hub:
        with pytest.raises(HubRefused, match="identity_cards: the hub refused the call"):
            await hub.page(service(), SINCE, UNTIL, "0")
    assert (refresh.call_count, calls.call_count) == (2, 2)


async def test_one_new_secret_and_not_one_for_each_attempt(router: respx.MockRouter, time: FakeTime) -> None:
    refresh = router.post(REFRESH).mock(side_effect=[granted("first"), granted("second"), granted("third")])
    router.post(PAGES).mock(side_effect=[REFUSED, httpx.Response(503), REFUSED, page()])
    async with client(router, time) as hub:
        with pytest.raises(HubRefused):
            await hub.page(service(), SINCE, UNTIL, "0")
    assert refresh.call_count == 2


async def test_an_expired_secret_is_renewed_without_a_pause(router: respx.MockRouter, time: FakeTime) -> None:
    refresh = router.post(REFRESH).mock(side_effect=[granted("first"), granted("second")])
    router.post(PAGES).mock(side_effect=[EXPIRED, page([], 0)])
    async with client(router, time) as hub:
        await hub.page(service(max_attempts=1), SINCE, UNTIL, "0")
    assert (refresh.call_count, time.slept) == (2, [])


async def test_a_secret_that_always_expires_ends_the_call(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    calls = router.post(PAGES).mock(return_value=EXPIRED)
    async with client(router, time) as hub:
        with pytest.raises(HubUnavailable, match=r"secret has expired .*given up after attempt 3"):
            await hub.page(service(max_attempts=3), SINCE, UNTIL, "0")
    assert calls.call_count == 6


async def test_many_calls_told_of_expiry_fetch_one_secret(router: respx.MockRouter, time: FakeTime) -> None:
    refresh = router.post(REFRESH).mock(side_effect=[granted("first"), granted("second"), granted("third")])
    router.post(PAGES).mock(side_effect=[EXPIRED] * 5 + [page()] * 5)
    async with client(router, time) as hub:
        await asyncio.gather(*[hub.page(service(), SINCE, UNTIL, str(n)) for n in range(5)])
    assert refresh.call_count == 2


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(503),
        httpx.Response(200, content=b'{"code":"0","da'),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("down"),
        httpx.Response(200, json={"code": "0", "data": {"next": None}}),
    ],
)
async def test_what_may_pass_is_tried_again(
    router: respx.MockRouter, time: FakeTime, passing: httpx.Response | Exception
) -> None:
    router.post(PAGES).mock(side_effect=[passing, passing, page([1], 1)])
    async with client(router, time) as hub:
        assert (await hub.page(unsigned(), SINCE, UNTIL, "0")).total == 1
    assert time.slept == [0.5, 1.0]


async def test_a_dead_hub_gives_one_clear_line(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(side_effect=httpx.ConnectError("refused"))
    async with client(router, time) as hub:
        with pytest.raises(HubUnavailable) as caught:
            await hub.page(unsigned(), SINCE, UNTIL, "0")
    assert str(caught.value) == (
        "identity_cards: the connection to the hub failed (ConnectError) "
        "(given up after attempt 5); run again later"
    )
    assert len(time.said) == 4


async def test_slowing_down_obeys_retry_after(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(side_effect=[httpx.Response(429, headers={"retry-after": "90"}), page([], 0)])
    async with client(router, time) as hub:
        await hub.page(unsigned(), SINCE, UNTIL, "0")
    assert time.elapsed == 90
    assert max(time.slept) <= 30


async def test_the_quota_holds_for_retries_too(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(PAGES).mock(side_effect=[httpx.Response(500), page([], 0)])
    async with client(router, time) as hub:
        await hub.page(unsigned(requests_per_hour=1), SINCE, UNTIL, "0")
    assert time.elapsed >= 3599


async def test_the_sign_is_made_after_waiting_for_the_quota(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted(end="2025-04-01 00:00:00"))
    calls = router.post(PAGES).mock(return_value=page([], 0))
    async with client(router, time) as hub:
        for _ in range(2):
            await hub.page(service(requests_per_hour=1), SINCE, UNTIL, "0")
    first, second = [int(call.request.headers["gjgxjhpt_rtime"]) for call in calls.calls]
    assert second - first >= 3_599_000


async def test_a_probe_asks_for_one_row_of_one_minute_once(router: respx.MockRouter, time: FakeTime) -> None:
    calls = router.post(PAGES).mock(return_value=page([], 0))
    async with client(router, time) as hub:
        await hub.probe(unsigned())
        assert json.loads(calls.calls.last.request.content) == {
            "since": "2025-03-01 11:49:00",
            "until": "2025-03-01 11:50:00",
            "start": "0",
            "limit": "1",
        }
        calls.mock(return_value=httpx.Response(500))
        with pytest.raises(HubUnavailable, match="attempt 1"):
            await hub.probe(unsigned())
    assert calls.call_count == 2


async def test_no_error_carries_what_the_hub_sent(router: respx.MockRouter, time: FakeTime) -> None:
    body = b'{"code":"0","data":{"total":1,"payload":"sesame 999901195001010018'
    router.post(PAGES).mock(return_value=httpx.Response(200, content=body))
    async with client(router, time) as hub:
        with pytest.raises(HubUnavailable) as caught:
            await hub.page(unsigned(), SINCE, UNTIL, "0")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "sesame" not in repr(vars(chain)) + repr(chain)
        chain = chain.__context__
    assert not any("sesame" in said.reason for said in time.said)
