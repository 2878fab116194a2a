"""Raw sockets against a server whose times are short: what is held open ends, what is long is not cut."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import ClientSession, web

from gateway.settings import ServeSettings
from gateway.web.problem import problems
from gateway.web.server import MOST_BODY_BYTES, guarded, listening

SHORT = {"head_timeout_s": 0.3, "body_timeout_s": 0.3, "idle_timeout_s": 0.3}
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD_OF_POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
LARGE = b"x" * (32 * 1024 * 1024)
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Open = Callable[[], Awaitable[Pair]]


async def answer(request: web.Request) -> web.Response:
    return web.Response(body=await request.read() or b"answered")


async def long_answer(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse()
    await stream.prepare(request)
    for _ in range(6):
        await stream.write(b"still here ")
        await asyncio.sleep(0.2)
    return stream


async def large_answer(_: web.Request) -> web.Response:
    return web.Response(body=LARGE)


async def nothing_read(_: web.Request) -> web.Response:
    return web.Response(text="not read")


def application() -> web.Application:
    app = web.Application(middlewares=[problems, guarded], client_max_size=MOST_BODY_BYTES)
    app.router.add_route("*", "/", answer)
    app.router.add_get("/long", long_answer)
    app.router.add_get("/large", large_answer)
    app.router.add_post("/unread", nothing_read)
    return app


@asynccontextmanager
async def served(**serve: Any) -> AsyncIterator[tuple[Open, int]]:
    settings = ServeSettings(port=0, **SHORT | serve)
    opened: list[asyncio.StreamWriter] = []
    async with listening(application(), settings) as port:

        async def connect() -> Pair:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            opened.append(writer)
            return reader, writer

        try:
            yield connect, port
        finally:
            for writer in opened:
                writer.close()


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Everything until the server closes, which a test waits 5 s for and no longer."""
    got = b""
    async with asyncio.timeout(5):
        with suppress(ConnectionResetError):
            while piece := await reader.read(65536):
                got += piece
    return got


async def one_answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await reader.readexactly(length)


async def drip(writer: asyncio.StreamWriter, piece: bytes) -> None:
    try:
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
    except ConnectionError:
        return


@asynccontextmanager
async def dripping(writer: asyncio.StreamWriter, piece: bytes) -> AsyncIterator[None]:
    task = asyncio.create_task(drip(writer, piece))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with served() as (connect, _):
        began = time.monotonic()
        reader, _ = await connect()
        assert await all_of(reader) == b""
        assert 0.2 < time.monotonic() - began < 2


async def test_a_head_that_never_ends_is_a_408() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n")
        assert (await all_of(reader)).startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_comes_drop_by_drop_gains_no_time() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        async with dripping(writer, b"X-Slow: 1\r\n"):
            await all_of(reader)
        assert 0.2 < time.monotonic() - began < 2


async def test_the_next_request_of_a_connection_has_no_more_time_for_its_head() -> None:
    async with served(idle_timeout_s=30) as (connect, _):
        reader, writer = await connect()
        writer.write(GET)
        assert b"answered" in await one_answer(reader)
        writer.write(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        async with dripping(writer, b"X-Slow: 1\r\n"):
            await all_of(reader)
        assert 0.2 < time.monotonic() - began < 2


async def test_blank_lines_before_a_request_gain_no_time() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        async with dripping(writer, b"\r\n"):
            assert await all_of(reader) == b""


async def test_a_body_that_never_ends_is_a_408_problem() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(HEAD_OF_POST + b"x")
        got = await all_of(reader)
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in head
        assert json.loads(body)["detail"].startswith("the body did not come in time")


async def test_a_body_that_comes_drop_by_drop_gains_no_time() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(HEAD_OF_POST)
        began = time.monotonic()
        async with dripping(writer, b"x"):
            await all_of(reader)
        assert 0.2 < time.monotonic() - began < 2


async def test_a_late_body_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(HEAD_OF_POST)
        await all_of(reader)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_nobody_reads_holds_nothing_open() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(HEAD_OF_POST.replace(b"POST / ", b"POST /unread "))
        assert b"not read" in await all_of(reader)


async def test_a_head_that_is_too_large_is_refused() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 4000) for n in range(9))
        )
        assert (await one_answer(reader)).startswith(b"HTTP/1.1 431 ")
        assert await all_of(reader) == b""


async def test_a_large_head_in_one_piece_with_its_body_is_measured_without_the_body() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        size = MOST_BODY_BYTES
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"z" * size)
        assert (await one_answer(reader)).endswith(b"z" * size)


