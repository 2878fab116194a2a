"""How long an event takes at 500 a second, until its subscriber acked it: `python -m bench.delivery.latency`.

One process is the gateway, which serves and sends; another is a webhook's receiver and a reader of the feed.
An event's time begins with the transaction that serialises, signs, keeps and releases it. It ends with the
receiver's 2xx, or when the reader's ack was answered.
"""

import asyncio
import multiprocessing
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.delivery.publish import drafts
from bench.delivery.webhooks import SERVING, subscribe
from gateway.clock import local, system_clock
from gateway.crypto.event_signing import EventSigner
from gateway.delivery.dispatch import Dispatch
from gateway.delivery.heart import Heart
from gateway.delivery.posting import Sender
from gateway.delivery.results import Results
from gateway.delivery.tools import Tools
from gateway.events import enveloped
from gateway.settings import DeliverySettings
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.web.app import make_app

RATE: Final = 500
"""Events a second."""

_A_COMMIT: Final = 50
_LATEST_S: Final = 60.0
_SEQUENCE: Final = re.compile(rb'"sequence":"([0-9]{20})"')
_FRESH: Final = multiprocessing.get_context("spawn")

Seconds = dict[int, float]
"""An instant of a clock that all processes share, by the number of the event."""


def p99(seconds: float = 15.0) -> dict[str, float]:
    """The 99th percentile of each way, in seconds: `webhook` and `feed`."""
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{Path(folder) / 'gateway.db'}") as store:
        store.migrate()
        total = int(seconds * RATE)
        url = f"sqlite:///{Path(folder) / 'gateway.db'}"
        with _beside(_gateway, url) as gateway, _beside(_subscribers, gateway.recv(), total) as subscribers:
            subscribe(store, f"http://127.0.0.1:{subscribers.recv()}/hook", 1, 16)
            subscribers.recv()
            began = _publish(store, total)
            acked: dict[str, Seconds] = subscribers.recv()
    return {way: quantiles([at[n] - began[n] for n in began], n=100)[-1] for way, at in acked.items()}


def _publish(store: Store, total: int) -> Seconds:
    """Commit events at the rate, and say when each transaction began."""
    sign, began = EventSigner(Ed25519PrivateKey.generate()).begin, Seconds()
    new, start = [enveloped(event) for event in drafts(total)], time.monotonic()
    for first in range(0, total, _A_COMMIT):
        time.sleep(max(0.0, start + first / RATE - time.monotonic()))
        began |= dict.fromkeys(range(first + 1, first + 1 + _A_COMMIT), time.monotonic())
        with store.begin() as conn:
            append_events(conn, 1, new[first : first + _A_COMMIT], sign)
            release_events(conn, 1, _now())
    return began


@contextmanager
def _beside(work: Callable[..., None], *given: Any) -> Iterator[Connection]:
    """Another process, and what it tells."""
    ours, theirs = _FRESH.Pipe()
    process = _FRESH.Process(target=work, args=(*given, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _gateway(url: str, told: Connection) -> None:
    asyncio.run(_serve_and_send(Store(url), told))


async def _serve_and_send(store: Store, told: Connection) -> None:
    told.send(await _listen(make_app(store, SERVING)))
    async with Sender() as sender:
        tools = Tools(store, SERVING, DeliverySettings(allow_http=True), sender, Results(store, _now))
        await Dispatch(tools, Heart(time.monotonic)).run()


def _subscribers(port: int, total: int, told: Connection) -> None:
    asyncio.run(_take(f"http://127.0.0.1:{port}", total, told))


async def _take(gateway: str, total: int, told: Connection) -> None:
    """Take every event in both ways, then tell when each was acked."""
    acked: dict[str, Seconds] = {"webhook": {}, "feed": {}}

    async def hook(request: web.Request) -> web.Response:
        found = _SEQUENCE.search(await request.read())
        acked["webhook"][int(found[1] if found else 0)] = time.monotonic()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", hook)
    told.send(await _listen(app))
    async with asyncio.timeout(_LATEST_S), aiohttp.ClientSession(gateway) as session:
        async with session.put("/v1/consumers/bench", json={"from": "earliest"}):
            told.send(None)
        await _read(session, total, acked["feed"])
        while len(acked["webhook"]) < total:  # noqa: ASYNC110 - the handler tells nobody
            await asyncio.sleep(0.05)
    told.send(acked)


async def _read(session: aiohttp.ClientSession, total: int, acked: Seconds) -> None:
    while len(acked) < total:
        query = {"consumer": "bench", "limit": "1000", "wait": "20"}
        async with session.get("/v1/events", params=query) as reply:
            page = await reply.json()
        async with session.post("/v1/consumers/bench/ack", json={"cursor": page["next"]}) as reply:
            reply.raise_for_status()
        acked |= dict.fromkeys([int(event["sequence"]) for event in page["events"]], time.monotonic())


async def _listen(app: web.Application) -> int:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


def _now() -> datetime:
    return local(system_clock())


if __name__ == "__main__":
    for name, value in p99().items():
        sys.stdout.write(f"{name} {value:.3f} s\n")
