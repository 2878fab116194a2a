"""Retention: what is past its time goes, class by class, each with what keeps some of it back.

A decision keeps the evidence that it used, so it can be explained when evidence and events are gone.
Decisions, runs, windows, pages, statements, verifications and the audit have no retention here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa

from gateway.clock import add_months
from gateway.errors import ConfigError
from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED, STRANGERS
from gateway.evidence.compact import FOLDED, Compacted, below
from gateway.evidence.engine import engine
from gateway.evidence.fleeting import FLEETING, floor, raise_floor
from gateway.evidence.folding import LOOKED_AT, VERSION, Expiry
from gateway.evidence.live import BUCKET_OF, scan
from gateway.evidence.writing import Destination, write_by_bucket
from gateway.policy import Policy, load_policy
from gateway.store import audit, counters
from gateway.store.parts import Part, add_parts, live_parts, retire_parts
from gateway.store.retention import (
    Removable,
    closed_before,
    removable,
    remove_events,
    remove_refusals,
    settled_refusals,
)
from gateway.sync.compacting import Progress, Task, compact, silent, speaking
from gateway.sync.lock import at_work
from gateway.sync.station import Station

_LAST: Final = "retention_day"
_BETWEEN: Final = timedelta(days=28)
"""The monthly job may run oftener than once a month; to write evidence anew every day would be too dear."""

REMOVED: Final = "retention.events_removed"
APPLIED: Final = "retention.applied"
_WORTH_IT: Final = 0.5
"""A list of folded versions is written anew once so much of it can do no harm any more."""


@dataclass(frozen=True)
class Limits:
    """What stays, by class: evidence of life and events from these on, closed verifications too."""

    of_life: date
    closed: datetime
    released: datetime


@dataclass(frozen=True)
class Class:
    """One class of what is kept: how much goes of what lies before `until`, and why some of that stays."""

    name: str
    until: str
    goes: int
    stays: tuple[str, ...] = ()


def limits(station: Station) -> Limits:
    """The limits in force now.

    Raises:
        ConfigError: evidence of life would go that a benefit can still be certified by.
    """
    wanted = station.settings.gateway.retention
    longest = _longest_cycle(load_policy(station.settings.folder))
    if wanted.of_life_months < longest:
        raise ConfigError(
            f"gateway.yaml: retention.of_life_months is {wanted.of_life_months}, and a benefit's cycle "
            f"{longest} months: keep evidence of life at least that long"
        )
    today = station.now().date()
    closed = add_months(today, -wanted.adverse_months_after_closing)
    return Limits(
        of_life=add_months(today, -wanted.of_life_months),
        closed=datetime.combine(closed, time()),
        released=station.now() - timedelta(days=wanted.outbox_days),
    )


def retain(station: Station, by: str, *, dry_run: bool = False, progress: Progress = silent) -> list[Class]:
    """Remove what is past its retention, or only say what would go.

    Every removal is in the audit in the transaction that makes it; a stop leaves the rest for the next time.

    Raises:
        ConfigError: as `limits`.
        StoreError: another run is at work, or the database or the disk failed; what was committed stays.
    """
    found = limits(station)
    with at_work(station):
        evidence = _evidence(station, found, by, dry_run=dry_run, progress=progress)
        with station.store.read() as conn:
            events = removable(conn, found.released)
            refusals = settled_refusals(conn, found.released)
        if not dry_run:
            _remove_events(station, events, by)
            _forget_versions(station)
            _note(station, found, by, evidence, events)
        until = found.released.isoformat(timespec="seconds")
        return [*_classes(found, evidence), _outbox(until, events), Class("refusals", until, refusals, _OPEN)]


def retain_monthly(station: Station, by: str) -> list[Class]:
    """As `retain`, where that was not done within four weeks; else nothing.

    Raises:
        ConfigError, StoreError: as `retain`.
    """
    with station.store.read() as conn:
        last = counters.value(conn, _LAST)
    due = not last or date.fromordinal(last) + _BETWEEN <= station.now().date()
    return retain(station, by) if due else []


def _longest_cycle(policy: Policy) -> int:
    entries = policy.benefits.values()
    return max((entry.cycle_months for entry in entries if entry.cycle_months), default=0)


def _evidence(
    station: Station, found: Limits, by: str, *, dry_run: bool, progress: Progress
) -> list[Compacted]:
    with station.store.read() as conn:
        closed = list(closed_before(conn, found.closed))
        settled = live_parts(conn, "settled")
    rows = [dict(zip(LOOKED_AT.names, row, strict=True)) for row in closed]
    expiry = Expiry(found.of_life, pa.Table.from_pylist(rows, schema=LOOKED_AT))
    buckets = sorted(_old(station, settled, found.of_life) | {person % BUCKETS for person, _ in closed})
    return compact(station, Task(by, buckets, expiry, dry_run=dry_run), progress)


def _old(station: Station, settled: list[Part], before: date) -> set[int]:
    """The buckets that hold fleeting rows from before the day; three narrow columns are read."""
    day = "coalesce(happened_on, published_at::DATE)"
    rows = f"({scan(station.evidence, settled, EVIDENCE)})"
    query = f"SELECT DISTINCT {BUCKET_OF} FROM {rows} WHERE {FLEETING} AND {day} < ?"  # noqa: S608 - own names
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connected:
        return {int(bucket) for (bucket,) in connected.execute(query, [before]).fetchall()}


def _remove_events(station: Station, found: Removable, by: str) -> None:
    """A bounded number at a time, so that nobody waits long for the store."""
    while True:
        with station.store.begin() as conn:
            gone = remove_events(conn, found.up_to)
            if not gone:
                return
            audit.append(conn, station.now(), by, REMOVED, "outbox", {"events": gone, "up_to": found.up_to})


def _forget_versions(station: Station) -> None:
    """Versions that were let go need not be known once nothing so old is taken any more."""
    with station.store.read() as conn:
        lowest, lists, settled = floor(conn), live_parts(conn, FOLDED), live_parts(conn, "settled")
    if lowest is None or not lists:
        return
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connected:
        connected.execute(speaking(scan(station.evidence, settled, EVIDENCE)))
        for part in lists:
            rows = f"({scan(station.evidence, [part], RETIRED)})"
            query = f"SELECT count(*) FROM {rows} WHERE {below(lowest)}"  # noqa: S608 - own names
            ((harmless,),) = connected.execute(query).fetchall()
            if harmless >= _WORTH_IT * part.rows:
                kept = f"SELECT {VERSION}, {STRANGERS} AS bucket FROM {rows} WHERE NOT ({below(lowest)})"  # noqa: S608 - own names
                place = Destination(station.evidence, FOLDED, part.run_id or 0, station.now())
                _replace(station, part, list(write_by_bucket(connected, kept, RETIRED, place)))


def _replace(station: Station, part: Part, new: list[Part]) -> None:
    with station.store.begin() as conn:
        retire_parts(conn, [part.part_id], station.now())
        add_parts(conn, new)


def _note(station: Station, found: Limits, by: str, evidence: list[Compacted], events: Removable) -> None:
    """What is older is not taken any more from now on: its versions are forgotten with the next retention."""
    details: dict[str, Any] = {
        "of_life_before": found.of_life.isoformat(),
        "of_life": sum(each.expired for each in evidence),
        "adverse": sum(each.closed for each in evidence),
        "events_up_to": events.up_to,
    }
    with station.store.begin() as conn:
        raise_floor(conn, found.of_life)
        remove_refusals(conn, found.released)
        today = station.now().date().toordinal()
        counters.advance(conn, _LAST, today - counters.value(conn, _LAST))
        audit.append(conn, station.now(), by, APPLIED, "evidence", details)


def _classes(found: Limits, evidence: list[Compacted]) -> Iterator[Class]:
    yield Class(
        "evidence of life", found.of_life.isoformat(), sum(each.expired for each in evidence), _LIFE_STAYS
    )
    yield Class(
        "adverse evidence",
        found.closed.date().isoformat(),
        sum(each.closed for each in evidence),
        _ADVERSE_STAYS,
    )


_LIFE_STAYS: Final = (
    "what a standing decision rests on",
    "what is known of a person with adverse evidence",
)
_ADVERSE_STAYS: Final = (
    "what no verification looked at, and what one is open about",
    "what a standing decision counts",
)


_OPEN: Final = ("what is not settled",)


def _outbox(until: str, events: Removable) -> Class:
    held = [f"{hold.who} {hold.why}: events behind {hold.after} stay for it" for hold in events.holds]
    passed = [
        f"consumer {name} took nothing for so long: events go that it has not taken" for name in events.passed
    ]
    return Class("events", until, events.events, (*held, *passed))
