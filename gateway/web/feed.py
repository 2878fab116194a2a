"""`/v1/events`: what was found, in order, to be pulled by cursor."""

import asyncio
from typing import Annotated, Final

from aiohttp import hdrs, web
from pydantic import Field

from gateway.store.database import Store
from gateway.store.feed import PagePart, Single, released_event
from gateway.web.access import allowed_counties
from gateway.web.answers import Event, EventPage
from gateway.web.asking import query
from gateway.web.operations import Operation
from gateway.web.paging import PART, page
from gateway.web.reading import Narrowed, Reading, reading_of
from gateway.web.requests import STORE
from gateway.web.tail import TAIL, Tail

LARGEST_LIMIT: Final = 10_000
DEFAULT_LIMIT: Final = 100
LONGEST_WAIT_S: Final = 30
EVENT_MEDIA: Final = "application/cloudevents+json"


class Page(Narrowed):
    """A page of events; where there are none, the answer may wait up to `wait` seconds for the next."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT
    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)] = 0


async def events(request: web.Request) -> web.StreamResponse:
    """The events behind a cursor, as stored, each with its detached signature.

    `next` never goes back. It passes what a filter leaves out, so a page may be empty and `more` be true.
    """
    asked = query(request, Page)
    reading = reading_of(request, asked)
    after = await asyncio.to_thread(reading.begin, asked)
    found = await _look(reading, after, asked, request.app[TAIL])
    return await page(request, reading, found, asked.limit)


async def event(request: web.Request) -> web.Response:
    """One released event, the very bytes; its detached signature is in the header X-JWS-Signature."""
    asked, counties = request.match_info["event_id"], allowed_counties(request)
    found = await asyncio.to_thread(_single, request.app[STORE], asked, counties)
    if found is None:
        raise web.HTTPNotFound(text="there is no released event of that id")
    answer = web.Response(body=found.body, headers={hdrs.CONTENT_TYPE: EVENT_MEDIA})
    if found.signature is not None:
        answer.headers["X-JWS-Signature"] = found.signature
    return answer


async def _look(reading: Reading, after: int | None, asked: Page, tail: Tail) -> PagePart:
    """The first part that has anything in it or more behind it, or what there is when the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    while True:
        found = await asyncio.to_thread(reading.part, after, min(asked.limit, PART))
        left = until - loop.time()
        if found.count or found.more or left <= 0 or tail.closed:
            return found
        after = found.looked_to
        await tail.wait(after, left)


def _single(store: Store, event_id: str, counties: frozenset[str] | None) -> Single | None:
    with store.read() as conn:
        return released_event(conn, event_id, None if counties is None else sorted(counties))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/events",
        events,
        "events:read",
        "events",
        query=Page,
        answer=EventPage,
        refuses=(400, 404, 410),
    ),
    Operation(
        "GET",
        "/v1/events/{event_id}",
        event,
        "events:read",
        "events",
        answer=Event,
        media=EVENT_MEDIA,
        refuses=(404,),
    ),
)
