"""What stands behind an opaque evidence id: the record as kept, where it came from, and what rests on it.

Nothing is kept for this beside the evidence itself, so writing evidence costs nothing more. A trace reads one
column of every settled part, 16 bytes a record; what rests on the record is found by indexes after that.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from gateway.errors import NotFoundError, RequestError
from gateway.evidence.engine import engine
from gateway.evidence.live import scan
from gateway.evidence.versions import versions_of
from gateway.roster.columns import ROSTER
from gateway.store.decisions import history
from gateway.store.outbox import events_about
from gateway.store.parts import BUCKETS, live_parts
from gateway.store.tables import LEDGER, PAGES, WINDOWS
from gateway.sync.station import Station
from gateway.sync.texts import checked

LONGEST_REASON: Final = 200

_ID: Final = re.compile(r"ev_(?P<key>[0-9a-f]{32})(?P<item>[0-9]{2,5})")
_UNKNOWN: Final = (
    "there is no evidence of that id, or none any more: copy it from an event or from `gateway explain`"
)


@dataclass(frozen=True)
class Source:
    """The window or dropped file that a version came in, and the page; a file has a period and number."""

    run_id: int
    window_id: int
    since: datetime
    until: datetime
    period: str | None
    seq: int | None
    page_id: int
    page_start: str


@dataclass(frozen=True)
class Version:
    """One version of the record, as its department published it at an instant.

    `standing` is `counts`, `replaced` by a newer version, or `withdrawn`. `source` is null for what was said
    to the agency itself.
    """

    department: str
    dataset: str
    kind: str
    basis: str | None
    strength: str | None
    origin: str
    identity: str
    happened_on: date | None
    earliest: date | None
    latest: date | None
    began_on: date | None
    ends_on: date | None
    released_on: date | None
    published_at: datetime
    received_at: datetime
    standing: str
    source: Source | None = None


@dataclass(frozen=True)
class DecisionUse:
    """A decision that looked at the record: in which role, and what the record was worth to it."""

    benefit_id: str
    run_id: int
    decision: str
    reason: str | None
    as_of: date
    decided_at: datetime
    role: str
    standing: str


@dataclass(frozen=True)
class EventUse:
    """A released event that names the record."""

    sequence: int
    id: str
    type: str
    benefit_id: str
    time: datetime


@dataclass(frozen=True)
class EntryUse:
    """An entry of the verification ledger that rests on the record."""

    entry: int
    benefit_id: str
    cause: str
    state: str


@dataclass(frozen=True)
class Trace:
    """A record by its opaque id: its versions, newest first, and what rests on it."""

    id: str
    versions: tuple[Version, ...]
    decisions: tuple[DecisionUse, ...]
    events: tuple[EventUse, ...]
    ledger: tuple[EntryUse, ...]


def kept_reason(text: str) -> str:
    """Why somebody looks, as it is kept.

    Raises:
        RequestError: it is missing, too long, or holds what may not be kept; it is not repeated.
    """
    if len(text) > LONGEST_REASON:
        raise RequestError(f"longer than {LONGEST_REASON} characters: shorten it", field="reason")
    return checked("reason", text)


def trace(station: Station, evidence_id: str, counties: Collection[str] | None = None) -> Trace:
    """Find a record by its id, for somebody who may see these counties; null for every county.

    Raises:
        NotFoundError: there is none of that id, or it is about nobody whom the caller may see.
    """
    rows = _rows(station, evidence_id)
    benefits = _benefits(station, {row["person"] for row in rows} - {None})
    seen = sorted(name for name, county in benefits.items() if counties is None or county in counties)
    if not rows or (counties is not None and not seen):
        raise NotFoundError(_UNKNOWN)
    with station.store.read() as conn:
        return Trace(
            id=evidence_id,
            versions=tuple(_version(conn, row) for row in rows),
            decisions=tuple(use for each in seen for use in _decisions(conn, each, evidence_id)),
            events=tuple(use for each in seen for use in _events(conn, each, evidence_id)),
            ledger=tuple(use for each in seen for use in _entries(conn, each, evidence_id)),
        )


def _rows(station: Station, evidence_id: str) -> list[dict[str, Any]]:
    parsed = _ID.fullmatch(evidence_id)
    if parsed is None:
        return []
    with station.store.read() as conn:
        parts = live_parts(conn, "settled"), live_parts(conn, "retired")
    record = bytes.fromhex(parsed["key"]), int(parsed["item"])
    return versions_of(station.evidence, parts, record, station.settings.gateway.decide_memory_mb)


def _benefits(station: Station, persons: Collection[int]) -> dict[str, str | None]:
    """The persons' benefits by the roster, with their counties; each person's bucket alone is read."""
    if not persons:
        return {}
    buckets = {person % BUCKETS for person in persons}
    with station.store.read() as conn:
        parts = [part for part in live_parts(conn, "roster") if part.bucket in buckets]
    roster = scan(station.evidence, parts, ROSTER)
    query = f"SELECT benefit_id, insured_county FROM ({roster}) WHERE person = ?"  # noqa: S608 - own names
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connected:
        return dict(row for each in persons for row in connected.execute(query, [each]).fetchall())


def _version(conn: Connection, row: Mapping[str, Any]) -> Version:
    said = {name: row[name] for name in Version.__dataclass_fields__ if name != "source"}
    return Version(**said, source=_source(conn, row["dataset"], row["received_at"]))


def _source(conn: Connection, dataset: str, received_at: datetime) -> Source | None:
    """The page that was taken at the very instant at which the record was received."""
    open_then = or_(WINDOWS.c.closed_at.is_(None), WINDOWS.c.closed_at >= received_at)
    spans = (WINDOWS.c.run_id, WINDOWS.c.window_id, WINDOWS.c.since, WINDOWS.c.until, WINDOWS.c.period)
    query = (
        select(*spans, WINDOWS.c.seq, PAGES.c.page_id, PAGES.c.start.label("page_start"))
        .join(PAGES, PAGES.c.window_id == WINDOWS.c.window_id)
        .where(WINDOWS.c.dataset == dataset, WINDOWS.c.opened_at <= received_at, open_then)
        .where(PAGES.c.taken_at == received_at)
        .order_by(PAGES.c.page_id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Source(**row._asdict())


def _decisions(conn: Connection, benefit_id: str, evidence_id: str) -> Iterator[DecisionUse]:
    for found in history(conn, benefit_id):
        for row in found.body["evidence"]:
            if row["id"] == evidence_id:
                yield DecisionUse(
                    benefit_id=benefit_id,
                    run_id=found.run_id,
                    decision=found.decision,
                    reason=found.reason,
                    as_of=found.as_of,
                    decided_at=found.decided_at,
                    role=row["role"],
                    standing=row["standing"],
                )


def _events(conn: Connection, benefit_id: str, evidence_id: str) -> Iterator[EventUse]:
    named = f'"{evidence_id}"'.encode()
    for event in events_about(conn, benefit_id):
        if event.released_at is not None and named in event.body:
            yield EventUse(event.sequence, event.event_id, event.type, benefit_id, event.time)


def _entries(conn: Connection, benefit_id: str, evidence_id: str) -> Iterator[EntryUse]:
    columns = (LEDGER.c.entry_id, LEDGER.c.benefit_id, LEDGER.c.cause, LEDGER.c.state, LEDGER.c.evidence)
    query = select(*columns).where(LEDGER.c.benefit_id == benefit_id).order_by(LEDGER.c.entry_id)
    for entry_id, named, cause, state, evidence in conn.execute(query):
        if any(row.get("id") == evidence_id for row in evidence):
            yield EntryUse(entry_id, named, cause, state)
