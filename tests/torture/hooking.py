"""Subscribers that are sent to: real receivers on loopback that fail as chance tells them to."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final

from sqlalchemy import select

from gateway.delivery.filters import read_filters
from gateway.delivery.standard import ID
from gateway.delivery.subscribing import HERE, Desk, Wish
from gateway.store.database import Store
from gateway.store.tables import DELIVERIES, EVENTS
from tests.support.receiver import (
    Behaviour,
    Receiver,
    Visit,
    answers,
    drips,
    hangs_up,
    redirects,
    resets,
    slow,
)
from tests.support.receiver import Received as Request
from tests.torture.facts import Recorder, Subscriber
from tests.torture.plan import Fault, FaultKind, Manner
from tests.torture.pulling import bodies
from tests.torture.sending import DEADLINE_SECONDS

_PATH: Final = "/hook"
_CONSENT: Final = answers(200, {"WebHook-Allowed-Origin": "*"})
_ANSWERS: Final[Mapping[Manner, tuple[Behaviour, ...]]] = {
    Manner.TAKES: (answers(204), answers(200), answers(202, body=b"x" * 100)),
    Manner.REFUSES: (answers(500), answers(404), answers(400)),
    Manner.BUSY: (answers(429, {"Retry-After": "7"}), answers(503, {"Retry-After": "100"})),
    Manner.GATEWAY: (answers(502), answers(504)),
    Manner.REDIRECTS: (redirects(302, "/elsewhere"), redirects(307, "/elsewhere")),
    Manner.RESETS: (resets(), resets(200)),
    Manner.TAKES_AND_RESETS: (resets(),),
    Manner.HANGS_UP: (hangs_up(),),
    Manner.LATE: (slow(2 * DEADLINE_SECONDS),),
    Manner.DRIPS: (drips(DEADLINE_SECONDS),),
}
_TOO_LATE: Final = {Manner.LATE, Manner.DRIPS}
_FAILS_AT_ONCE: Final = (Manner.REFUSES, Manner.GATEWAY, Manner.REDIRECTS, Manner.RESETS, Manner.HANGS_UP)
_TAKEN: Final = {Manner.TAKES, Manner.TAKES_AND_RESETS, Manner.LATE, Manner.DRIPS}


@dataclass
class Hook:
    """A receiver, and the subscription that sends to it.

    `turned_away` is the share of requests of events that it never saw which it fails. An event that has come
    once is taken: the parts of a batch that failed count as tried before, and wait minutes when they fail.
    """

    subscriber: Subscriber
    recorder: Recorder
    random: Random
    manners: tuple[Manner, ...]
    wish: Mapping[str, Any]
    turned_away: float = 0.0
    receiver: Receiver = field(default_factory=Receiver)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _events: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)
    _too_late: Counter[str] = field(default_factory=Counter, init=False)
    _subscription_id: str = field(default="", init=False)
    _secret: str = field(default="", init=False, repr=False)

    async def subscribe(self, desk: Desk) -> None:
        """Listen, and ask for everything from the first event on."""
        await self.receiver.up()
        self.receiver.behave_by(self._choose)
        filters = tuple({"exact": {"type": each}} for each in self.subscriber.types or ())
        wish = Wish(
            sink=self.receiver.url, start="earliest", filters=read_filters(_any(filters)), **self.wish
        )
        made, self._secret = await asyncio.to_thread(desk.subscribe, HERE, wish)
        self._subscription_id = made.subscription_id

    def note_committed(self, store: Store) -> None:
        """Note which of its deliveries the gateway has as delivered, while the gateway is dead."""
        columns = DELIVERIES.c.first_sequence, DELIVERIES.c.last_sequence, DELIVERIES.c.members
        own = DELIVERIES.c.subscription_id == self._subscription_id
        with store.read() as conn:
            rows = conn.execute(select(*columns).where(own, DELIVERIES.c.state == "delivered")).all()
            numbers = {
                number for first, last, members in rows for number in members or range(first, last + 1)
            }
            told = conn.execute(select(EVENTS.c.event_id).where(EVENTS.c.sequence.in_(numbers)))
            self.recorder.commit(self.subscriber.name, set(told.scalars()))

    def note_unheard(self, given_up: Mapping[str, int]) -> None:
        """Note what was answered in time, as far as it can tell, and still given up by the gateway."""
        for message, times in given_up.items():
            if times > self._too_late[message]:
                self.recorder.give_up(self.subscriber.name, self._events[message])

    async def run(self) -> None:
        """It is sent to: nothing to do but to be there."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.receiver.down()

    async def cut(self, fault: Fault) -> None:
        """Let nobody listen for a while."""
        if fault.kind is FaultKind.RECEIVER_DOWN and fault.on == self.subscriber.name:
            async with self._one_at_a_time:
                since = self.recorder.tick()
                async with self.receiver.away():
                    await asyncio.sleep(fault.value / 1000)
                self.recorder.break_off("receiver down", since, self.subscriber.name)

    def mend(self) -> None:
        """Take everything."""
        self.manners = (Manner.TAKES,)

    def _choose(self, request: Request) -> Behaviour:
        if request.method == "OPTIONS":
            return _CONSENT
        fails = self._is_new(request) and self.random.random() < self.turned_away
        return partial(self._answer, self.random.choice(_FAILS_AT_ONCE if fails else self.manners))

    def _is_new(self, request: Request) -> bool:
        seen = set().union(*self._events.values())
        return seen.isdisjoint(json.loads(body)["id"] for body in _found(request))

    async def _answer(self, manner: Manner, visit: Visit) -> None:
        found, message = self._received(visit.request, taken=manner in _TAKEN), visit.request.headers[ID]
        self._events[message].update(name for name, _ in found)
        self._too_late[message] += manner in _TOO_LATE
        await self.random.choice(_ANSWERS[manner])(visit)
        if manner is Manner.TAKES:
            for name, since in found:
                self.recorder.ack(self.subscriber.name, name, since, durable=False)

    def _received(self, request: Request, *, taken: bool) -> list[tuple[str, int]]:
        found = _found(request)
        well = request.path == _PATH and request.method == "POST" and self._is_signed(request)
        names = [json.loads(body)["id"] if well else "an unsigned or strayed request" for body in found]
        receive = partial(self.recorder.receive, self.subscriber.name, taken=taken, at=self.recorder.tick())
        return [(name, receive(name, body)) for name, body in zip(names, found, strict=True)]

    def _is_signed(self, request: Request) -> bool:
        """Whether Standard Webhooks would take it, reckoned here anew: its library allows no other clock."""
        headers, key = request.headers, base64.b64decode(self._secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return f"v1,{expected}" in headers["webhook-signature"].split(" ")


def _found(request: Request) -> list[bytes]:
    batch = request.headers["content-type"] == "application/cloudevents-batch+json"
    return list(bodies(request.body)) if batch else [request.body]


def _any(filters: tuple[dict[str, Any], ...]) -> tuple[Any, ...]:
    return ({"any": list(filters)},) if filters else ()
