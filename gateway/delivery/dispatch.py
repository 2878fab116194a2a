"""Sends to every active subscription at once, and follows their changes."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.delivery.endpoint import Endpoint, open_endpoint
from gateway.delivery.heart import Heart
from gateway.delivery.secrets import unexpired
from gateway.delivery.sending import Sending
from gateway.delivery.stock import News
from gateway.delivery.tools import Tools
from gateway.errors import GatewayError
from gateway.store import counters, deliveries
from gateway.store.outbox import last_released
from gateway.store.subscriptions import Subscription, subscriptions

_log = logging.getLogger(__name__)

Mark = tuple[int, int]
"""What an endpoint was made from: the subscription's version, and how many secrets are in use."""


@dataclass(frozen=True)
class _Seen:
    news: News
    active: list[Subscription]
    now: datetime


@dataclass
class _Running:
    mark: Mark
    sending: Sending
    task: asyncio.Task[None]


class Dispatch:
    """The whole of sending, for as long as `run` is awaited; only one process may at a time."""

    def __init__(self, tools: Tools, heart: Heart) -> None:
        self._tools = tools
        self._heart = heart
        self._running: dict[str, _Running] = {}
        self._unusable: dict[str, Mark] = {}

    async def run(self) -> None:
        """Until cancelled; what is under way then may end, and is written down.

        Raises:
            StoreError: the store cannot be used; begin anew later.
        """
        await self._tools.results.flush()  # what an earlier turn was told of must not be taken up as pending
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tools.results.run())
                await self._follow(group)
        finally:
            await self._tools.results.flush()

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._heart.beat("dispatch")
            seen = await asyncio.to_thread(self._look)
            await self._settle(group, seen)
            for running in self._running.values():
                running.sending.tell(seen.news)
            await asyncio.sleep(self._tools.poll_s)

    def _look(self) -> _Seen:
        with self._tools.store.read() as conn:
            news = News(last_released(conn), counters.value(conn, deliveries.RESENDS))
            return _Seen(news, subscriptions(conn, "active"), self._tools.now())

    async def _settle(self, group: asyncio.TaskGroup, seen: _Seen) -> None:
        marks = {each.subscription_id: (each, _mark(each, seen.now)) for each in seen.active}
        changed = [
            name
            for name, running in self._running.items()
            if marks.get(name, (None, None))[1] != running.mark
        ]
        if changed:
            await self._stop(changed)
        for name, (subscription, mark) in marks.items():
            if name not in self._running and self._unusable.get(name) != mark:
                self._begin(group, subscription, mark, seen.now)

    def _begin(self, group: asyncio.TaskGroup, subscription: Subscription, mark: Mark, now: datetime) -> None:
        name = subscription.subscription_id
        try:
            endpoint = open_endpoint(subscription, self._tools.serving, self._tools.settings, now)
        except GatewayError as fault:
            self._unusable[name] = mark
            _log.error("nothing can be sent to %s: %s", name, fault)
            return
        sending = Sending(endpoint, self._tools, self._beat(endpoint))
        self._running[name] = _Running(mark, sending, group.create_task(sending.run()))

    def _beat(self, endpoint: Endpoint) -> Callable[[], None]:
        return lambda: self._heart.beat(endpoint.name)

    async def _stop(self, names: list[str]) -> None:
        """Let these end, and write down what they did, before anybody takes up their deliveries anew."""
        ended = [self._running.pop(name).task for name in names]
        for task in ended:
            task.cancel()
        await asyncio.wait(ended)
        for name in names:
            self._heart.forget(name)
        await self._tools.results.flush()


def _mark(subscription: Subscription, now: datetime) -> Mark:
    return subscription.version, len(unexpired(subscription.secrets, now))
