"""Keeps to the hub's quota: so many requests an hour for each service id."""

import asyncio
from typing import Final

from gateway.hub.waiting import SAY_EVERY_S, Timing, Waiting

HOUR_S: Final = 3600.0
_BURST_SHARE: Final = 10
_TICK_S: Final = 0.001


class TokenBucket:
    """At most `per_hour` requests in any hour; a tenth of them may come in one burst.

    What refills the bucket in an hour and what it holds when full add up to `per_hour`, so that a full
    bucket followed by an hour of refilling stays inside the quota too.
    """

    def __init__(self, per_hour: int, timing: Timing) -> None:
        self._capacity = max(1, per_hour // _BURST_SHARE)
        self._rate = max(per_hour - self._capacity, 1) / HOUR_S
        self._timing = timing
        self._tokens = float(self._capacity)
        self._seen = timing.monotonic()
        self._held_until = self._seen
        self._turn = asyncio.Lock()  # wakes its waiters in the order they came: nobody is overtaken

    async def take(self, dataset: str) -> None:
        """Take one token, waiting for it if need be and saying so."""
        async with self._turn:
            while (wait := self._missing_s()) > _TICK_S:
                self._timing.told(Waiting(dataset, wait, "the hub's quota of requests per hour"))
                await self._timing.sleep(min(wait, SAY_EVERY_S))
            self._tokens -= 1

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long: the hub asked to slow down."""
        self._held_until = max(self._held_until, self._timing.monotonic() + seconds)

    def _missing_s(self) -> float:
        now = self._timing.monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        return max((1 - self._tokens) / self._rate, self._held_until - now)


class Quotas:
    """One bucket for each service id of each hub."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    def of(self, base_url: str, sid: str, per_hour: int) -> TokenBucket:
        """The bucket of a service; datasets that share a service id share its bucket."""
        key = (base_url, sid)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(per_hour, self._timing)
        return self._buckets[key]
