"""What one subscription has to send: its lanes, filled from the store, and parcels ready to leave."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.delivery.endpoint import Endpoint
from gateway.delivery.expand import Expanded, expand
from gateway.delivery.lanes import AT_ONCE, Lanes, Waiting
from gateway.delivery.parcels import Parcel, batch, single
from gateway.delivery.results import Change
from gateway.delivery.retry import DELAYS_S, JITTER
from gateway.delivery.tools import Tools
from gateway.store import counters, deliveries
from gateway.store.deliveries import Pending, Tried

_READY: Final = 1000
_READY_BATCHES: Final = 50
_PACKED: Final = 400
_PACKED_BATCHES: Final = 16
_LONGEST_S: Final = DELAYS_S[-1] * (1 + JITTER)


@dataclass(frozen=True, slots=True)
class News:
    """How far the store is: the last event that may leave, and how often something was sent again."""

    released: int
    resends: int


class Stock:
    """Keeps the lanes of one subscription filled, and its next parcels packed."""

    def __init__(self, endpoint: Endpoint, tools: Tools) -> None:
        self.lanes = Lanes()
        self.parcels: deque[Parcel] = deque()
        self._endpoint = endpoint
        self._tools = tools
        self._position = endpoint.subscription.position
        self._known = 0
        self._splits: set[asyncio.Future[None]] = set()
        self._own_parts: set[int] = set()
        self._resends = 0
        batches = endpoint.subscription.batch_size > 1
        self._ready = _READY_BATCHES if batches else _READY
        self._packed = _PACKED_BATCHES if batches else _PACKED

    async def recover(self) -> None:
        """Take up what is pending, as it was left."""
        found, self._known = await asyncio.to_thread(self._pending)
        self._add(found)

    def is_low(self, news: News) -> bool:
        """Whether there is something to fetch, and room for it."""
        if len(self.parcels) < self._packed // 2 and self.lanes.ready:
            return True
        return self._wants(news)

    async def refill(self, news: News) -> None:
        """Fetch what is new where little is ready, split what is held up, and pack what may leave."""
        for row in self.lanes.held_up():
            self.split(row, Tried(row.delivery_id, row.attempts, None, "", None), AT_ONCE)
        if self._wants(news):
            found = await asyncio.to_thread(self._expand)
            self._resends = max(self._resends, news.resends)
            if found is not None:
                await self._take_up(found)
        await self._pack()

    async def _take_up(self, found: Expanded) -> None:
        """Add what was found, but for the parts of own batches: they stand in the lanes where those stood."""
        if self._splits:  # begun before: they may be committed and among what was found
            await asyncio.wait(set(self._splits))
        self._position, self._known = found.position, found.known
        self._add(row for row in found.added if row.delivery_id not in self._own_parts)
        self._own_parts = {number for number in self._own_parts if number > self._known}

    def split(self, row: Waiting, tried: Tried, due: float) -> None:
        """Put single deliveries in the place of a batch that was taken, once that is committed."""
        under_way = asyncio.get_running_loop().create_future()
        self._splits.add(under_way)

        def replace(numbers: range) -> None:
            self._splits.discard(under_way)
            self._own_parts.update(numbers)
            under_way.set_result(None)
            if not numbers:
                self.lanes.done(row)
                return
            parts = zip(numbers, row.sequences, row.subjects, strict=True)
            singles = [Waiting(n, (event,), (subject,), tried.attempts, due) for n, event, subject in parts]
            self.lanes.split(row, singles)

        self._tools.results.changed(Change(self._endpoint.name, tried, apart=True, then=replace))

    def _wants(self, news: News) -> bool:
        if news.resends > self._resends:
            return True
        full = self.lanes.events >= self._tools.settings.max_pending
        return news.released > self._position and self.lanes.ready < self._ready and not full

    async def _pack(self) -> None:
        now, rows = self._tools.seconds(), list[Waiting]()
        while len(rows) + len(self.parcels) < self._packed and (row := self.lanes.take(now)):
            rows.append(row)
        if not rows:
            return
        for row, parcel in zip(rows, await asyncio.to_thread(self._packed_of, rows), strict=True):
            if parcel is None:
                self._give_up(row)
            else:
                self.parcels.append(parcel)

    def _packed_of(self, rows: Sequence[Waiting]) -> list[Parcel | None]:
        """Where batches are asked for all are arrays; else those are that were made before, of several."""
        as_arrays = self._endpoint.subscription.batch_size > 1
        arrays = [row for row in rows if as_arrays or len(row.sequences) > 1]
        singles = [] if as_arrays else [row for row in rows if len(row.sequences) == 1]
        with self._tools.store.read() as conn:
            bodies = deliveries.arrays(conn, (row.sequences for row in arrays))
            events = deliveries.sent_events(conn, [row.sequences[0] for row in singles])
        packed = dict(zip(arrays, map(batch, arrays, bodies), strict=True))
        packed |= {row: single(row, events) for row in singles}
        return [packed[row] for row in rows]

    def _give_up(self, row: Waiting) -> None:
        tried = Tried(row.delivery_id, row.attempts, None, "one of its events is not kept any more", None)
        change = Change(self._endpoint.name, tried, apart=False, then=lambda _: self.lanes.done(row))
        self._tools.results.changed(change)

    def _pending(self) -> tuple[list[Pending], int]:
        with self._tools.store.read() as conn:
            known = counters.value(conn, deliveries.COUNTER)
            found = deliveries.pending(conn, self._endpoint.name)
        return found, max([known, *(row.delivery_id for row in found)])

    def _expand(self) -> Expanded | None:
        seen, size = self._endpoint, self._endpoint.subscription.batch_size
        with self._tools.store.begin() as conn:
            return expand(conn, seen.name, seen.wanted, size, self._known, self._tools.now())

    def _add(self, rows: Iterable[Pending]) -> None:
        seconds, now = self._tools.seconds(), self._tools.now()
        for number, events, attempts, next_at in rows:
            sequences, subjects = zip(*events, strict=True)
            due = AT_ONCE if next_at is None else seconds + _left_s(next_at, now)
            self.lanes.add(Waiting(number, sequences, subjects, attempts, due))


def _left_s(next_at: datetime, now: datetime) -> float:
    """A clock that was set back must not make a delivery wait for longer than any delay is."""
    return min(max(0.0, (next_at - now).total_seconds()), _LONGEST_S)
