"""What happened while a seed ran, as facts: nothing in here decides whether it was right."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count


@dataclass(frozen=True)
class Stored:
    """An event as the outbox holds it in the end: the truth that every channel is held to."""

    sequence: int
    event_id: str
    type: str
    subject: str
    body: bytes = field(repr=False)
    released: bool = True


@dataclass(frozen=True)
class Subscriber:
    """Who wants which types (None: all) over which channel.

    `lanes`: the gateway itself holds a benefit's next event back until the one before is taken, so that an
    event must not come again behind a later one, but for a break. Who pulls may go back to where it acked.
    """

    name: str
    channel: str
    types: frozenset[str] | None = None
    lanes: bool = False

    def wants(self, event: Stored) -> bool:
        """Whether it must get this event."""
        return event.released and (self.types is None or event.type in self.types)


@dataclass(frozen=True)
class Received:
    """An event came in; `taken` is false where the receiver refused it, so that it must come again.

    Events that came in one request have one `at`, and stand in the order in which they were in it.
    """

    subscriber: str
    event_id: str
    body: bytes = field(repr=False)
    at: int
    taken: bool = True


@dataclass(frozen=True)
class Acked:
    """The subscriber said that it has an event, and the saying arrived.

    `since` is when the event came, `at` when the ack was done. Durable: the gateway confirmed that it keeps
    the ack, or the subscriber itself keeps its place. Else the gateway had yet to commit it.
    """

    subscriber: str
    event_id: str
    since: int
    at: int
    durable: bool


@dataclass(frozen=True)
class Broken:
    """The gateway was killed and begun again from `since` to `until`: what it had not committed is gone.

    A store that goes away breaks nothing: a gateway that lives keeps what it was told until it can commit it.
    A receiver that goes away resets its connections, which takes an answer back that was not yet read: that
    is a break of one subscriber alone.
    """

    since: int
    until: int
    kind: str
    subscriber: str | None = None


@dataclass(frozen=True)
class Unheard:
    """The gateway gave up waiting for an answer that the receiver gave, as a stalled machine makes it do.

    It must send the events again, and the receiver's ack of them counts for nothing.
    """

    subscriber: str
    event_id: str


@dataclass(frozen=True)
class Reached:
    """One part of what a sync leaves: how many rows and their hash, undisturbed and under faults."""

    part: str
    undisturbed: tuple[int, str]
    reached: tuple[int, str]


@dataclass(frozen=True)
class History:
    """Everything that is known of a seed; times are ticks of one clock that only ever counts up."""

    outbox: tuple[Stored, ...]
    subscribers: tuple[Subscriber, ...]
    received: tuple[Received, ...] = ()
    acked: tuple[Acked, ...] = ()
    broken: tuple[Broken, ...] = ()
    reached: tuple[Reached, ...] = ()
    unheard: tuple[Unheard, ...] = ()


class Recorder:
    """Takes facts down in the order in which they happen; of one thread."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.acked: list[Acked] = []
        self.broken: list[Broken] = []
        self.unheard: list[Unheard] = []
        self._ticks = count(1)

    def tick(self) -> int:
        """The present instant; no two are the same."""
        return next(self._ticks)

    def receive(
        self, subscriber: str, event_id: str, body: bytes, *, taken: bool = True, at: int | None = None
    ) -> int:
        """An event came, now or with the others that came at `at`; gives when."""
        at = self.tick() if at is None else at
        self.received.append(Received(subscriber, event_id, body, at, taken))
        return at

    def ack(self, subscriber: str, event_id: str, since: int, *, durable: bool) -> None:
        """An event that came at `since` was acked, and the ack arrived."""
        self.acked.append(Acked(subscriber, event_id, since, self.tick(), durable))

    def break_off(self, kind: str, since: int, subscriber: str | None = None) -> None:
        """Something that began at `since` and is over now."""
        self.broken.append(Broken(since, self.tick(), kind, subscriber))

    def commit(self, subscriber: str, event_ids: Collection[str]) -> None:
        """The gateway has committed the acks of these: they are as good as confirmed from now on."""
        for ack in [each for each in self.acked if not each.durable]:
            if ack.subscriber == subscriber and ack.event_id in event_ids:
                self.ack(subscriber, ack.event_id, ack.since, durable=True)

    def give_up(self, subscriber: str, event_ids: Collection[str]) -> None:
        """The gateway did not wait for an answer about these that was given in the end."""
        self.unheard += [Unheard(subscriber, event_id) for event_id in event_ids]

    def lacks(self, outbox: Collection[Stored], subscribers: Collection[Subscriber]) -> bool:
        """Whether somebody has not yet taken an event that it wants."""
        taken = {(each.subscriber, each.event_id) for each in self.received if each.taken}
        return any(
            (subscriber.name, event.event_id) not in taken
            for event in outbox
            for subscriber in subscribers
            if subscriber.wants(event)
        )

    def history(self, outbox: Collection[Stored], subscribers: Collection[Subscriber]) -> History:
        """All of it, with the truth that it is held to."""
        facts = tuple(self.received), tuple(self.acked), tuple(self.broken)
        return History(tuple(outbox), tuple(subscribers), *facts, unheard=tuple(self.unheard))
