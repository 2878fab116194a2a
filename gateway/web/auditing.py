"""Who asks, as the audit names them; what cannot be audited is not answered."""

import asyncio
from collections.abc import Collection

from aiohttp import web

from gateway.clock import system_clock
from gateway.store import audit
from gateway.store.audit import Details
from gateway.store.database import Store
from gateway.web.access import allowed_counties, caller_of
from gateway.web.requests import STORE


async def audited(request: web.Request, action: str, subject: str, details: Details | None = None) -> None:
    """Commit an entry about what is about to be answered.

    Raises:
        StoreError: it could not be written: nothing may be answered.
    """
    await asyncio.to_thread(_append, request.app[STORE], actor_of(request), action, subject, details)


def actor_of(request: web.Request) -> str:
    """Who asks: a token by its id, for two may have one name, and whoever brings none by where it is."""
    caller = caller_of(request)
    return caller.name if caller.token_id is None else f"token {caller.token_id} ({caller.name})"


def counties_of(request: web.Request) -> Collection[str] | None:
    """The counties that whoever asks may see; null for every county."""
    return allowed_counties(request)


def _append(store: Store, actor: str, action: str, subject: str, details: Details | None) -> None:
    with store.begin() as conn:
        audit.append(conn, system_clock(), actor, action, subject, details)
