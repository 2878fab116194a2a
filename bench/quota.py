"""How long a month takes at the hub's documented quota, by the gateway's own limiter on a clock of ours."""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from bench.data.calendar import Month
from bench.data.drafts import FULL_PAGES, draft
from bench.data.people import People
from bench.figures import Figure
from gateway.hub.quota import HOUR_S, TokenBucket
from gateway.hub.waiting import Timing, Waiting

PER_HOUR: Final = 1_000
PAGE_LIMITS: Final = (2_000, 4_000, 20_000)
"""As configured where nothing is set, as in this bench, and the most that the hub's contract allows."""

_BENEFITS: Final = 15_000_000


@dataclass
class _Clock:
    """A clock that only sleeping moves."""

    now: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def quota(benefits: int = _BENEFITS) -> list[Figure]:
    """Hours by size of page: services have a quota each, so the largest one decides."""
    rows = {name: draft(People(benefits, 0), Month(0), name).rows for name in FULL_PAGES}
    largest = max(rows, key=rows.__getitem__)
    return [_figure(largest, rows[largest], limit, benefits) for limit in PAGE_LIMITS]


def _figure(dataset: str, rows: int, limit: int, benefits: int) -> Figure:
    calls = math.ceil(rows / limit)
    hours = asyncio.run(waited(calls)) / HOUR_S
    note = f"{calls:,} calls for {rows:,} {dataset} of {benefits:,} benefits, {PER_HOUR} calls an hour"
    return Figure(section="quota", name=f"quota_pages_of_{limit}", value=hours, unit="hours", note=note)


async def waited(calls: int, per_hour: int = PER_HOUR) -> float:
    """Seconds that so many calls of one service wait for the quota."""
    clock = _Clock()
    bucket = TokenBucket(per_hour, Timing(clock.sleep, lambda: clock.now, told=_unheard))
    for _ in range(calls):
        await bucket.take("bench")
    return clock.now


def _unheard(_waiting: Waiting) -> None:
    """Nobody waits here."""
