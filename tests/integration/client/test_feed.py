import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.client import CursorGone, Event, Feed, FeedStopped, NotTrusted
from gateway.client.calls import Patience
from gateway.crypto.event_signing import EventSigner
from gateway.store.consumers import consumer
from gateway.store.database import Store
from gateway.store.outbox import events_about
from gateway.web.app import make_app
from gateway.web.jwks import JWKS
from tests.integration.web.outbox import SUSPECTED, forget, hold, let_out, new_event, opened, tell
from tests.support.serving import KEYS

OLD, NEW = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
BEFORE, AFTER = EventSigner(OLD), EventSigner(NEW, [OLD.public_key()])


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as store:
        yield store


@pytest.fixture
async def server(outbox: Store) -> AsyncIterator[TestServer]:
    app = make_app(outbox, KEYS)
    app[JWKS] = BEFORE.jwks()
    found = TestServer(app)
    async with found:
        yield found


class Waits:
    """A sleep that takes no time and notes how long it was to be."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.passed = 0.0

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.passed += seconds

    def patience(self, **limits: float) -> Patience:
        return Patience(sleep=self.sleep, random=lambda: 1.0, ticks=lambda: self.passed, **limits)


def feed(server: TestServer, **options: Any) -> Feed:
    return Feed(str(server.make_url("")), **({"follow": False} | options))


async def ids(reading: Feed) -> list[str]:
    async with reading:
        return [event.id async for event in reading]


def acked(store: Store, name: str = "pensions") -> int:
    with store.read() as conn:
        return consumer(conn, name).acked


async def test_a_consumer_gets_every_event_once_and_goes_on_the_next_time(
    server: TestServer, outbox: Store
) -> None:
    tell(outbox, *"abcde", signer=BEFORE)
    assert await ids(feed(server, consumer="pensions", limit=2)) == list("abcde")
    assert acked(outbox) == 5
    tell(outbox, "f", signer=BEFORE)
    assert await ids(feed(server, consumer="pensions")) == ["f"]


async def test_an_event_has_the_bytes_that_are_stored(server: TestServer, outbox: Store) -> None:
    tell(outbox, "甲", signer=BEFORE)
    with outbox.read() as conn:
        (stored,) = events_about(conn, "B甲")
    async with feed(server) as reading:
        found = [event async for event in reading]
    assert [(event.body, event.signature) for event in found] == [(stored.body, stored.signature)]
    assert (found[0].id, found[0].subject, found[0].sequence) == ("甲", "B甲", 1)


async def test_what_a_loop_that_fails_had_in_hand_comes_again(server: TestServer, outbox: Store) -> None:
    tell(outbox, *"abcd", signer=BEFORE)
    seen: list[str] = []

    async def work() -> None:
        async with feed(server, consumer="pensions", limit=2) as reading:
            async for event in reading:
                seen.append(event.id)
                if event.id == "d":
                    raise LookupError

    with pytest.raises(LookupError):
        await work()
    assert (seen, acked(outbox)) == (list("abcd"), 2)
    assert await ids(feed(server, consumer="pensions")) == ["c", "d"]


async def test_a_feed_without_a_consumer_says_where_it_is(server: TestServer, outbox: Store) -> None:
    tell(outbox, *"abc", signer=BEFORE)
    reading = feed(server, limit=2)
    assert await ids(reading) == list("abc")
    assert reading.cursor == KEYS.cursor(3)
    tell(outbox, "d", signer=BEFORE)
    assert await ids(feed(server, after=reading.cursor)) == ["d"]


async def test_a_feed_that_is_followed_waits_for_the_next_event(server: TestServer, outbox: Store) -> None:
    async def first() -> Event:
        async with feed(server, follow=True, consumer="pensions") as reading:
            async for event in reading:
                return event
        raise AssertionError

    waiting = asyncio.create_task(first())
    await asyncio.sleep(0.4)
    await asyncio.to_thread(tell, outbox, "a", signer=BEFORE)
    async with asyncio.timeout(2):
        assert (await waiting).id == "a"


async def test_a_filter_leaves_out_and_the_place_still_moves(server: TestServer, outbox: Store) -> None:
    hold(outbox, [new_event("a"), new_event("b", SUSPECTED), new_event("c")], signer=BEFORE)
    let_out(outbox)
    assert await ids(feed(server, consumer="pensions", types=(SUSPECTED,), counties=("990101",))) == ["b"]
    assert acked(outbox) == 3


async def test_a_cursor_whose_events_are_removed_stops_the_feed_and_names_the_earliest(
    server: TestServer, outbox: Store
) -> None:
    tell(outbox, *"abcd", signer=BEFORE)
    forget(outbox, 2)
    with pytest.raises(CursorGone) as stopped:
        await ids(feed(server, after=KEYS.cursor(1)))
    assert await ids(feed(server, after=stopped.value.earliest)) == ["c", "d"]


async def test_an_event_of_an_old_key_is_verified_as_long_as_the_key_is_published(outbox: Store) -> None:
    tell(outbox, "a", signer=BEFORE)
    tell(outbox, "b", signer=AFTER)
    app = make_app(outbox, KEYS)
    app[JWKS] = AFTER.jwks()
    rotated = TestServer(app)
    async with rotated:
        assert await ids(feed(rotated)) == ["a", "b"]


@pytest.mark.parametrize("signer", [None, EventSigner(Ed25519PrivateKey.generate())])
async def test_what_no_published_key_signed_is_not_handed_over(
    server: TestServer, outbox: Store, signer: EventSigner | None
) -> None:
    tell(outbox, "a", signer=BEFORE)
    tell(outbox, "b", signer=signer)
    with pytest.raises(NotTrusted):
        await ids(feed(server, consumer="pensions", limit=1))
    assert acked(outbox) == 1
    assert await ids(feed(server, verify=False)) == ["a", "b"]


async def test_an_event_changed_on_its_way_is_not_handed_over(outbox: Store, server: TestServer) -> None:
    tell(outbox, "a", signer=BEFORE)

    async def change(request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as http:
            found = await http.send(request)
        return httpx.Response(found.status_code, content=found.content.replace(b'"Ba"', b'"Bb"'))

    with pytest.raises(NotTrusted, match="event a is not by the gateway's keys"):
        await ids(feed(server, transport=httpx.MockTransport(change)))


async def test_keys_are_not_asked_for_again_and_again(server: TestServer, outbox: Store) -> None:
    tell(outbox, *"abc", signer=BEFORE)
    asked: list[str] = []

    async def count(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        async with httpx.AsyncClient(trust_env=False) as http:
            found = await http.send(request)
        return httpx.Response(found.status_code, content=found.content)

    assert await ids(feed(server, limit=1, transport=httpx.MockTransport(count))) == list("abc")
    assert asked.count("/.well-known/jwks.json") == 1


def answers(*replies: httpx.Response | Exception) -> httpx.MockTransport:
    """Answers in turn; the last one stays."""
    left = list(replies)

    def answer(_: httpx.Request) -> httpx.Response:
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    return httpx.MockTransport(answer)


EMPTY = {"events": [], "signatures": [], "next": "c", "more": False}


async def test_a_fault_that_may_pass_is_waited_out_with_longer_and_longer_pauses() -> None:
    waits = Waits()
    transport = answers(
        httpx.ConnectError("no"),
        httpx.Response(503),
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(502, headers={"Retry-After": "99999"}),
        httpx.ReadTimeout("late"),
        httpx.Response(200, content=json.dumps(EMPTY, separators=(",", ":"))),
    )
    patience = waits.patience()
    assert await ids(Feed("http://gateway", follow=False, transport=transport, patience=patience)) == []
    assert waits.seconds == [0.5, 1.0, 7.0, 300.0, 8.0]


async def test_a_fault_that_stays_stops_the_feed_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    waits = Waits()
    reading = Feed(
        "http://gateway", transport=answers(httpx.Response(500)), patience=waits.patience(in_all=60)
    )
    with pytest.raises(FeedStopped, match="HTTP 500, attempt 7 was the last"):
        await ids(reading)
    assert waits.passed < 60
    assert caplog.text.count("HTTP 500; again in") == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
async def test_a_refusal_stops_the_feed_at_once_with_what_it_says(status: int) -> None:
    reply = httpx.Response(status, json={"detail": "send a token"})
    with pytest.raises(FeedStopped, match=f"HTTP {status}: send a token"):
        await ids(Feed("http://gateway", transport=answers(reply)))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"<html>", b'{"events":[', b'{"events":[{}],"signatures":[],"next":"c"}', b"\xff"],
)
async def test_an_answer_that_is_no_page_is_not_trusted(body: bytes) -> None:
    with pytest.raises(NotTrusted, match="no page of the feed"):
        await ids(Feed("http://gateway", transport=answers(httpx.Response(200, content=body))))


async def test_a_token_is_sent_and_never_shown() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, content=json.dumps(EMPTY, separators=(",", ":")))

    reading = Feed("http://gateway", token="s3cret", follow=False, transport=httpx.MockTransport(answer))
    await ids(reading)
    assert seen == ["Bearer s3cret"]
    assert "s3cret" not in repr(reading)


async def test_a_gateway_that_comes_back_is_read_on(outbox: Store) -> None:
    tell(outbox, "a", signer=BEFORE)
    app = make_app(outbox, KEYS)
    app[JWKS] = BEFORE.jwks()
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    patience = Patience(first=0.05, longest=0.1)
    waiting = asyncio.create_task(ids(Feed(url, follow=False, consumer="pensions", patience=patience)))
    await asyncio.sleep(0.2)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        assert await waiting == ["a"]
    finally:
        await runner.cleanup()
