"""One life of the gateway's serving side, in a process of its own: it ends by -9, never in any other way."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.crypto.serving import ServingKeys
from gateway.store.database import Store
from gateway.web.app import make_app
from gateway.web.jwks import JWKS
from tests.acceptance.killing import Steps
from tests.support.serving import KEYS
from tests.torture.conditions import Conditions, break_store
from tests.torture.sending import sending
from tests.torture.writing import SIGNER

Spoil = Callable[[], None]


@dataclass(frozen=True)
class Place:
    """Where a seed happens: its store and folder, the port that is served, how fast time runs.

    `spoil` is done to the gateway's code before it serves: a planted fault, to see it found.
    """

    store_url: str
    folder: Path
    port: int
    speed: float
    spoil: Spoil | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def conditions(self) -> Conditions:
        return Conditions(self.folder / "conditions", self.speed)


def live(place: Place, fatal: int) -> None:
    """Serve until killed; at the write of this number, or from outside."""
    conditions = place.conditions()
    _log_to(place.folder / "gateway.log")
    if place.spoil is not None:
        place.spoil()
    break_store(conditions)
    Steps(fatal).watch()
    asyncio.run(_serve(place, conditions, KEYS))


async def _serve(place: Place, conditions: Conditions, keys: ServingKeys) -> None:
    store = Store(place.store_url)
    app = make_app(store, keys)
    app[JWKS] = SIGNER.jwks()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", place.port, reuse_port=True).start()
    await sending(store, keys, place.folder, conditions).run()


def _log_to(path: Path) -> None:
    """Everything that this process says goes into a file: shown where the seed fails."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    logging.basicConfig(level=logging.INFO)
