"""Consent before the first delivery, as CloudEvents' HTTP web hooks ask for it.

So nobody is sent what they did not ask for, and no stranger's server is flooded in our name.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gateway.clock import Clock, local, system_clock
from gateway.delivery.addresses import AddressRules, read_rules
from gateway.delivery.outcome import Answer, Failure
from gateway.delivery.targets import Target, read_target
from gateway.errors import RequestError, StoreError
from gateway.settings import DeliverySettings
from gateway.store.database import Store
from gateway.store.subscriptions import Subscription, ask_again, consented, disable, to_ask

_AT_ONCE: Final = 16
_PER_MINUTE: Final = 60
_RATE: Final = re.compile(r"[1-9][0-9]{0,8}")
_GOOD: Final = range(200, 300)

_log = logging.getLogger(__name__)


class Asks(Protocol):
    """What sends the question; `gateway.delivery.posting.Sender` does."""

    async def options(
        self, target: Target, headers: Mapping[str, str], rules: AddressRules, deadline: float
    ) -> Answer | Failure:
        """One OPTIONS request and its answer, within `deadline` seconds."""


@dataclass(frozen=True)
class Agreed:
    """The receiver takes deliveries, so many a second at most; null: as many as come."""

    rate_per_second: float | None


@dataclass(frozen=True)
class Declined:
    """The receiver did not agree; `why` is for the operator and holds nothing that was received."""

    why: str


Judgement = Agreed | Declined


@dataclass(frozen=True)
class Consent:
    """Asks the receivers of pending subscriptions until they agree or the tries are used up."""

    store: Store
    sender: Asks
    settings: DeliverySettings
    clock: Clock = system_clock

    async def run(
        self, every_s: float = 1.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Ask whoever is due, again and again, until cancelled; a store that fails is tried again."""
        while True:
            try:
                await self.ask_due()
            except StoreError as fault:
                _log.error("consent is not asked for now: %s", fault)
            await sleep(every_s)

    async def ask_due(self) -> int:
        """Ask every receiver that is due once, several at a time, and say how many those were.

        Raises:
            StoreError: the store failed; whom it concerns is asked again.
        """
        due = await asyncio.to_thread(self._due)
        free = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._settle(each, free)) for each in due]
        if faults := [fault for each in asked if (fault := each.result())]:
            raise faults[0]
        return len(due)

    async def _settle(self, seen: Subscription, free: asyncio.Semaphore) -> StoreError | None:
        """Ask one receiver and note what came of it; gives the fault of a store that fails.

        It is not raised here: a group of tasks that has a fault to raise forgets that it was cancelled.
        """
        async with free:
            judged = await ask(self.sender, seen, self.settings)
        try:
            await asyncio.to_thread(self._note, seen, judged)
        except StoreError as fault:
            return fault
        return None

    def _due(self) -> list[Subscription]:
        with self.store.read() as conn:
            return to_ask(conn, local(self.clock()))

    def _note(self, seen: Subscription, judged: Judgement) -> None:
        now, waits = local(self.clock()), self.settings.consent_waits_s
        with self.store.begin() as conn:
            if isinstance(judged, Agreed):
                consented(conn, seen, judged.rate_per_second, now)
            elif seen.asked < len(waits):
                ask_again(conn, seen, judged.why, now + timedelta(seconds=waits[seen.asked]))
            elif ask_again(conn, seen, judged.why, now):
                disable(conn, seen.subscription_id, f"no consent: {judged.why}", now)


async def ask(sender: Asks, subscription: Subscription, settings: DeliverySettings) -> Judgement:
    """Ask a receiver once."""
    try:
        rules = read_rules(subscription.allow)
        target = read_target(subscription.sink, rules, plain_http=settings.allow_http)
    except RequestError as fault:
        return Declined(str(fault))
    headers = question(settings.origin, subscription.rate_per_second)
    answer = await sender.options(target, headers, rules, settings.consent_timeout_s)
    if isinstance(answer, Failure):
        return Declined(f"{answer.reason}: {answer.detail}")
    return judge(answer, settings.origin, subscription.rate_per_second)


def question(origin: str, rate_per_second: float | None) -> dict[str, str]:
    """The headers of the question; without a rate, the receiver is told that there is no limit."""
    headers = {"WebHook-Request-Origin": origin}
    if rate_per_second is not None:
        headers["WebHook-Request-Rate"] = str(max(1, int(rate_per_second * _PER_MINUTE)))
    return headers


def judge(answer: Answer, origin: str, rate_per_second: float | None) -> Judgement:
    """What an answer says; an allowed rate lowers the one that was asked for and never raises it."""
    if answer.status not in _GOOD:
        return Declined(f"answered {answer.status} to OPTIONS, not 200 with WebHook-Allowed-Origin")
    headers = {name.lower(): value.strip() for name, value in answer.headers.items()}
    allowed = headers.get("webhook-allowed-origin", "")
    if allowed != "*" and allowed.lower() != origin.lower():
        return Declined(f"did not answer WebHook-Allowed-Origin: {origin} (or *)")
    rate = headers.get("webhook-allowed-rate", "*")
    if rate == "*":
        return Agreed(rate_per_second)
    if not _RATE.fullmatch(rate):
        return Declined("answered a WebHook-Allowed-Rate that is neither * nor requests a minute")
    per_second = int(rate) / _PER_MINUTE
    return Agreed(per_second if rate_per_second is None else min(per_second, rate_per_second))
