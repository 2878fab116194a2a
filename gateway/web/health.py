"""`/healthz`: whether the gateway can work, and what is wrong. `/readyz`: whether to send it requests now."""

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web
from sqlalchemy import select

from gateway.crypto.serving import ServingKeys
from gateway.errors import ConfigError, StoreError
from gateway.store.alarms import Raised, standing_alarms
from gateway.store.database import Store
from gateway.store.tables import SUBSCRIPTIONS
from gateway.web.answers import Health
from gateway.web.asking import reply
from gateway.web.operations import Operation
from gateway.web.requests import KEYS, STORE

DEADLINE_S: Final = 5.0

LEAVING: Final = web.AppKey("leaving", asyncio.Event)
"""Set once the application is about to stop: it takes no new request for long."""


def set_up(app: web.Application) -> None:
    """Remember once the application is about to stop."""
    app[LEAVING] = asyncio.Event()
    app.on_shutdown.append(leave)


@dataclass(frozen=True)
class Readiness:
    """Whether requests may be sent here, and why not."""

    status: Literal["ready", "not_ready"]
    reasons: list[str]


async def healthz(request: web.Request) -> web.Response:
    """200 when the store can be read and written, else 503 with what is wrong; alarms only warn."""
    store = request.app[STORE]
    faults = await asyncio.to_thread(store.check)
    if faults:
        return reply({"status": "fail", "faults": faults, "alarms": []}, status=503)
    alarms = await asyncio.to_thread(_alarms, store)
    status = "warn" if alarms else "pass"
    return reply({"status": status, "faults": [], "alarms": [vars(alarm) for alarm in alarms]})


async def readyz(request: web.Request) -> web.Response:
    """200 when requests can be served here now, else 503 with the reasons."""
    reasons = await _reasons(request.app)
    found = Readiness("not_ready" if reasons else "ready", reasons)
    return reply(vars(found), status=503 if reasons else 200)


async def leave(app: web.Application) -> None:
    """Say from now on that nothing more is to be sent here."""
    app[LEAVING].set()


async def _reasons(app: web.Application) -> list[str]:
    """What stands in the way; a store that is busy for long is in the way too."""
    leaving = ["the gateway is stopping"] if app[LEAVING].is_set() else []
    try:
        faults = await asyncio.wait_for(asyncio.to_thread(_faults, app[STORE], app[KEYS]), DEADLINE_S)
    except TimeoutError:
        faults = [f"the store could not be written to within {DEADLINE_S:g} s"]
    return [*leaving, *faults]


def _faults(store: Store, keys: ServingKeys) -> list[str]:
    """A store that lacks a migration or cannot be written; or keys that open no subscriber's secret."""
    try:
        return store.check() or _key_faults(store, keys)
    except StoreError as fault:
        return [str(fault)]


def _key_faults(store: Store, keys: ServingKeys) -> list[str]:
    """One subscription tells for all: they are sealed under one serve.secret."""
    sealed = select(SUBSCRIPTIONS.c.subscription_id, SUBSCRIPTIONS.c.secrets)
    with store.read() as conn:
        row = conn.execute(sealed.where(SUBSCRIPTIONS.c.state == "active").limit(1)).one_or_none()
    if row is None:
        return []
    try:
        for secret in row.secrets:
            keys.open(secret["sealed"], row.subscription_id)
    except ConfigError as fault:
        return [str(fault)]
    return []


def _alarms(store: Store) -> list[Raised]:
    with store.read() as conn:
        return standing_alarms(conn)


OPERATIONS: Final = (
    Operation("GET", "/healthz", healthz, None, "health", answer=Health, also=((503, Health),)),
    Operation("GET", "/readyz", readyz, None, "health", answer=Readiness, also=((503, Readiness),)),
)
