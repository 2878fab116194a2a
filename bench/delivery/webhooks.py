"""How many signed events a second reach a webhook on the loopback, from released to noted as delivered.

python -m bench.delivery.webhooks [EVENTS] [BATCH_SIZE]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, update

from bench.delivery.sink import sink
from gateway.clock import local, system_clock
from gateway.crypto.event_signing import EventSigner
from gateway.crypto.serving import ServingKeys
from gateway.delivery.dispatch import Dispatch
from gateway.delivery.heart import Heart
from gateway.delivery.posting import Sender
from gateway.delivery.results import Results
from gateway.delivery.secrets import make_secret
from gateway.delivery.tools import Tools
from gateway.events import Envelope
from gateway.settings import DeliverySettings
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.store.subscriptions import NewSubscription, create
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS

BODY_BYTES: Final = 1000
SERVING: Final = ServingKeys(b"a secret of the bench, not a secret at all")
"""What the gateway of the bench serves with."""

_NAME: Final = "sub_bench"


@dataclass(frozen=True)
class Speed:
    """What was measured; `seconds` from the start of sending until the last delivery is committed."""

    events: int
    batch_size: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def measure(
    events: int, batch_size: int, concurrency: int = 32, url: str | None = None, body_bytes: int = BODY_BYTES
) -> Speed:
    """Write events, then send all of them to a receiver in another process.

    Args:
        events: how many.
        batch_size: events in one request; 1 sends each by itself.
        concurrency: requests under way at a time.
        url: the store's; a SQLite file in a temporary folder where null.
        body_bytes: how long an event is, about.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        sink() as receiver,
        Store(url or f"sqlite:///{Path(folder) / 'bench.sqlite'}") as store,
    ):
        store.migrate()
        _publish(store, events, body_bytes)
        subscribe(store, receiver, batch_size, concurrency)
        return Speed(events, batch_size, asyncio.run(_send(store, events)))


async def _send(store: Store, events: int) -> float:
    settings = DeliverySettings(allow_http=True)
    began = time.perf_counter()
    async with Sender() as sender:
        results = Results(store, _now)
        tools = Tools(store, SERVING, settings, sender, results)
        task = asyncio.create_task(Dispatch(tools, Heart(time.monotonic)).run())
        while await asyncio.to_thread(_left, store, events):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.05)
        taken = time.perf_counter() - began
        task.cancel()
        await asyncio.wait({task})
    return taken


def _left(store: Store, events: int) -> bool:
    with store.read() as conn:
        position = conn.scalar(select(SUBSCRIPTIONS.c.position))
        if position != events:
            return True
        return bool(conn.scalar(select(func.count()).where(DELIVERIES.c.state == "pending")))


def _publish(store: Store, events: int, body_bytes: int) -> None:
    signer = EventSigner(Ed25519PrivateKey.generate(), [])
    with store.begin() as conn:
        append_events(conn, 1, list(_events(events, body_bytes)), signer.begin)
        release_events(conn, 1, _now())


def _events(count: int, body_bytes: int) -> Iterator[Envelope]:
    before, after = '{"specversion":"1.0","id":"', f'","data":"{"x" * (body_bytes - 103)}"}}'
    for number in range(count):
        name, subject = f"{number:032x}", f"B{number:09d}"
        yield Envelope(name, "certification.renewed", subject, "430102", _now(), None, before, after)


def subscribe(store: Store, sink_url: str, batch_size: int, concurrency: int) -> None:
    """A subscription to everything, whose receiver has consented."""
    new = NewSubscription(
        subscription_id=_NAME,
        owner=None,
        sink=sink_url,
        filters=[],
        counties=None,
        allow=["127.0.0.0/8"],
        batch_size=batch_size,
        concurrency=concurrency,
        rate_per_second=None,
        secrets=[make_secret("hmac", _NAME, SERVING).kept],
        position=0,
    )
    with store.begin() as conn:
        create(conn, new, _now())
        conn.execute(update(SUBSCRIPTIONS).values(state="active"))


def _now() -> datetime:
    return local(system_clock())


if __name__ == "__main__":
    events_asked, size = [*sys.argv[1:], "20000", "1"][:2] if len(sys.argv) > 2 else ("20000", "1")  # noqa: PLR2004 - both or none
    found = measure(int(events_asked), int(size))
    sys.stdout.write(f"{found.events} events in {found.seconds:.2f} s: {found.per_second:,.0f} a second\n")
