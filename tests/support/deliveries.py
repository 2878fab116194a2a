"""A gateway that only sends: a store with events, a subscription, and a clock that tests move."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from gateway.clock import CHINA, local
from gateway.delivery.dispatch import Dispatch
from gateway.delivery.heart import Heart
from gateway.delivery.posting import Sender
from gateway.delivery.results import Results
from gateway.delivery.secrets import make_secret
from gateway.delivery.tools import Tools
from gateway.settings import DeliverySettings
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.store.subscriptions import NewSubscription, create
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS
from tests.support.new_event import NewEvent
from tests.support.receiver import Received
from tests.support.serving import KEYS

BEGAN: Final = datetime(2026, 10, 1, 6, tzinfo=CHINA)
SETTINGS: Final = DeliverySettings(allow_http=True, deadline_s=2.0)


@dataclass
class Time:
    """Stands still until it is moved; gives the present, and seconds that never jump."""

    passed: float = 0.0

    def clock(self) -> datetime:
        return BEGAN + timedelta(seconds=self.passed)

    def seconds(self) -> float:
        return 1000.0 + self.passed

    def now(self) -> datetime:
        return local(self.clock())


class Forgotten(Results):
    """The results of a process that is killed before it commits any."""

    async def flush(self) -> None:
        self._some.clear()


@dataclass
class World:
    """What a test of sending needs; `told` are the secrets of its subscriptions, as receivers have them."""

    store: Store
    time: Time = field(default_factory=Time)
    settings: DeliverySettings = SETTINGS
    chance: float = 0.5
    group_s: float = 0.005
    told: dict[str, str] = field(default_factory=dict)

    def subscribe(self, sink: str, name: str = "sub_a", **given: Any) -> None:
        made = make_secret("hmac", name, KEYS)
        self.told[name] = made.told
        usual: dict[str, Any] = {
            "owner": None,
            "filters": [],
            "counties": None,
            "allow": ["127.0.0.0/8"],
            "batch_size": 1,
            "concurrency": 8,
            "rate_per_second": None,
            "position": 0,
        }
        new = NewSubscription(subscription_id=name, sink=sink, secrets=[made.kept], **{**usual, **given})
        with self.store.begin() as conn:
            create(conn, new, self.time.now())
            conn.execute(update(SUBSCRIPTIONS).values(state="active", version=2))

    def publish(self, subjects: Sequence[str], *, released: bool = True, **given: Any) -> None:
        with self.store.begin() as conn:
            append_events(conn, 1, [_event(subject, self.time.now(), **given) for subject in subjects])
            if released:
                release_events(conn, 1, self.time.now())

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        query = select(*(DELIVERIES.c[name] for name in columns))
        with self.store.read() as conn:
            return [tuple(row) for row in conn.execute(query.order_by(DELIVERIES.c.delivery_id))]

    def states(self) -> list[str]:
        return [state for (state,) in self.rows("state")]

    def attempts(self, delivery_id: int) -> int:
        """0 where the delivery is not there yet."""
        return sum(made for number, made in self.rows("delivery_id", "attempts") if number == delivery_id)

    def subscription(self, column: str) -> Any:
        with self.store.read() as conn:
            return conn.scalar(select(SUBSCRIPTIONS.c[column]))

    @asynccontextmanager
    async def sending(self, *, killed: bool = False) -> AsyncIterator[asyncio.Task[None]]:
        """Sends while the block lasts; leaving it is a graceful stop, or leaves no trace of any answer."""
        async with Sender() as sender:
            results = (Forgotten if killed else Results)(self.store, self.time.now, self.group_s)
            tools = Tools(
                self.store,
                KEYS,
                self.settings,
                sender,
                results,
                self.time.clock,
                self.time.seconds,
                lambda: self.chance,
                poll_s=0.005,
                grace_s=1.0,
            )
            task = asyncio.create_task(Dispatch(tools, Heart(self.time.seconds)).run())
            try:
                yield task
            finally:
                task.cancel()
                await asyncio.wait({task})


def _event(
    subject: str, at: datetime, kind: str = "certification.renewed", county: str = "430102"
) -> NewEvent:
    def serialise(number: int) -> bytes:
        return json.dumps({"id": f"e{number}", "subject": subject, "sequence": number}).encode()

    return NewEvent(f"{subject}-{id(serialise):x}", kind, subject, county, at, serialise)


async def until(found: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something to be so; it fails when it never is."""
    async with asyncio.timeout(seconds):
        while not found():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.003)


def sequences(received: Sequence[Received]) -> list[int]:
    """The numbers of all events that came, in the order in which they came."""
    found: list[int] = []
    for each in received:
        body = json.loads(each.body)
        found.extend(event["sequence"] for event in (body if isinstance(body, list) else [body]))
    return found


def subject_of(received: Received) -> str:
    found: str = json.loads(received.body)["subject"]
    return found
