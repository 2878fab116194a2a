"""One connection to a receiver: a request out, an answer in, with caps on all that comes back."""

import asyncio
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.delivery.outcome import NoAnswer, Reason, lost

MAX_BODY: Final = 16 * 1024
"""Bytes of an answer's body that are read. No more is waited for: the connection is closed."""

_MAX_HEAD: Final = 32 * 1024
"""Bytes of an answer before its body, interim answers included."""

_INTERIM: Final = range(100, 200)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_TOLD: Final = {
    name.encode(): name
    for name in (
        "allow",
        "content-type",
        "date",
        "retry-after",
        "webhook-allowed-origin",
        "webhook-allowed-rate",
    )
}


class Heard(NamedTuple):
    """An answer off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """Carries one exchange at a time; `usable` says whether it can carry another."""

    def __init__(self) -> None:
        self.usable = False
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Heard] | None = None
        self._begin()

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._head_size = 0
        self._has_head = self._is_framed = self._is_complete = self._is_kept = False

    async def ask(self, request: bytes) -> Heard:
        """Send a request and wait for the answer; to give up waiting ends the connection.

        Raises:
            NoAnswer: the connection ended first, or what came is no answer.
        """
        if not self.usable:  # it has ended since it was made
            raise lost(None)
        self._begin()
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """End at once, whatever is still to be sent or read."""
        self.usable = False
        self._waiting = None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - the protocol's signature is wider
        self._transport = transport
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Take what came; where nothing was asked, nothing may come."""
        if self._waiting is None:
            self.abort()
            return
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self._is_complete:
                self._fail(NoAnswer(Reason.BROKEN_REPLY, "the answer is not HTTP as it should be"))
                return
            self._is_kept = False
        if self._is_complete or len(self._body) >= MAX_BODY:
            self._finish()
        elif not self._has_head and self._head_size > _MAX_HEAD:
            self._fail(NoAnswer(Reason.TOO_LARGE, "the answer's headers are too large"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Give an answer that lasts until the end, or say that there is none."""
        self.usable = False
        if self._waiting is None:
            return
        if exc is None and self._has_head and not self._is_framed:
            self._finish()
        elif self._head_size:
            self._fail(NoAnswer(Reason.BROKEN_REPLY, "the answer was cut"))
        else:
            self._fail(lost(exc if isinstance(exc, OSError) else None))

    def on_message_begin(self) -> None:
        """A second answer, for which nobody asked, makes the connection unusable."""
        if self._is_complete:
            raise HttpParserError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the first of each of the headers that matter."""
        if self._has_head:
            return
        lower = name.lower()
        if lower in _TOLD:
            self._headers.setdefault(_TOLD[lower], value.decode("latin-1"))
        elif lower in _FRAMING:
            self._is_framed = True

    def on_headers_complete(self) -> None:
        """Note the status, unless the answer is an interim one."""
        status = self._parser.get_status_code()
        if status in _INTERIM:
            self._headers = {}
            return
        self._has_head, self._status = True, status

    def on_body(self, body: bytes) -> None:
        """Keep what there is room for."""
        self._body += body[: MAX_BODY - len(self._body)]

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._has_head:
            self._is_complete, self._is_kept = True, self._parser.should_keep_alive()

    def _feed(self, data: bytes) -> None:
        if self._has_head:
            self._parser.feed_data(data)
            return
        room = _MAX_HEAD - self._head_size
        self._head_size += len(data)
        self._parser.feed_data(data[:room])
        if self._has_head and len(data) > room:
            self._parser.feed_data(data[room:])

    def _finish(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(Heard(self._status, self._headers, bytes(self._body)))
        # A receiver may answer before it has read everything; the next request would wait behind the rest.
        if not (self._is_complete and self._is_kept) or self._transport.get_write_buffer_size():
            self.abort()

    def _fail(self, error: NoAnswer) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
        self.abort()
