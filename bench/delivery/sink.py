"""A receiver that answers 204 to whatever comes, in a process of its own."""

import asyncio
import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

_ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH: Final = b"content-length: "
_BIG: Final = 1 << 20


class _Sink(asyncio.Protocol):
    """Reads requests by their content length and forgets them."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment] # as asyncio declares it

    def data_received(self, data: bytes) -> None:
        if self._left > len(data):
            self._left -= len(data)
            return
        self._head += data[self._left :]
        finished = self._left > 0
        self._left = 0
        if finished:
            self._transport.write(_ANSWER)
        while (end := self._head.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._head[:end]).lower()
            start = head.index(_LENGTH) + len(_LENGTH)
            body = int(head[start:].split(b"\r\n", 1)[0])
            rest = len(self._head) - end - 4
            if rest < body:
                self._left = body - rest
                self._head.clear()
                return
            del self._head[: end + 4 + body]
            self._transport.write(_ANSWER)


async def _serve(told: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


def _main(told: Connection) -> None:
    try:
        asyncio.run(_serve(told))
    except KeyboardInterrupt:
        sys.exit(0)


@contextmanager
def sink() -> Iterator[str]:
    """The URL of a receiver in another process, for as long as the block lasts."""
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    process = fresh.Process(target=_main, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/hook"
    finally:
        process.terminate()
        process.join()
