"""A page of the feed as it is written: a short one at once, a long one part by part.

A part is as much as is held of a page at a time, whatever its limit. Larger ones cost more for each event:
their memory goes back to the operating system and is asked for again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Final

from aiohttp import hdrs, web

from gateway.crypto.serving import ServingKeys
from gateway.errors import GatewayError
from gateway.store.feed import Read
from gateway.web.asking import reply_bytes
from gateway.web.reading import Reading

PART: Final = 1000
"""Events in a part."""

_PATIENCE_S: Final = 60.0
_HEADERS: Final = {hdrs.CONTENT_TYPE: "application/json; charset=utf-8"}

_log = logging.getLogger(__name__)


async def page(request: web.Request, reading: Reading, first: Read, limit: int) -> web.StreamResponse:
    """A page that begins with what was read first, which is whole where there is no more or enough of it."""
    if len(first.events) < PART or limit <= PART or not first.more:
        return reply_bytes(_start(first) + _end(first, [_signatures(first)], reading.keys))
    answer = web.StreamResponse(headers=_HEADERS)
    await answer.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return answer
    try:
        async for part in _parts(reading, first, limit):
            async with asyncio.timeout(_PATIENCE_S):
                await answer.write(part)
    except TimeoutError:
        _log.warning("a page was cut: its reader did not take it for %.0f s", _PATIENCE_S)
        if request.transport is not None:
            request.transport.abort()
    return answer


async def _parts(reading: Reading, found: Read, limit: int) -> AsyncIterator[bytes]:
    """The page in bytes; it ends early where a part is not full or cannot be read, and `more` says so."""
    yield _start(found)
    signatures, left = [_signatures(found)], limit - len(found.events)
    while left > 0 and found.more:
        following = await asyncio.to_thread(_next, reading, found, min(left, PART))
        if following is None:
            break
        if following.events:
            yield b"," + _bodies(following)
            signatures.append(_signatures(following))
        found, left = following, left - len(following.events)
        if len(following.events) < PART:
            break
    yield _end(found, signatures, reading.keys)


def _next(reading: Reading, found: Read, limit: int) -> Read | None:
    try:
        return reading.look(found.looked_to, limit)
    except (GatewayError, web.HTTPException) as fault:
        _log.warning("a page ends early: %s", fault)
        return None


def _start(found: Read) -> bytes:
    return b'{"events":[' + _bodies(found)


def _bodies(found: Read) -> bytes:
    return b",".join([body for _, _, body, _ in found.events])


def _signatures(found: Read) -> str:
    """As JSON; they are base64url and full stops, so nothing is escaped."""
    return ",".join(["null" if each is None else f'"{each}"' for *_, each in found.events])


def _end(found: Read, signatures: Iterable[str], keys: ServingKeys) -> bytes:
    more = "true" if found.more else "false"
    cursor = keys.cursor(found.looked_to)
    return f'],"signatures":[{",".join(signatures)}],"next":"{cursor}","more":{more}}}'.encode()