async def test_a_line_that_is_too_long_is_refused() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert is_a_problem(await all_of(reader), 400)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNo colon s3cret\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: s3cret\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    ],
)
async def test_a_request_that_is_not_http_is_a_problem_that_repeats_nothing_of_it(sent: bytes) -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(sent)
        got = await all_of(reader)
    assert is_a_problem(got, 400)
    assert b"s3cret" not in got


async def test_after_an_answer_too_what_cannot_be_read_is_a_problem() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(GET)
        assert b"answered" in await one_answer(reader)
        writer.write(b"nonsense\r\n\r\n")
        assert is_a_problem(await all_of(reader), 400)


def is_a_problem(got: bytes, status: int) -> bool:
    head, _, body = got.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert head.split()[1] == b"%d" % status
    assert b"content-type: application/problem+json" in head.lower()
    assert set(told) == {"type", "title", "status", "detail"}
    return bool(told["status"] == status)


async def test_a_request_that_cannot_be_read_is_told_in_the_log_without_its_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer gwt_s3cret\0\r\n\r\n")
        assert b" 400 Bad Request" in await all_of(reader)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "Error handling request from 127.0.0.1: BadHttpMessage"
    ]
    assert "s3cret" not in caplog.text


async def test_a_body_that_is_announced_too_large_is_a_413_problem_before_it_is_sent() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1))
        got = await one_answer(reader)
        assert got.startswith(b"HTTP/1.1 413 ")
        assert b"application/problem+json" in got


async def test_a_body_of_unknown_length_is_a_413_problem_once_it_is_too_large() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 8192

    async with served() as (_, port), ClientSession() as session:
        reply = await session.post(f"http://127.0.0.1:{port}/", data=endless())
        assert (reply.status, reply.content_type) == (413, "application/problem+json")


async def test_a_body_that_is_sent_in_spite_of_a_413_does_not_hide_it() -> None:
    async with served(max_connections=1) as (_, port), ClientSession() as session:
        for _ in range(3):
            async with session.post(f"http://127.0.0.1:{port}/", data=b"x" * 200_000) as reply:
                assert (reply.status, (await reply.json())["status"]) == (413, 413)


async def test_a_connection_that_rests_after_an_answer_is_closed() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(GET)
        assert b"answered" in await one_answer(reader)
        assert await all_of(reader) == b""


async def test_a_connection_answers_request_after_request_within_its_times() -> None:
    async with served(idle_timeout_s=1) as (connect, _):
        reader, writer = await connect()
        for _ in range(8):
            await asyncio.sleep(0.15)
            writer.write(GET)
            assert b"answered" in await one_answer(reader)


async def test_requests_that_are_sent_at_once_are_all_answered() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(GET * 10)
        for _ in range(10):
            assert b"answered" in await one_answer(reader)


async def test_a_long_answer_is_not_cut() -> None:
    async with served() as (_, port), ClientSession() as session:
        reply = await session.get(f"http://127.0.0.1:{port}/long")
        assert await reply.text() == "still here " * 6


async def test_an_answer_that_nobody_reads_is_thrown_away() -> None:
    async with served() as (connect, _):
        reader, writer = await connect()
        writer.write(GET.replace(b"GET / ", b"GET /large "))
        await asyncio.sleep(1.2)
        assert len(await all_of(reader)) < len(LARGE)


async def test_a_large_answer_that_is_read_slowly_is_read_whole() -> None:
    async with served(idle_timeout_s=0.5) as (connect, _):
        reader, writer = await connect()
        writer.write(GET.replace(b"GET / ", b"GET /large "))
        got = 0
        async with asyncio.timeout(10):
            while piece := await reader.read(4 * 1024 * 1024):
                got += len(piece)
                await asyncio.sleep(0.005)
        assert got > len(LARGE)


async def test_one_connection_more_than_may_be_open_is_refused_and_the_next_one_is_not() -> None:
    async with served(max_connections=3, head_timeout_s=20) as (connect, _):
        held = [await connect() for _ in range(3)]
        await asyncio.sleep(0.05)
        reader, _ = await connect()
        got = await all_of(reader)
        assert got.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1" in got
        held[0][1].close()
        await asyncio.sleep(0.05)
        reader, writer = await connect()
        writer.write(GET)
        assert b"answered" in await one_answer(reader)


async def test_hundreds_of_silent_connections_are_gone_after_their_time() -> None:
    async with served(max_connections=500) as (connect, _):
        held = [await connect() for _ in range(200)]
        assert await asyncio.gather(*(all_of(reader) for reader, _ in held)) == [b""] * 200


async def test_what_is_under_way_is_answered_when_the_server_stops() -> None:
    async with ClientSession() as session:
        async with served() as (_, port):
            asked = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/long"))
            await asyncio.sleep(0.3)
        async with await asked as reply:
            assert await reply.text() == "still here " * 6
