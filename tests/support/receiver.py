"""A webhook receiver on a real socket that fails on purpose, as it is told to."""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Received:
    """One request as it came; `at` is monotonic, `connection` counts from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    connection: int


class Visit:
    """One request being answered."""

    def __init__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self._writer = writer

    async def send(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """End the connection with RST: what was not yet read at the other end is lost there."""
        reset(self._writer)


Behaviour = Callable[[Visit], Awaitable[None]]
"""Answers one request; a connection that it leaves open is kept."""


def answers(status: int = 204, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Behaviour:
    async def behave(visit: Visit) -> None:
        await visit.send(_head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    return behave


def redirects(status: int, to: str) -> Behaviour:
    return answers(status, {"Location": to})


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    async def behave(visit: Visit) -> None:
        await asyncio.sleep(seconds)
        await (then or answers())(visit)

    return behave


def drips(interval: float, content: bytes = b"x" * 10_000, status: int = 200) -> Behaviour:
    """One byte of the body at a time."""

    async def behave(visit: Visit) -> None:
        await visit.send(_head(status, {"Content-Length": str(len(content))}))
        for byte in content:
            await visit.send(bytes([byte]))
            await asyncio.sleep(interval)

    return behave


def drips_headers(interval: float) -> Behaviour:
    """A header that never ends, one byte at a time."""

    async def behave(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
        while True:
            await visit.send(b"x")
            await asyncio.sleep(interval)

    return behave


def endless(status: int = 200, chunk: bytes = b"x" * 4096) -> Behaviour:
    async def behave(visit: Visit) -> None:
        await visit.send(_head(status, {}))
        while True:
            await visit.send(chunk)

    return behave


def resets(status: int | None = None) -> Behaviour:
    """RST without an answer, or after the headers of one that promises a body."""

    async def behave(visit: Visit) -> None:
        if status is not None:
            await visit.send(_head(status, {"Content-Length": "100"}))
            await asyncio.sleep(0.05)  # an RST overtakes what the other end has not read
        visit.reset()

    return behave


def sends(content: bytes) -> Behaviour:
    """These bytes instead of HTTP, and the end of the connection."""

    async def behave(visit: Visit) -> None:
        await visit.send(content)
        visit.close()

    return behave


def huge_header(size: int = 1_000_000) -> Behaviour:
    return answers(204, {"X-Huge": "x" * size})


def many_headers(count: int = 10_000) -> Behaviour:
    return answers(204, {f"X-{number}": "x" for number in range(count)})


def closes(then: Behaviour | None = None) -> Behaviour:
    """Answers as if the connection were kept, and closes it."""

    async def behave(visit: Visit) -> None:
        await (then or answers())(visit)
        visit.close()

    return behave


def hangs_up() -> Behaviour:
    """Takes the request and closes the connection without a word."""

    async def behave(visit: Visit) -> None:
        visit.close()

    return behave


@dataclass
class Receiver:
    """Takes every request, notes it in `received` and answers as told; 204 unless told otherwise.

    `tls` is the server's own context with a certificate. A `port` of 0 is any free one, kept over `down` and
    `up`. While `shuns` is set, each connection is reset before it is read; `left` is set once a
    connection has ended.
    """

    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    shuns: bool = False
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    _choose: Callable[[Received], Behaviour] = field(default=lambda _: answers())
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _visits: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    @property
    def url(self) -> str:
        return self.url_as(self.host)

    def url_as(self, name: str) -> str:
        """The URL under another name of the same host."""
        return f"{'https' if self.tls else 'http'}://{name}:{self.port}/hook"

    @property
    def bodies(self) -> list[bytes]:
        return [request.body for request in self.received]

    def behave(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, one behaviour each; the last one stays."""
        left = list(behaviours)
        self._choose = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def behave_by(self, choose: Callable[[Received], Behaviour]) -> None:
        """Answer each request as its content asks."""
        self._choose = choose

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody listens meanwhile, and nobody else is given the port."""
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((self.host, self.port))
            await self.down()
            yield
            await self.up()

    async def up(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, ssl=self.tls, reuse_port=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Stop listening and reset what is connected."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._writers:
            reset(writer)
        self._writers.clear()
        visits = set(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.shuns:
            reset(writer)
            return
        self._writers.add(writer)  # here: a task that is cancelled before it begins runs no line of its own
        task = asyncio.create_task(self._serve(reader, writer, self.connections))
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        try:
            async for request in _requests(reader, connection):
                self.received.append(request)
                await self._choose(request)(Visit(request, writer))
                if writer.is_closing():
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other end went away: it may
        finally:
            self._writers.discard(writer)
            self.left.set()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    own: socket.socket | None = writer.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _requests(reader: asyncio.StreamReader, connection: int) -> AsyncIterator[Received]:
    while head := await _until_blank(reader):
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        yield Received(method, urlsplit(target).path, headers, body, time.monotonic(), connection)


async def _until_blank(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    without_length: Sequence[str] = ("Content-Length",) if status == 204 else ()
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without_length]
    return "\r\n".join([f"HTTP/1.1 {status} Synthetic", *lines, "", ""]).encode("latin-1")
