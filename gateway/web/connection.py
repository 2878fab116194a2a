"""A connection that cannot be held open: each part of a request has its time and its size, or it ends.

aiohttp closes a connection that rests between two requests, and no other. Its protocol stands here behind one
of asyncio that watches the time; the application says when the work on a request begins and when it ends.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.settings import ServeSettings
from gateway.web.problem import PROBLEM, written

MOST_HEAD_BYTES: Final = 32 * 1024
_LEAST_READ_BYTES: Final = 64 * 1024
"""So much of an answer is to be read in the idle time, or its reader counts as gone."""
_END_OF_HEAD: Final = b"\r\n\r\n"


class BodyLateError(TimeoutError):
    """The rest of a request's body did not come in time."""


class Connection(asyncio.Protocol):
    """One connection in front of aiohttp's protocol for it.

    While a request is worked on, nothing but the rest of its body is waited for: a long poll or a stream
    takes as long as it takes.
    """

    def __init__(self, inner: asyncio.Protocol, serve: ServeSettings, opened: "set[Connection]") -> None:
        self._inner, self._serve, self._open = inner, serve, opened
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_served = False
        self._counts_head = True
        self._is_at_rest = False
        self._head_bytes = 0
        self._tail = b""
        self._unread: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request, or refuse where there are too many connections."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a connection is read and written")
        self._transport = transport
        if len(self._open) >= self._serve.max_connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections are open: try again later")
            return
        self._open.add(self)
        self._is_served = True
        self._inner.connection_made(transport)
        self._within(self._serve.head_timeout_s, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, unless it is more than a head may be."""
        if not self._is_served:
            return
        if self._counts_head and self._head_outgrows(data):
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"send at most {MOST_HEAD_BYTES} bytes")
            return
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on that nothing more will come."""
        return self._inner.eof_received() if self._is_served else None

    def pause_writing(self) -> None:
        """Hand on that the answer is not being read."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that the answer is being read again."""
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        if self in self._open:
            self._open.remove(self)
            self._inner.connection_lost(exc)

    def begun(self, request: web.Request) -> None:
        """A request's head is whole and its work begins; its body has a time of its own."""
        self._counts_head = False
        self._stop_waiting()
        if not request.content.is_eof():
            self._within(self._serve.body_timeout_s, lambda: _body_is_late(request))

    def ended(self, request: web.Request) -> None:
        """A request is answered: the answer is to be read, and the next request may come.

        Of a body that was not wanted the rest comes first; aiohttp throws it away.
        """
        self._counts_head = self._is_at_rest = request.content.is_eof()
        self._head_bytes, self._tail, self._unread = 0, b"", None
        time = self._serve.idle_timeout_s if self._is_at_rest else self._serve.head_timeout_s
        self._within(time, self._is_idle)

    def _head_outgrows(self, data: bytes) -> bool:
        """Count a head up to the blank line that ends it; the time for it runs from its first byte."""
        if self._is_at_rest:
            self._is_at_rest = False
            self._within(self._serve.head_timeout_s, self._head_is_late)
        seen = self._tail + (data if self._head_bytes else data.lstrip(b"\r\n"))
        end = seen.find(_END_OF_HEAD)
        self._head_bytes += (len(seen) if end < 0 else end) - len(self._tail)
        self._tail = seen[1 - len(_END_OF_HEAD) :]
        self._counts_head = end < 0
        return self._head_bytes > MOST_HEAD_BYTES

    def _head_is_late(self) -> None:
        if self._head_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the head of the request did not come in time")
        else:
            self._close()

    def _is_idle(self) -> None:
        """Close what rests; an answer on its way has its time again for as long as it is being read."""
        unread = self._transport.get_write_buffer_size() if self._transport else 0
        if unread and (self._unread is None or self._unread - unread >= _LEAST_READ_BYTES):
            self._unread = unread
            self._within(self._serve.idle_timeout_s, self._is_idle)
        else:
            self._close()

    def _within(self, seconds: float, late: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer without the application and close."""
        self._is_served = False
        if self._transport is not None and not self._transport.get_write_buffer_size():
            self._transport.write(_answer(status, detail))
        self._close()

    def _close(self) -> None:
        """Close now where everything is written; what nobody reads is thrown away."""
        self._stop_waiting()
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()


def _body_is_late(request: web.Request) -> None:
    if not request.content.is_eof():
        request.content.set_exception(BodyLateError())


def _answer(status: HTTPStatus, detail: str) -> bytes:
    body = written(int(status), status.phrase, detail).encode()
    again = "Retry-After: 1\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nContent-Type: {PROBLEM}\r\n"
        f"Content-Length: {len(body)}\r\n{again}Connection: close\r\n\r\n"
    )
    return head.encode() + body
