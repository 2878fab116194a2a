import asyncio
import logging
import socket
import time
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx_sse import ServerSentEvent, aconnect_sse

from gateway.crypto.event_signing import EventSigner
from gateway.store.database import Store
from gateway.store.outbox import events_about
from gateway.web.stream import STREAMS, Streams
from tests.integration.web.outbox import PREFIX, RENEWED, SUSPECTED, forget, hold, let_out, new_event, tell
from tests.support.serving import KEYS


@pytest.fixture
def streams(application: web.Application) -> Streams:
    return application[STREAMS]


async def read(
    server: TestServer, count: int, last: str | None = None, **query: str
) -> list[ServerSentEvent]:
    """The next events of a new stream, which is then cut."""
    headers = {} if last is None else {"Last-Event-ID": last}
    found: list[ServerSentEvent] = []
    async with (
        httpx.AsyncClient(base_url=str(server.make_url("")), trust_env=False, timeout=10) as http,
        aconnect_sse(http, "GET", "/v1/events/stream", params=query, headers=headers) as source,
    ):
        async for each in source.aiter_sse():
            found += [each] if each.data else []
            if len(found) == count:
                return found
    return found


async def raw(server: TestServer, until: bytes, query: str = "") -> bytes:
    """A new stream as it is on the wire, up to a text."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(f"GET /v1/events/stream{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    found = b""
    async with asyncio.timeout(10):
        while until not in found:
            found += await reader.read(4096) or pytest.fail("the stream ended")
    writer.close()
    return found


async def test_a_cut_stream_is_resumed_without_loss_or_duplicate(server: TestServer, outbox: Store) -> None:
    names = [f"e{number}" for number in range(250)]
    tell(outbox, *names)
    seen: list[ServerSentEvent] = []
    for count in (1, 7, 100, 101, 41):
        seen += await read(server, count, seen[-1].id if seen else None)
    assert [each.json()["id"] for each in seen] == names
    tell(outbox, "last")
    assert [each.json()["id"] for each in await read(server, 1, seen[-1].id)] == ["last"]


async def test_an_event_comes_as_its_bytes_with_type_cursor_and_signature(
    server: TestServer, outbox: Store
) -> None:
    tell(outbox, "甲", signer=EventSigner(Ed25519PrivateKey.generate()))
    with outbox.read() as conn:
        (stored,) = events_about(conn, "B甲")
    wire = await raw(server, b'"data":{}}\n\n')
    assert b"retry: 5000\n\n" in wire
    signature = (stored.signature or "").encode()
    assert b"event: %b\nsignature: %b\ndata: %b\n\n" % (stored.type.encode(), signature, stored.body) in wire
    (event,) = await read(server, 1)
    assert (event.id, event.event, event.data) == (KEYS.cursor(1), PREFIX + RENEWED, stored.body.decode())


async def test_an_open_stream_gets_an_event_within_a_second(server: TestServer, outbox: Store) -> None:
    waiting = asyncio.create_task(read(server, 1))
    await asyncio.sleep(0.4)
    began = time.monotonic()
    await asyncio.to_thread(tell, outbox, "a")
    assert [each.json()["id"] for each in await waiting] == ["a"]
    assert time.monotonic() - began < 1


async def test_no_cache_and_no_proxy_keeps_a_stream_back(asking: TestClient[Any, Any]) -> None:
    async with asking.get("/v1/events/stream") as reply:
        assert reply.content_type == "text/event-stream"
        assert (reply.headers["Cache-Control"], reply.headers["X-Accel-Buffering"]) == ("no-store", "no")
    async with asking.head("/v1/events/stream") as reply:
        assert reply.content_type == "text/event-stream"


async def test_a_filtered_stream_moves_the_readers_cursor_by_its_heartbeats(
    server: TestServer, outbox: Store, streams: Streams
) -> None:
    streams.heartbeat = 0.1
    tell(outbox, "a", "b")
    cursor = KEYS.cursor(2).encode()
    wire = await raw(server, b": heartbeat\n\r\n", f"?types={SUSPECTED}")
    assert b": heartbeat\nid: %b\n\n" % cursor in wire
    assert wire.count(cursor) == 1
    hold(outbox, [new_event("c", SUSPECTED)])
    let_out(outbox)
    found = await read(server, 1, types=SUSPECTED)
    assert [each.json()["id"] for each in found] == ["c"]


async def test_a_stream_begins_behind_a_cursor_or_its_consumer(
    server: TestServer, asking: TestClient[Any, Any], outbox: Store
) -> None:
    tell(outbox, *"abc")
    await asking.put("/v1/consumers/pensions", json={"from": KEYS.cursor(1)})
    assert (await read(server, 1, consumer="pensions"))[0].json()["id"] == "b"
    assert (await read(server, 1, after=KEYS.cursor(2)))[0].json()["id"] == "c"
    assert (await read(server, 1, KEYS.cursor(1), after=KEYS.cursor(2)))[0].json()["id"] == "b"


async def test_a_stream_behind_what_was_removed_is_gone_before_it_begins(
    asking: TestClient[Any, Any], outbox: Store
) -> None:
    tell(outbox, *"abc")
    forget(outbox, 2)
    headers = {"Last-Event-ID": KEYS.cursor(1)}
    async with asking.get("/v1/events/stream", headers=headers) as reply:
        assert (reply.status, (await reply.json())["earliest"]) == (410, KEYS.cursor(2))
    async with asking.get("/v1/events/stream", headers={"Last-Event-ID": "7"}) as reply:
        assert reply.status == 400


async def test_one_stream_too_many_is_told_to_come_again(
    asking: TestClient[Any, Any], streams: Streams
) -> None:
    streams.most = 1
    async with asking.get("/v1/events/stream") as first:
        assert first.status == 200
        async with asking.get("/v1/events/stream") as second:
            assert (second.status, second.headers["Retry-After"]) == (503, "5")
            assert (await second.json())["status"] == 503


async def test_a_reader_that_does_not_read_is_cut_and_nothing_piles_up(
    server: TestServer, outbox: Store, streams: Streams, caplog: pytest.LogCaptureFixture
) -> None:
    streams.patience, streams.heartbeat = 0.5, 0.2
    hold(outbox, [new_event(f"{number:01000}") for number in range(2000)])
    let_out(outbox)
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        lazy.connect((server.host, server.port))
        lazy.sendall(b"GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await until(lambda: len(streams.open) == 1)
        (transport,) = streams.open
        largest = 0
        while streams.open:
            assert isinstance(transport, asyncio.WriteTransport)
            largest = max(largest, transport.get_write_buffer_size())
            await asyncio.sleep(0.02)
    assert "a stream was cut" in caplog.text
    assert 0 < largest < 256 * 1024
    assert len(await read(server, 2000)) == 2000


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_a_stream_ends_when_the_gateway_stops(outbox: Store, application: web.Application) -> None:
    tell(outbox, "a")
    server = TestServer(application)
    async with server:
        reading = asyncio.create_task(read(server, 2))
        await until(lambda: len(application[STREAMS].open) == 1)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await server.close()
        assert [each.json()["id"] for each in await reading] == ["a"]
        assert time.monotonic() - began < 2


async def test_a_stream_ends_after_its_time_so_that_its_reader_is_let_in_anew(
    server: TestServer, outbox: Store, streams: Streams
) -> None:
    streams.longest, streams.heartbeat = 0.3, 0.1
    tell(outbox, "a")
    assert [each.json()["id"] for each in await read(server, 2)] == ["a"]


async def test_a_store_that_fails_under_a_stream_ends_it_with_a_word_in_the_log(
    server: TestServer, outbox: Store, streams: Streams, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    tell(outbox, "a")
    with pytest.raises(httpx.RemoteProtocolError):
        await asyncio.gather(read(server, 2), broken(outbox, streams))
    assert "a stream was cut" in caplog.text


async def broken(outbox: Store, streams: Streams) -> None:
    await until(lambda: streams.open)
    await asyncio.sleep(0.3)
    with outbox.begin() as conn:
        conn.exec_driver_sql("DROP TABLE event_spans")
