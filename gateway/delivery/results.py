"""What came of attempts, written in groups: one commit for many, as receivers answer faster than disks do."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.store import deliveries
from gateway.store.alarms import Alarm, raise_alarm
from gateway.store.database import Store
from gateway.store.deliveries import Tried
from gateway.store.subscriptions import disable

GROUP_S: Final = 0.05

GROUP: Final = 500
"""So many results are written at once."""

MOST_UNWRITTEN: Final = 5000
"""Nothing more is sent while so many answers are not committed: a crash would repeat all of them."""

Then = Callable[[range], None]
"""Called once a result is committed, with the numbers of the deliveries that took its place."""


@dataclass(frozen=True, slots=True)
class Change:
    """A delivery that was not taken; `apart` puts single deliveries in the place of a batch."""

    subscription_id: str
    tried: Tried
    apart: bool
    then: Then


class Acks:
    """What was taken and is not committed yet; it outlives a turn of sending that the store's fault ends."""

    def __init__(self) -> None:
        self._by_status = defaultdict[int, list[int]](list)

    def add(self, status: int, delivery_ids: Iterable[int]) -> None:
        """These were answered so."""
        self._by_status[status].extend(delivery_ids)

    def take(self) -> dict[int, list[int]]:
        """All of them, to be committed; put back what could not be."""
        taken, self._by_status = self._by_status, defaultdict(list)
        return taken


@dataclass
class _Group:
    """What is written in one commit, beside the acks."""

    changes: list[Change] = field(default_factory=list)
    failing: dict[str, datetime | None] = field(default_factory=dict)
    disabled: dict[str, str] = field(default_factory=dict)
    count: int = 0


class Results:
    """Takes results in, and commits them while `run` is awaited; `flush` commits what is left.

    Args:
        store: where the deliveries are.
        now: gives the present as naive Asia/Shanghai.
        group_s: the longest that a result waits for others.
        acks: those of an earlier turn that are not committed yet; this one's are added to them.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        group_s: float = GROUP_S,
        acks: Acks | None = None,
    ) -> None:
        self._store = store
        self._now = now
        self._acks = Acks() if acks is None else acks
        self._group_s = group_s
        self._group = _Group()
        self._writing = 0
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    @property
    def unwritten(self) -> int:
        """How many results are not committed yet."""
        return self._group.count + self._writing

    def delivered(self, delivery_id: int, status: int) -> None:
        """It was taken."""
        self._acks.add(status, [delivery_id])
        self._counted()

    def changed(self, change: Change) -> None:
        """It was not taken, or is taken apart."""
        self._group.changes.append(change)
        self._counted()

    def failing(self, subscription_id: str, since: datetime | None) -> None:
        """Since when nothing of a subscription is taken; null: something is."""
        self._group.failing[subscription_id] = since
        self._counted()

    def disabled(self, subscription_id: str, reason: str) -> None:
        """Nothing more is to be sent."""
        self._group.disabled[subscription_id] = reason
        self._counted()

    async def run(self) -> None:
        """Commit groups until cancelled.

        Raises:
            StoreError: a group could not be committed; what was not taken is tried again, acks are kept.
        """
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._group_s):
                    await self._many.wait()
            await self.flush()

    async def flush(self) -> None:
        """Commit what there is now.

        Raises:
            StoreError: it could not be committed; acks are kept.
        """
        async with self._one_at_a_time:
            group, self._group = self._group, _Group()
            self._some.clear()
            self._many.clear()
            acks = self._acks.take()
            if not group.count and not acks:
                return
            self._writing = group.count
            try:
                replaced = await asyncio.to_thread(self._commit, group, acks)
            except BaseException:  # a cancelled one too: to commit an ack twice changes nothing
                for status, delivery_ids in acks.items():
                    self._acks.add(status, delivery_ids)
                raise
            finally:
                self._writing = 0
            for change, numbers in zip(group.changes, replaced, strict=True):
                change.then(numbers)

    def _counted(self) -> None:
        self._group.count += 1
        self._some.set()
        if self._group.count >= GROUP:
            self._many.set()

    def _commit(self, group: _Group, acks: Mapping[int, list[int]]) -> list[range]:
        now = self._now()
        with self._store.begin() as conn:
            # subscriptions first and in one order, as whoever writes new deliveries does: else two would wait
            # for each other
            for subscription_id, since in sorted(group.failing.items()):
                deliveries.note_failing(conn, subscription_id, since)
            for subscription_id, reason in sorted(group.disabled.items()):
                disable(conn, subscription_id, reason, now)
            for status, delivery_ids in acks.items():
                deliveries.note_delivered(conn, delivery_ids, status, now)
            deliveries.note_tried(conn, [each.tried for each in group.changes if not each.apart], now)
            return [_replaced(conn, each, now) for each in group.changes]


def _replaced(conn: Connection, change: Change, now: datetime) -> range:
    if change.apart:
        return deliveries.split(conn, change.tried, now)
    if change.tried.next_at is None:
        message = "a delivery was given up: see `gateway deliveries list --failed`"
        raise_alarm(conn, Alarm("delivery_failed", change.subscription_id, message), now)
    return range(0)
