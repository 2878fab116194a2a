"""The listening side: aiohttp behind connections that end by themselves, and the size of what is sent."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from aiohttp import web

from gateway.settings import ServeSettings
from gateway.web.connection import BodyLateError, Connection
from gateway.web.problem import Requests

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOST_BODY_BYTES: Final = 64 * 1024
_LINE_BYTES: Final = 8190
_HEADERS: Final = 100
_SHUTDOWN_S: Final = 20.0
_TLS_SHUTDOWN_S: Final = 5.0


def _without_content(record: logging.LogRecord) -> bool:
    """Say of an exception only of what kind it is: aiohttp's quote what was sent."""
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg}: {record.exc_info[0].__name__}"
    record.exc_info = None
    return True


_log: Final = logging.getLogger(__name__)
_log.addFilter(_without_content)


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection when a request begins and ends, and refuse a body that is too large or too late."""
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY_BYTES, request.content_length or 0)
    connection = request.transport.get_protocol() if request.transport else None
    if not isinstance(connection, Connection):
        return await handler(request)
    connection.begun(request)
    try:
        return await handler(request)
    except BodyLateError:
        raise web.HTTPRequestTimeout(text="the body did not come in time: send it at once") from None
    finally:
        connection.ended(request)


@asynccontextmanager
async def listening(
    app: web.Application, serve: ServeSettings, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve the application until the block is left; gives the port. What is under way then may end in 20 s.

    Raises:
        OSError: the address cannot be listened on.
    """
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_S)
    try:
        await runner.setup()
        server = await _listen(runner, serve, tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, serve: ServeSettings, tls: ssl.SSLContext | None) -> asyncio.Server:
    loop, opened = asyncio.get_running_loop(), set[Connection]()
    if runner.server is None:
        raise RuntimeError("the runner was not set up")
    read = partial(
        Requests,
        runner.server,
        loop=loop,
        logger=_log,
        # aiohttp's own knows nothing of a head that has begun: ours comes first
        keepalive_timeout=serve.idle_timeout_s + serve.head_timeout_s,
        lingering_time=serve.head_timeout_s,
        max_line_size=_LINE_BYTES,
        max_field_size=_LINE_BYTES,
        max_headers=_HEADERS,
    )
    # no other times may be given where there is no TLS
    handshake_s, farewell_s = (serve.head_timeout_s, _TLS_SHUTDOWN_S) if tls else (None, None)
    return await loop.create_server(
        lambda: Connection(read(), serve, opened),
        serve.host,
        serve.port,
        ssl=tls,
        ssl_handshake_timeout=handshake_s,
        ssl_shutdown_timeout=farewell_s,
    )
