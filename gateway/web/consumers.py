"""`/v1/consumers`: readers with a name, whose place in the feed is kept for them."""

import asyncio
import re
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from gateway.delivery.places import EARLIEST
from gateway.web.access import caller_of
from gateway.web.asking import Asked, body, reply
from gateway.web.auditing import actor_of
from gateway.web.keeping import Keeping, Listed, Moved, Shown, Sought
from gateway.web.operations import Operation
from gateway.web.reading import owner_of
from gateway.web.requests import KEYS, STORE

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Begun(Asked):
    """Where a new consumer begins: `earliest`, `now`, or behind a cursor."""

    begin: Annotated[str, Field(alias="from")] = EARLIEST


class Acked(Asked):
    """Up to where everything was handled: `next` of a page, or the id of a server-sent event."""

    cursor: str


async def put(request: web.Request) -> web.Response:
    """Make a consumer: 201, or 200 with the one that is there, left as it is."""
    name, begun = _named(request), await body(request, Begun)
    made, found = await asyncio.to_thread(_keeping(request).put, name, begun.begin)
    return reply(found, status=201 if made else 200)


async def consumers(request: web.Request) -> web.Response:
    """The consumers that the caller made, by name; `admin` sees everybody's."""
    return reply({"consumers": await asyncio.to_thread(_keeping(request).all)})


async def one(request: web.Request) -> web.Response:
    """A consumer: its cursor, and how many events are behind it."""
    return reply(await asyncio.to_thread(_keeping(request).one, _named(request)))


async def remove(request: web.Request) -> web.Response:
    """Forget a consumer and its place."""
    await asyncio.to_thread(_keeping(request).remove, _named(request))
    return web.Response(status=204)


async def ack(request: web.Request) -> web.Response:
    """Note that everything up to a cursor was handled; an older one changes nothing, and `moved` says so."""
    name, acked = _named(request), await body(request, Acked)
    return reply(await asyncio.to_thread(_keeping(request).ack, name, acked.cursor))


async def seek(request: web.Request) -> web.Response:
    """Put a consumer elsewhere, to read events again or to leave some out; the audit keeps who did."""
    name, sought = _named(request), await body(request, Sought)
    return reply(await asyncio.to_thread(_keeping(request).seek, name, sought))


def _keeping(request: web.Request) -> Keeping:
    caller = caller_of(request)
    return Keeping(
        request.app[STORE], request.app[KEYS], caller.token_id, owner_of(request), actor_of(request)
    )


def _named(request: web.Request) -> str:
    name = request.match_info["name"]
    if not _NAME.fullmatch(name):
        raise web.HTTPBadRequest(
            text="name: write a-z, 0-9, full stop, _ and -, a letter or digit first, 64 at most"
        )
    return name


_ONE: Final = "/v1/consumers/{name}"
OPERATIONS: Final = (
    Operation("GET", "/v1/consumers", consumers, "events:read", "consumers", answer=Listed),
    Operation("GET", _ONE, one, "events:read", "consumers", answer=Shown, refuses=(400, 404)),
    Operation(
        "PUT",
        _ONE,
        put,
        "events:read",
        "consumers",
        body=Begun,
        answer=Shown,
        status=201,
        also=((200, Shown),),
        refuses=(400, 409, 410),
    ),
    Operation("DELETE", _ONE, remove, "events:read", "consumers", status=204, refuses=(400, 404)),
    Operation(
        "POST",
        f"{_ONE}/ack",
        ack,
        "events:read",
        "consumers",
        body=Acked,
        answer=Moved,
        refuses=(400, 404),
    ),
    Operation(
        "POST",
        f"{_ONE}/seek",
        seek,
        "events:read",
        "consumers",
        body=Sought,
        answer=Shown,
        refuses=(400, 404, 410),
    ),
)
