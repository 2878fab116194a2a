"""Sends what one subscription has to send, as fast as its endpoint takes it and as its lanes allow."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from gateway.delivery import verdict
from gateway.delivery.breaker import Breaker
from gateway.delivery.endpoint import Endpoint
from gateway.delivery.pace import Pace
from gateway.delivery.parcels import Parcel
from gateway.delivery.results import MOST_UNWRITTEN, Change
from gateway.delivery.standard import sign
from gateway.delivery.stock import News, Stock
from gateway.delivery.tools import Tools
from gateway.delivery.verdict import Outcome
from gateway.store.deliveries import Tried

_LONGEST_HOLD_S = 300.0


class Sending:
    """One active subscription, sent to for as long as `run` is awaited.

    `beat` is called each time round, to show that it does not hang.
    """

    def __init__(self, endpoint: Endpoint, tools: Tools, beat: Callable[[], None]) -> None:
        own = endpoint.subscription
        self._endpoint = endpoint
        self._tools = tools
        self._beat = beat
        self._stock = Stock(endpoint, tools)
        self._breaker = Breaker(tools.settings.breaker_failures)
        self._pace = Pace(own.concurrency, own.rate_per_second)
        self._failing_since = own.failing_since
        self._news = News(0, 0)
        self._under_way: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._fault: BaseException | None = None
        self._over = False

    def tell(self, news: News) -> None:
        """Say how far the store is."""
        if news != self._news:
            self._news = news
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled; then attempts under way may end, within the grace.

        Raises:
            StoreError: what is to be sent could not be read or written down.
        """
        try:
            await self._stock.recover()
            while True:
                self._beat()
                if self._fault:
                    raise self._fault
                self._wake.clear()
                if not self._over:
                    await self._stock.refill(self._news)
                    self._send()
                await self._pause()
        finally:
            await self._let_end()

    async def _pause(self) -> None:
        if self._stock.is_low(self._news) and not self._over:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._idle_s()):
                await self._wake.wait()

    def _idle_s(self) -> float:
        """Real seconds until there may be something to do that nobody tells of."""
        now = self._tools.seconds()
        free = self._breaker.free_at(now) if self._stock.parcels else None
        times = [free, self._stock.lanes.next_due, self._pace.next_at if self._stock.parcels else None]
        waits = [max(0.001, at - now) for at in times if at is not None and at > now]
        return min([self._tools.poll_s, *waits])

    def _send(self) -> None:
        parcels = self._stock.parcels
        while parcels and self._may_send(now := self._tools.seconds()):
            self._breaker = self._breaker.begun()
            self._pace = self._pace.begun(now)
            task = asyncio.create_task(self._attempt(parcels.popleft(), now))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _may_send(self, now: float) -> bool:
        if self._over or len(self._under_way) >= self._pace.width(now) or self._pace.next_at > now:
            return False
        free = self._breaker.free_at(now)
        return free is not None and free <= now and self._tools.results.unwritten < MOST_UNWRITTEN

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            self._fault = fault
            self._wake.set()
        self._send()
        if self._stock.is_low(self._news):
            self._wake.set()

    async def _attempt(self, parcel: Parcel, began_at: float) -> None:
        tools, endpoint = self._tools, self._endpoint
        own = sign(endpoint.keys, parcel.message_id, tools.now(), parcel.body)
        outcome = await tools.sender.post(
            endpoint.target, {**parcel.headers, **own}, parcel.body, endpoint.rules, tools.settings.deadline_s
        )
        self._note_health(outcome, began_at)
        if verdict.is_taken(outcome):
            self._taken(parcel, outcome)
        elif verdict.is_gone(outcome):
            self._gone(parcel)
        else:
            self._not_taken(parcel, outcome)

    def _note_health(self, outcome: Outcome, began_at: float) -> None:
        now = self._tools.seconds()
        works = verdict.health(outcome) == "works"
        self._breaker = self._breaker.succeeded() if works else self._breaker.failed(now)
        if verdict.asks_for_mercy(outcome):
            asked = verdict.asked_s(outcome, self._tools.clock()) or 0.0
            self._pace = self._pace.slowed(now, began_at, min(asked, _LONGEST_HOLD_S))

    def _taken(self, parcel: Parcel, outcome: Outcome) -> None:
        """The next of its benefits may leave at once: a crash before the commit repeats both."""
        self._tools.results.delivered(parcel.row.delivery_id, verdict.status_of(outcome) or 0)
        self._stock.lanes.done(parcel.row)
        if self._failing_since is not None:
            self._failing_since = None
            self._tools.results.failing(self._endpoint.name, None)

    def _gone(self, parcel: Parcel) -> None:
        row = parcel.row
        tried = Tried(row.delivery_id, row.attempts, 410, "HTTP 410", self._tools.now())
        self._change(tried, lambda _: None)
        self._disable("the receiver answered 410 Gone: it wants nothing any more")

    def _not_taken(self, parcel: Parcel, outcome: Outcome) -> None:
        """Its benefits go on once this is committed: else it might first be received behind a later one."""
        tools, row, lanes = self._tools, parcel.row, self._stock.lanes
        row.attempts += 1
        found = verdict.again(outcome, row.attempts, tools.chance(), tools.clock())
        self._note_failing()
        status = verdict.status_of(outcome)
        if found.delay_s is None:
            tried = Tried(row.delivery_id, row.attempts, status, found.reason, None)
            self._change(tried, lambda _: lanes.done(row))
            return
        at, due = tools.now() + timedelta(seconds=found.delay_s), tools.seconds() + found.delay_s
        tried = Tried(row.delivery_id, row.attempts, status, found.reason, at)
        if found.apart and len(row.sequences) > 1:
            self._stock.split(row, tried, due)
        else:
            self._change(tried, lambda _: lanes.again(row, due))

    def _change(self, tried: Tried, then: Callable[[range], None]) -> None:
        self._tools.results.changed(Change(self._endpoint.name, tried, apart=False, then=then))

    def _note_failing(self) -> None:
        now = self._tools.now()
        if self._failing_since is None:
            self._failing_since = now
            self._tools.results.failing(self._endpoint.name, now)
        days = self._tools.settings.disable_after_days
        if now - self._failing_since >= timedelta(days=days):
            self._disable(f"nothing was taken for {days:g} days: mend the receiver, then resume it")

    def _disable(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._tools.results.disabled(self._endpoint.name, reason)

    async def _let_end(self) -> None:
        self._over = True
        if not self._under_way:
            return
        _, left = await asyncio.wait(self._under_way, timeout=self._tools.grace_s)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
