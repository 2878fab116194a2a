"""A page that is longer than a part is the same page, and ends early rather than not at all."""

import asyncio
import logging
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.errors import StoreError
from gateway.store import feed as stored_feed
from gateway.store.database import Store
from gateway.store.feed import PagePart
from gateway.web import feed, paging
from gateway.web.reading import Reading
from tests.integration.web.outbox import PREFIX, RENEWED, SUSPECTED, forget, hold, let_out, new_event, tell
from tests.support.serving import KEYS

Asking = TestClient[Any, Any]
NAMES = [f"e{number}" for number in range(23)]


@pytest.fixture(autouse=True)
def _parts_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (feed, paging):
        monkeypatch.setattr(module, "PART", 5)


async def raw(asking: Asking, **query: Any) -> bytes:
    async with asking.get("/v1/events", params=query) as reply:
        assert (reply.status, reply.content_type, reply.charset) == (200, "application/json", "utf-8")
        return await reply.read()


@pytest.mark.parametrize("limit", [1, 4, 5, 6, 9, 10, 11, 20, 22, 23, 24, 100])
async def test_a_page_is_the_same_in_parts_as_in_one_piece(
    asking: Asking, outbox: Store, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    tell(outbox, *NAMES)
    in_parts = await raw(asking, limit=limit)
    for module in (feed, paging):
        monkeypatch.setattr(module, "PART", 1000)
    assert in_parts == await raw(asking, limit=limit)
    assert in_parts.count(b'"specversion"') == min(limit, len(NAMES))


async def test_a_filter_that_leaves_gaps_ends_the_page_early_and_says_that_there_is_more(
    asking: Asking, outbox: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [SUSPECTED] * 5 + [RENEWED] * 9 + [SUSPECTED] * 2
    hold(outbox, [new_event(str(n), PREFIX + kind) for n, kind in enumerate(kinds)])
    let_out(outbox)
    monkeypatch.setattr(stored_feed, "SCANNED", 6)
    seen, after = [], None
    while True:
        query = {"limit": "20", "types": SUSPECTED} | ({"after": after} if after else {})
        async with asking.get("/v1/events", params=query) as reply:
            found = await reply.json()
        seen += [event["id"] for event in found["events"]]
        assert len(found["signatures"]) == len(found["events"])
        if not found["more"]:
            break
        after = found["next"]
    assert seen == ["0", "1", "2", "3", "4", "14", "15"]


@pytest.mark.parametrize("fault", [StoreError("the disk is gone"), web.HTTPGone(text="removed meanwhile")])
async def test_a_page_whose_next_part_cannot_be_read_ends_with_what_there_is(
    asking: Asking,
    outbox: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
) -> None:
    tell(outbox, *NAMES)
    parts = iter([Reading.part, Reading.part])

    def part(reading: Reading, after: int | None, limit: int) -> PagePart:
        try:
            return next(parts)(reading, after, limit)
        except StopIteration:
            raise fault from None

    monkeypatch.setattr(Reading, "part", part)
    async with asking.get("/v1/events", params={"limit": 20}) as reply:
        found = await reply.json()
    assert [event["id"] for event in found["events"]] == NAMES[:10]
    assert (found["more"], found["next"]) == (True, KEYS.cursor(10))
    assert "a page ends early" in caplog.text


async def test_what_retention_removes_between_two_parts_ends_the_page(
    asking: Asking, outbox: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(outbox, *NAMES)
    plain, count = Reading.part, 0

    def part(reading: Reading, after: int | None, limit: int) -> PagePart:
        nonlocal count
        count += 1
        if count == 2:
            forget(outbox, 7)
        return plain(reading, after, limit)

    monkeypatch.setattr(Reading, "part", part)
    async with asking.get("/v1/events", params={"limit": 20}) as reply:
        found = await reply.json()
    assert ([event["id"] for event in found["events"]], found["more"]) == (NAMES[:5], True)
    async with asking.get("/v1/events", params={"after": found["next"]}) as reply:
        assert reply.status == 410


async def test_the_head_of_a_long_page_has_no_body(asking: Asking, outbox: Store) -> None:
    tell(outbox, *NAMES)
    async with asking.head("/v1/events", params={"limit": 20}) as reply:
        assert (reply.status, await reply.read()) == (200, b"")


async def test_whoever_does_not_take_a_part_is_cut(
    server: TestServer, outbox: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(paging, "_PATIENCE_S", 0.3)
    for module in (feed, paging):
        monkeypatch.setattr(module, "PART", 200)
    hold(outbox, [new_event(f"{number:015000}") for number in range(1500)])
    let_out(outbox)
    reader, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
    writer.write(b"GET /v1/events?limit=1500 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(10):
        while "a page was cut" not in caplog.text:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(0.02)
    got = b""
    try:
        while piece := await reader.read(1 << 20):
            got += piece
    except ConnectionResetError:
        pass
    assert b'"next"' not in got
    writer.close()
