"""`/v1/ledger`: the verification ledger, to be read, and to be worked on from this machine."""

import asyncio
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from gateway.store.ledger import Effect, Outcome, Wanted
from gateway.sync import ledger
from gateway.sync.entries import listed, shown
from gateway.sync.ledger import Contact, Resolution, Whom
from gateway.web.access import allowed_counties
from gateway.web.answers import EntryPage, EntryResolved, EntryShown
from gateway.web.asking import STATION, Asked, Day, body, number_in, query, reply
from gateway.web.counties import entry_in
from gateway.web.operations import Operation

LARGEST_PAGE = 1000


class Filters(Asked):
    """Which entries; `after` is `next` of the page before."""

    state: Literal["open", "closed", "all"] = "open"
    """Open entries, closed ones, or both."""
    cause: str | None = None
    """Entries of this cause only."""
    county: str | None = None
    """Entries of this county only, by its code."""
    benefit_id: str | None = None
    """Entries about this benefit only."""
    assignee: str | None = None
    """Entries given to this person only."""
    late: bool = False
    """Entries that are open longer than they may be only."""
    after: int = Field(0, ge=0, lt=2**63)
    """The number of the last entry of the page before."""
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    """How many entries at most."""


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


async def entries(request: web.Request) -> web.Response:
    """A page of entries, oldest first: `{"entries": […], "next": number}`."""
    asked = query(request, Filters)
    wanted = Wanted(**asked.model_dump(exclude={"late"}), counties=allowed_counties(request))
    found = await asyncio.to_thread(listed, request.app[STATION], wanted, late=asked.late)
    return reply({"entries": found, "next": found[-1]["entry"] if found else asked.after})


async def one(request: web.Request) -> web.Response:
    """One entry with its evidence, its contacts and its history."""
    await entry_in(request)
    return await _shown(request)


async def assign(request: web.Request) -> web.Response:
    """Give an open entry to somebody."""
    entry_id, given = await entry_in(request), await body(request, Assignment)
    await asyncio.to_thread(ledger.assign, request.app[STATION], entry_id, given.to, given.by)
    return await _shown(request)


async def contact(request: web.Request) -> web.Response:
    """Note a contact on an open entry."""
    entry_id, given = await entry_in(request), await body(request, Spoken)
    made = Contact(**given.model_dump())
    await asyncio.to_thread(ledger.contact, request.app[STATION], entry_id, made)
    return await _shown(request)


async def resolve(request: web.Request) -> web.Response:
    """Close an entry with its outcome; the answer names the events that were made."""
    entry_id, given = await entry_in(request), await body(request, Finding)
    resolution = Resolution(**given.model_dump())
    done = await asyncio.to_thread(ledger.resolve, request.app[STATION], entry_id, resolution)
    found = await asyncio.to_thread(shown, request.app[STATION], entry_id)
    told = [{"id": event.event_id, "type": event.type} for event in done.events]
    return reply({**found, "events": told})


async def _shown(request: web.Request) -> web.Response:
    return reply(await asyncio.to_thread(shown, request.app[STATION], number_in(request, "entry")))


OPERATIONS: Final = (
    Operation("GET", "/v1/ledger", entries, "ledger:write", "ledger", query=Filters, answer=EntryPage),
    Operation("GET", "/v1/ledger/{entry}", one, "ledger:write", "ledger", answer=EntryShown, refuses=(404,)),
    *(
        Operation(
            "POST",
            f"/v1/ledger/{{entry}}/{word}",
            handler,
            "ledger:write",
            "ledger",
            body=model,
            answer=answer,
            refuses=(404, 409),
        )
        for word, handler, model, answer in (
            ("assign", assign, Assignment, EntryShown),
            ("contact", contact, Spoken, EntryShown),
            ("resolve", resolve, Finding, EntryResolved),
        )
    ),
)
