"""`/v1/events/stream`: the feed as server-sent events, for as long as the reader keeps up."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import hdrs, web

from gateway.crypto.serving import ServingKeys
from gateway.errors import GatewayError
from gateway.store.feed import Read
from gateway.web.access import still_allowed
from gateway.web.asking import query
from gateway.web.operations import Operation
from gateway.web.reading import Narrowed, Reading, reading_of
from gateway.web.requests import KEYS
from gateway.web.tail import TAIL

MEDIA: Final = "text/event-stream"
LAST_EVENT_ID: Final = "Last-Event-ID"
_RETRY_S: Final = 5
_HEADERS: Final = {
    hdrs.CONTENT_TYPE: f"{MEDIA}; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-store",
    "X-Accel-Buffering": "no",
}

_log = logging.getLogger(__name__)


@dataclass
class Streams:
    """The streams that are open, and what each may take; times in seconds.

    Whoever does not take a write for `patience` is cut. A stream ends after `longest`; its reader connects
    again where it stopped, and is let in anew.
    """

    most: int = 256
    heartbeat: float = 10.0
    patience: float = 20.0
    longest: float = 900.0
    batch: int = 100
    buffer_bytes: int = 64 * 1024
    kernel_bytes: int = 256 * 1024
    open: set[asyncio.Transport] = field(default_factory=set)


STREAMS: Final = web.AppKey("streams", Streams)


def set_up(app: web.Application) -> None:
    """Count the streams of the application."""
    app[STREAMS] = Streams()


async def stream(request: web.Request) -> web.StreamResponse:
    """The events behind `Last-Event-ID` or `after` as they come, each with its cursor, type and signature.

    A reader that does not keep up is cut, and goes on by `Last-Event-ID` or with `/v1/events`.
    """
    asked = query(request, Narrowed)
    last = request.headers.get(LAST_EVENT_ID)
    asked = asked.model_copy(update={"after": last}) if last else asked
    reading = reading_of(request, asked)
    after = await asyncio.to_thread(reading.begin, asked)
    streams = request.app[STREAMS]
    first = await asyncio.to_thread(reading.look, after, streams.batch)
    with _counted(request, streams) as transport:
        answer = web.StreamResponse(headers=_HEADERS)
        await answer.prepare(request)
        if request.method == hdrs.METH_HEAD:
            return answer
        try:
            await _send(request, answer, _parts(request, reading, first))
        except TimeoutError:
            _log.warning("a stream was cut: its reader did not take it for %.0f s", streams.patience)
            transport.abort()
        except ConnectionError:
            _log.debug("a stream's reader is gone")
        except (GatewayError, web.HTTPException) as fault:
            _log.error("a stream was cut: %s", fault)
            transport.abort()
        return answer


async def _send(request: web.Request, answer: web.StreamResponse, parts: AsyncIterator[bytes]) -> None:
    patience = request.app[STREAMS].patience
    async for part in parts:
        async with asyncio.timeout(patience):
            await answer.write(part)


async def _parts(request: web.Request, reading: Reading, found: Read) -> AsyncIterator[bytes]:
    """What is written, part by part, until the gateway stops or the stream's time is over."""
    streams, tail = request.app[STREAMS], request.app[TAIL]
    beats = _Beats(streams.heartbeat, request.app[KEYS])
    until = beats.now() + streams.longest
    yield f"retry: {_RETRY_S * 1000}\n\n".encode()
    while not tail.closed and beats.now() < until:
        if found.events or beats.is_due():
            if not await still_allowed(request):
                return
            yield beats.told(found)
        if not found.more:
            await tail.wait(found.looked_to, beats.left())
        found = await asyncio.to_thread(reading.look, found.looked_to, streams.batch)


class _Beats:
    """When the reader was last told anything, and up to where it knows."""

    def __init__(self, every_s: float, keys: ServingKeys) -> None:
        self._every_s, self._keys = every_s, keys
        self.now = asyncio.get_running_loop().time
        self._told_at = self.now()
        self._told: int | None = None

    def left(self) -> float:
        return max(0.0, self._told_at + self._every_s - self.now())

    def is_due(self) -> bool:
        return self.left() <= 0

    def after(self, sequence: int, part: bytes) -> bytes:
        self._told_at, self._told = self.now(), sequence
        return part

    def told(self, found: Read) -> bytes:
        """What was found, or a sign of life."""
        if found.events:
            return self.after(found.looked_to, _blocks(found.events, self._keys))
        return self.beat(found.looked_to)

    def beat(self, sequence: int) -> bytes:
        """A comment; with the cursor, where a filter has left out events since the reader was told one."""
        if sequence == self._told:
            return self.after(sequence, b": heartbeat\n")
        return self.after(sequence, f": heartbeat\nid: {self._keys.cursor(sequence)}\n\n".encode())


def _blocks(events: Sequence[tuple[int, str, bytes, str | None]], keys: ServingKeys) -> bytes:
    return b"".join([_block(*event, keys.cursor(event[0])) for event in events])


def _block(sequence: int, kind: str, body: bytes, signature: str | None, cursor: str) -> bytes:
    """An event as one block; `signature` is a field that readers who do not know it pass over."""
    if b"\n" in body or b"\r" in body:
        raise GatewayError(f"event {sequence} has a line end in its bytes, which no stream can carry")
    signed = b"" if signature is None else b"signature: %b\n" % signature.encode()
    return b"id: %b\nevent: %b\n%bdata: %b\n\n" % (cursor.encode(), kind.encode(), signed, body)


@contextmanager
def _counted(request: web.Request, streams: Streams) -> Iterator[asyncio.Transport]:
    """Count the stream and make its buffers small.

    Raises:
        web.HTTPServiceUnavailable: there are too many.
    """
    transport = request.transport
    if len(streams.open) >= streams.most or transport is None:
        detail = "too many streams are open: try again later, or pull from /v1/events"
        raise web.HTTPServiceUnavailable(text=detail, headers={hdrs.RETRY_AFTER: str(_RETRY_S)})
    transport.set_write_buffer_limits(high=streams.buffer_bytes)
    own: socket.socket | None = transport.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, streams.kernel_bytes)
    streams.open.add(transport)
    try:
        yield transport
    finally:
        streams.open.discard(transport)


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/events/stream",
        stream,
        "events:read",
        "events",
        query=Narrowed,
        media=MEDIA,
        refuses=(400, 404, 410, 503),
    ),
)
