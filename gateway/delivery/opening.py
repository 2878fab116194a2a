"""The sending of a gateway as configured: what `gateway serve` runs beside the HTTP side."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic

from gateway.clock import Clock, local
from gateway.crypto.serving import ServingKeys
from gateway.delivery.consent import Consent
from gateway.delivery.dispatch import Dispatch
from gateway.delivery.heart import Heart
from gateway.delivery.posting import Sender
from gateway.delivery.results import Acks, Results
from gateway.delivery.supervise import Supervision
from gateway.delivery.tenure import Tenure
from gateway.delivery.tools import Tools
from gateway.errors import StoreError
from gateway.settings import DeliverySettings
from gateway.store.alarms import Alarm, clear_alarm, settle_alarms
from gateway.store.database import Store
from gateway.store.delivery_facts import DeliveryFacts, delivery_facts
from gateway.store.tokens import stop_those_over

_TRIED_EVERY_S = 2.0
_JUDGED_EVERY_S = 15.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivering:
    """Asks for consent, sends, and judges what is undispatched and for whom; whoever sends locks `file`."""

    store: Store
    serving: ServingKeys
    settings: DeliverySettings
    file: Path
    clock: Clock
    _acks: Acks = field(default_factory=Acks, init=False, repr=False)

    async def run(self) -> None:
        """Until cancelled; attempts under way may end then, and are written down."""
        watched = Supervision(self.store, self._turn, self._now, monotonic, self.settings.hung_after_s)
        async with asyncio.TaskGroup() as group:
            group.create_task(watched.run())
            group.create_task(self._judge())

    async def _turn(self, heart: Heart) -> None:
        tenure = Tenure(self.store, self.file, self._now)
        try:
            while not await _to_its_end(tenure.take):
                heart.beat("waiting")
                await asyncio.sleep(_TRIED_EVERY_S)
            heart.forget("waiting")
            _log.info("this process sends to subscribers now")
            await self._send(tenure, heart)
        finally:
            await asyncio.to_thread(tenure.give_back)

    async def _send(self, tenure: Tenure, heart: Heart) -> None:
        async with Sender() as sender, asyncio.TaskGroup() as group:
            results = Results(self.store, self._now, acks=self._acks)
            tools = Tools(self.store, self.serving, self.settings, sender, results, self.clock)
            group.create_task(tenure.keep())
            group.create_task(Consent(self.store, sender, self.settings, self.clock).run())
            group.create_task(Dispatch(tools, heart).run())

    async def _judge(self) -> None:
        while True:
            with suppress(StoreError):  # whoever sends fails as well, and says so
                await asyncio.to_thread(self._settle)
            await asyncio.sleep(_JUDGED_EVERY_S)

    def _settle(self) -> None:
        """Raise and end alarms, and stop what is sent for tokens that are over."""
        now = self._now()
        with self.store.read() as conn:
            facts = delivery_facts(conn, now)
        with self.store.begin() as conn:
            settle_alarms(
                conn, ["undispatched"], undispatched(facts, self.settings.undispatched_after_s), now
            )
            for each in facts.subscriptions:
                if not each.failed:
                    clear_alarm(conn, "delivery_failed", each.subscription_id, now)
            stop_those_over(conn, now)

    def _now(self) -> datetime:
        return local(self.clock())


async def _to_its_end(act: Callable[[], bool]) -> bool:
    """What a thread does, to its end even when this is cancelled, so that what it took is given back."""
    doing = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        raise


def undispatched(facts: DeliveryFacts, after_s: float) -> list[Alarm]:
    """An alarm for each subscription with an event that could have been tried and was not, for so long."""
    return [
        Alarm(
            "undispatched",
            each.subscription_id,
            f"an event waits for {int(each.undispatched_s)} s and was never tried: "
            f"see `gateway deliveries list --undelivered --subscription {each.subscription_id}`",
        )
        for each in facts.subscriptions
        if each.undispatched_s > after_s
    ]
