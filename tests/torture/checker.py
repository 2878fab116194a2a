"""Is anything lost, duplicated, out of order or forged? From the facts alone, for each subscriber."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.torture.facts import Acked, Broken, History, Reached, Received, Stored, Subscriber


class Kind(StrEnum):
    """A fault that no seed may show."""

    LOST = "lost"  # wanted, and never taken
    DUPLICATED = "duplicated"  # came again after its ack was kept
    OUT_OF_ORDER = "out of order"  # before an earlier one of its benefit was taken, or again behind a later
    FORGED = "forged"  # not in the outbox, or other bytes than there
    UNWANTED = "unwanted"  # held, or filtered out
    GAP = "gap"  # a number of the outbox that is not there or not in its event's place


@dataclass(frozen=True)
class Finding:
    """One fault: whose, about which event."""

    kind: Kind
    subscriber: str
    sequence: int
    said: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subscriber}, event {self.sequence}: {self.said}"


@dataclass(frozen=True)
class Verdict:
    """What a history comes to; `unavoidable` counts repeats of what a break left unacked."""

    findings: tuple[Finding, ...]
    attempted: int
    delivered: int
    acked: int
    unavoidable: int

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """The faults of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)


def verdict(history: History) -> Verdict:
    """Hold what every subscriber got to what the outbox holds, and what a sync left to an undisturbed one."""
    findings = [*_gaps(history.outbox), *_sync_faults(history.reached)]
    unavoidable = 0
    for subscriber in history.subscribers:
        found = _Received.of(history, subscriber)
        findings += [*found.strangers(), *found.lost(), *found.out_of_order()]
        repeats = list(found.repeats())
        findings += [repeat for repeat in repeats if repeat is not None]
        unavoidable += repeats.count(None)
    delivered = {(each.subscriber, each.event_id) for each in history.received}
    acked = {(each.subscriber, each.event_id) for each in history.acked}
    return Verdict(tuple(findings), len(history.outbox), len(delivered), len(acked), unavoidable)


@dataclass(frozen=True)
class _Received:
    """What one subscriber got, beside what it should have got."""

    subscriber: Subscriber
    outbox: Mapping[str, Stored]
    received: tuple[Received, ...]
    acked: Mapping[str, tuple[Acked, ...]]
    broken: tuple[Broken, ...]
    unheard: frozenset[str]

    @classmethod
    def of(cls, history: History, subscriber: Subscriber) -> "_Received":
        own = [each for each in history.received if each.subscriber == subscriber.name]
        acked = defaultdict[str, tuple[Acked, ...]](tuple)
        for ack in history.acked:
            if ack.subscriber == subscriber.name:
                acked[ack.event_id] += (ack,)
        outbox = {event.event_id: event for event in history.outbox}
        in_order = tuple(sorted(own, key=lambda each: each.at))
        broken = tuple(each for each in history.broken if each.subscriber in {None, subscriber.name})
        unheard = frozenset(each.event_id for each in history.unheard if each.subscriber == subscriber.name)
        return cls(subscriber, outbox, in_order, acked, broken, unheard)

    def strangers(self) -> Iterator[Finding]:
        """What should not have come in at all, or not so."""
        for each in self.received:
            event = self.outbox.get(each.event_id)
            if event is None:
                yield Finding(Kind.FORGED, self.subscriber.name, 0, f"{each.event_id} is not in the outbox")
            elif each.body != event.body:
                yield self._finding(Kind.FORGED, event, "its bytes are not those of the outbox")
            elif not self.subscriber.wants(event):
                yield self._finding(Kind.UNWANTED, event, "held, or of a type that was not asked for")

    def lost(self) -> Iterator[Finding]:
        """What is wanted and was never taken."""
        taken = {each.event_id for each in self.received if each.taken}
        for event in self.outbox.values():
            if self.subscriber.wants(event) and event.event_id not in taken:
                yield self._finding(Kind.LOST, event, f"never taken, of benefit {event.subject}")

    def out_of_order(self) -> Iterator[Finding]:
        """What came before an earlier event of its benefit was taken; in lanes, what came behind a later.

        A batch is refused and sent again as a whole or in parts: what came in it came together. Where a break
        lost the acks of several events of a benefit, all of them come again.
        """
        waiting, came = self._wanted_by_benefit(), defaultdict[str, list[tuple[int, int]]](list)
        for each, event in self._known():
            earlier = came[event.subject]
            together = {number for number, at in earlier if at == each.at}
            before = sorted(number for number in waiting[event.subject] - together if number < event.sequence)
            if before:
                yield self._finding(Kind.OUT_OF_ORDER, event, f"came while {before[0]} was not yet taken")
            elif self.subscriber.lanes and (behind := self._behind(event, each.at, earlier)):
                yield self._finding(Kind.OUT_OF_ORDER, event, f"came again behind {behind}")
            earlier.append((event.sequence, each.at))
            if each.taken:
                waiting[event.subject].discard(event.sequence)

    def _behind(self, event: Stored, at: int, earlier: Sequence[tuple[int, int]]) -> int | None:
        """A later event of its benefit that came before it and not with it, and was no break's doing."""
        own = [came for number, came in earlier if number == event.sequence]
        if event.event_id in self.unheard or self._broke(min(own, default=at), at):
            return None
        later = (number for number, came in earlier if number > event.sequence and came not in {*own, at})
        return next(later, None)

    def repeats(self) -> Iterator[Finding | None]:
        """What came again after its ack: a fault, or None where a break may have lost the ack."""
        for each, event in self._known():
            earlier = [ack for ack in self.acked[each.event_id] if ack.at < each.at]
            if not earlier:
                continue
            kept = [ack for ack in earlier if self._is_kept(ack, each.at)]
            yield self._finding(Kind.DUPLICATED, event, "came again after its ack") if kept else None

    def _is_kept(self, ack: Acked, until: int) -> bool:
        if ack.durable:
            return True
        return ack.event_id not in self.unheard and not self._broke(ack.since, until)

    def _known(self) -> Iterator[tuple[Received, Stored]]:
        for each in self.received:
            if each.event_id in self.outbox:
                yield each, self.outbox[each.event_id]

    def _wanted_by_benefit(self) -> dict[str, set[int]]:
        wanted: dict[str, set[int]] = defaultdict(set)
        for event in self.outbox.values():
            if self.subscriber.wants(event):
                wanted[event.subject].add(event.sequence)
        return wanted

    def _broke(self, since: int, until: int) -> bool:
        return any(broken.since <= until and broken.until >= since for broken in self.broken)

    def _finding(self, kind: Kind, event: Stored, said: str) -> Finding:
        return Finding(kind, self.subscriber.name, event.sequence, said)


def _gaps(outbox: Iterable[Stored]) -> Iterator[Finding]:
    for expected, event in enumerate(sorted(outbox, key=lambda event: event.sequence), 1):
        if event.sequence != expected:
            yield Finding(Kind.GAP, "outbox", event.sequence, f"stands in the place of {expected}")
            return


def _sync_faults(reached: Iterable[Reached]) -> Iterator[Finding]:
    for each in reached:
        if each.reached != each.undisturbed:
            yield Finding(
                _sync_kind(each), f"sync, {each.part}", 0, f"{each.reached}, not {each.undisturbed}"
            )


def _sync_kind(each: Reached) -> Kind:
    if each.reached[0] < each.undisturbed[0]:
        return Kind.LOST
    return Kind.DUPLICATED if each.reached[0] > each.undisturbed[0] else Kind.FORGED
