"""What a caller of some counties sees: what is of another county, or of none that is known, is not there."""

import asyncio
from typing import Final

from aiohttp import web

from gateway.store.database import Store
from gateway.store.ledger import Wanted, entry, list_entries, no_entry
from gateway.store.outbox import events_about
from gateway.sync.benefits import find_holder
from gateway.sync.station import Station
from gateway.sync.texts import is_writable
from gateway.web.access import allowed_counties
from gateway.web.asking import STATION, number_in
from gateway.web.requests import STORE

_MOST_ENTRIES: Final = 1000


async def is_seen(request: web.Request, benefit_id: str) -> bool:
    """Whether the caller may see a benefit; whoever may see every county sees what is in none, too."""
    counties = allowed_counties(request)
    if counties is None:
        return True
    found = await asyncio.to_thread(
        county_of, request.app[STORE], request.config_dict.get(STATION), benefit_id
    )
    return found in counties


async def entry_in(request: web.Request) -> int:
    """The number of the ledger entry in the path.

    Raises:
        NotFoundError: there is none that the caller may see.
    """
    entry_id, counties = number_in(request, "entry"), allowed_counties(request)
    if counties is None:
        return entry_id
    if await asyncio.to_thread(_county_of_entry, request.app[STORE], entry_id) not in counties:
        raise no_entry(entry_id)
    return entry_id


def county_of(store: Store, station: Station | None, benefit_id: str) -> str | None:
    """The county of a benefit: the roster's; of one that has left it, what was told last, or looked into."""
    if not is_writable(benefit_id):
        return None
    holder = find_holder(station, benefit_id) if station else None
    if holder is not None:
        return holder.insured_county
    wanted = Wanted(state="all", benefit_id=benefit_id, limit=_MOST_ENTRIES)
    with store.read() as conn:
        looked_into = [each.county for each in list_entries(conn, wanted)]
        told = [each.county for each in events_about(conn, benefit_id)]
    return next(filter(None, reversed(looked_into + told)), None)


def _county_of_entry(store: Store, entry_id: int) -> str | None:
    with store.read() as conn:
        return entry(conn, entry_id).county
