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
from gateway.store.feed import PagePart
from gateway.web.asking import reply_bytes
from gateway.web.reading import Reading

PART: Final = 1000
"""Events in a part."""

_PATIENCE_S: Final = 60.0
_HEADERS: Final = {hdrs.CONTENT_TYPE: "application/json; charset=utf-8"}

_log = logging.getLogger(__name__)


async def page(request: web.Request, reading: Reading, first: PagePart, limit: int) -> web.StreamResponse:
    """A page that begins with what was read first, which is whole where there is no more or enough of it."""
    if first.count < PART or limit <= PART or not first.more:
        return reply_bytes(_start(first) + _end(first, [first.signatures], reading.keys))
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


async def _parts(reading: Reading, found: PagePart, limit: int) -> AsyncIterator[bytes]:
    """The page in bytes; it ends early where a part is not full or cannot be read, and `more` says so."""
    yield _start(found)
    signatures, left = [found.signatures], limit - found.count
    while left > 0 and found.more:
        following = await asyncio.to_thread(_next, reading, found, min(left, PART))
        if following is None:
            break
        if following.count:
            yield b"," + following.bodies
            signatures.append(following.signatures)
        found, left = following, left - following.count
        if following.count < PART:
            break
    yield _end(found, signatures, reading.keys)


def _next(reading: Reading, found: PagePart, limit: int) -> PagePart | None:
    try:
        return reading.part(found.looked_to, limit)
    except (GatewayError, web.HTTPException) as fault:
        _log.warning("a page ends early: %s", fault)
        return None


def _start(found: PagePart) -> bytes:
    return b'{"events":[' + found.bodies


def _end(found: PagePart, signatures: Iterable[str], keys: ServingKeys) -> bytes:
    more = "true" if found.more else "false"
    cursor = keys.cursor(found.looked_to)
    return f'],"signatures":[{",".join(signatures)}],"next":"{cursor}","more":{more}}}'.encode()
