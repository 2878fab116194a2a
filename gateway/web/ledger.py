"""`/v1/ledger`: the verification ledger, to be read, and to be worked on from this machine."""

import asyncio
from typing import Literal

from aiohttp import web
from pydantic import Field

from gateway.store.ledger import Effect, Outcome, Wanted
from gateway.sync import ledger
from gateway.sync.entries import listed, shown
from gateway.sync.ledger import Contact, Resolution, Whom
from gateway.web.asking import STATION, Asked, Day, body, number_in, query, reply

LARGEST_PAGE = 1000


class Filters(Asked):
    """Which entries; `after` is `next` of the page before."""

    state: Literal["open", "closed", "all"] = "open"
    cause: str | None = None
    county: str | None = None
    benefit_id: str | None = None
    assignee: str | None = None
    late: bool = False
    after: int = Field(0, ge=0, lt=2**63)
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)


class Assignment(Asked):
    """Who is to verify an entry."""

    to: str
    by: str


class Spoken(Asked):
    """Somebody was spoken to: `self` 本人, `family` 家属, `employer` 单位."""

    whom: Whom
    result: str
    by: str
    on: Day | None = None


class Finding(Asked):
    """What a person found; with `version`, that of the entry looked at, nothing newer is closed unseen."""

    outcome: Outcome
    by: str
    note: str
    on: Day | None = None
    effect: Effect | None = None
    ended_on: Day | None = None
    version: int | None = Field(None, ge=0, lt=2**63)


def add_routes(app: web.Application) -> None:
    """Serve the ledger of the application's station."""
    app.router.add_get("/v1/ledger", entries)
    app.router.add_get("/v1/ledger/{entry}", one)
    app.router.add_post("/v1/ledger/{entry}/assign", assign)
    app.router.add_post("/v1/ledger/{entry}/contact", contact)
    app.router.add_post("/v1/ledger/{entry}/resolve", resolve)


async def entries(request: web.Request) -> web.Response:
    """A page of entries, oldest first: `{"entries": […], "next": number}`."""
    asked = query(request, Filters)
    wanted = Wanted(**asked.model_dump(exclude={"late"}))
    found = await asyncio.to_thread(listed, request.app[STATION], wanted, late=asked.late)
    return reply({"entries": found, "next": found[-1]["entry"] if found else asked.after})


async def one(request: web.Request) -> web.Response:
    """One entry with its evidence, its contacts and its history."""
    return await _shown(request)


async def assign(request: web.Request) -> web.Response:
    """Give an open entry to somebody."""
    entry_id, given = number_in(request, "entry"), await body(request, Assignment)
    await asyncio.to_thread(ledger.assign, request.app[STATION], entry_id, given.to, given.by)
    return await _shown(request)


async def contact(request: web.Request) -> web.Response:
    """Note a contact on an open entry."""
    entry_id, given = number_in(request, "entry"), await body(request, Spoken)
    made = Contact(**given.model_dump())
    await asyncio.to_thread(ledger.contact, request.app[STATION], entry_id, made)
    return await _shown(request)


async def resolve(request: web.Request) -> web.Response:
    """Close an entry with its outcome; the answer names the events that were made."""
    entry_id, given = number_in(request, "entry"), await body(request, Finding)
    resolution = Resolution(**given.model_dump())
    done = await asyncio.to_thread(ledger.resolve, request.app[STATION], entry_id, resolution)
    found = await asyncio.to_thread(shown, request.app[STATION], entry_id)
    told = [{"id": event.event_id, "type": event.type} for event in done.events]
    return reply({**found, "events": told})


async def _shown(request: web.Request) -> web.Response:
    return reply(await asyncio.to_thread(shown, request.app[STATION], number_in(request, "entry")))
