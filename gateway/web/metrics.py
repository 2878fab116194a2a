"""`/metrics`: what operators watch, as Prometheus reads it; the store's facts are read when asked for.

Every application has a registry of its own. What the store says is read at most once in FRESH_S seconds,
whoever asks, and within DEADLINE_S; where it cannot be read, `gateway_store_up` is 0 and they are left out.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from gateway.clock import local, system_clock
from gateway.errors import StoreError
from gateway.store.database import Store
from gateway.store.facts import Facts, facts
from gateway.web.gauges import Together, gauges
from gateway.web.measuring import METERS
from gateway.web.operations import Operation
from gateway.web.requests import STORE

FRESH_S: Final = 5.0
DEADLINE_S: Final = 4.0


@dataclass
class Watch:
    """The store's facts as last read, and when; one reads them while the others wait for it."""

    store: Store = field(repr=False)
    monotonic: Callable[[], float] = time.monotonic
    _known: Facts | None = None
    _read_at: float | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def facts(self) -> Facts | None:
        """The facts, at most FRESH_S old; null when the store could not be read in time."""
        async with self._one:
            if self._read_at is None or self.monotonic() - self._read_at >= FRESH_S:
                self._known = await self._read()
                self._read_at = self.monotonic()
            return self._known

    async def _read(self) -> Facts | None:
        try:
            return await asyncio.wait_for(asyncio.to_thread(_facts, self.store), DEADLINE_S)
        except (StoreError, TimeoutError):
            return None


WATCH: Final = web.AppKey("watch", Watch)


def set_up(app: web.Application) -> None:
    """Watch the application's store."""
    app[WATCH] = Watch(app[STORE])


async def metrics(request: web.Request) -> web.Response:
    """How the gateway stands, as Prometheus text, or as OpenMetrics where that is asked for."""
    found = await request.app[WATCH].facts()
    encode, media = choose_encoder(request.headers.get("Accept", ""))
    own = request.app[METERS].registry.collect()
    written = encode(Together(gauges(found, local(system_clock())), own))
    return web.Response(body=written, headers={"Content-Type": media})


def _facts(store: Store) -> Facts:
    with store.read() as conn:
        return facts(conn, DEADLINE_S)


OPERATIONS: Final = (Operation("GET", "/metrics", metrics, "admin", "health", media="text/plain"),)
