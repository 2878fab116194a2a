"""The audit: who did or looked at what, append-only, each entry chained to the one before it by a hash.

Nothing here can keep a database's owner from writing; it makes a change, a removal or an insertion show.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.clock import local
from gateway.errors import StoreError
from gateway.store import counters
from gateway.store.tables import AUDIT, COUNTERS

START: Final = bytes(32)
"""What stands for the hash before the first entry."""

_COUNTER: Final = "audit"
_PAGE: Final = 1000
_CHAINED: Final = ("audit_id", "at", "actor", "action", "subject", "details")

Details = Mapping[str, str | int | bool | Sequence[str] | None]
"""What else an entry says: no number with a point, since two databases may write it back differently."""


@dataclass(frozen=True)
class Entry:
    """One entry; `subject` is an opaque id, a token's or subscription's name, never a person."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    hash: bytes


@dataclass(frozen=True)
class Checked:
    """The chain as far as it holds: its last whole entry, and what is wrong with the one behind it.

    `head` is the hash of entry `entries`: kept elsewhere, it shows later that nothing up to it was changed.
    """

    entries: int
    head: bytes = START
    fault: str | None = None


@dataclass(frozen=True)
class Wanted:
    """Which entries to list: those since an instant, or about one subject; the newest `limit` of them."""

    since: datetime | None = None
    subject: str | None = None
    limit: int = 100


_COLUMNS: Final = [AUDIT.c[name] for name in Entry.__dataclass_fields__]


def append(
    conn: Connection, at: datetime, actor: str, action: str, subject: str, details: Details | None = None
) -> int:
    """Write the next entry and give its number; another writer waits until this transaction ends.

    Raises:
        StoreError: the entry before it is gone, so that the chain cannot go on.
    """
    number = _next(conn)
    entry = {"audit_id": number, "at": local(at), "actor": actor, "action": action, "subject": subject}
    entry["details"] = dict(details or {})
    chained = _hash(entry, _hash_of(conn, number - 1))
    conn.execute(insert(AUDIT).values(**entry, hash=chained))
    return number


def verify(conn: Connection) -> Iterator[Checked]:
    """Go through the whole chain, a page at a time; what comes last is the verdict.

    It ends at the first entry that was changed, removed, put in or moved. Entries may be written meanwhile.
    """
    so_far, at_first = Checked(0), count(conn)
    while page := _page_after(conn, so_far.entries):
        so_far = _followed(so_far, page)
        yield so_far
        if so_far.fault:
            return
    yield _ended(so_far, at_first, count(conn))


def count(conn: Connection) -> int:
    """How many entries were ever written, by the counter."""
    return counters.value(conn, _COUNTER)


def hash_of(conn: Connection, audit_id: int) -> bytes | None:
    """The hash that an entry carries; nothing where there is no such entry."""
    return conn.scalar(select(AUDIT.c.hash).where(AUDIT.c.audit_id == audit_id))


def list_entries(conn: Connection, wanted: Wanted) -> list[Entry]:
    """Entries, oldest first."""
    query = select(*_COLUMNS).order_by(AUDIT.c.audit_id.desc()).limit(wanted.limit)
    if wanted.since is not None:
        query = query.where(AUDIT.c.at >= wanted.since)
    if wanted.subject is not None:
        query = query.where(AUDIT.c.subject == wanted.subject)
    return [Entry(**row._asdict()) for row in reversed(conn.execute(query).all())]


def _next(conn: Connection) -> int:
    """The counter's row is made first: two writers that both find none would both make it."""
    new = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(new(COUNTERS).values(name=_COUNTER, value=0).on_conflict_do_nothing())
    return counters.advance(conn, _COUNTER, 1)


def _hash_of(conn: Connection, number: int) -> bytes:
    found = START if number == 0 else hash_of(conn, number)
    if found is None:
        raise StoreError(
            f"audit entry {number} is gone, and nothing is done unaudited: see `gateway audit verify`"
        )
    return found


def _hash(entry: Mapping[str, Any], before: bytes) -> bytes:
    """SHA-256 over the entry as canonical JSON (sorted names, no spaces, UTF-8) with the hash before it."""
    said = {**entry, "at": entry["at"].isoformat(timespec="microseconds"), "before": before.hex()}
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).digest()


def _page_after(conn: Connection, number: int) -> list[Entry]:
    query = select(*_COLUMNS).where(AUDIT.c.audit_id > number).order_by(AUDIT.c.audit_id).limit(_PAGE)
    return [Entry(**row._asdict()) for row in conn.execute(query)]


def _followed(so_far: Checked, page: Sequence[Entry]) -> Checked:
    number, head = so_far.entries, so_far.head
    for entry in page:
        if entry.audit_id != number + 1:
            return Checked(number, head, f"entry {number + 1} is missing")
        said = {name: getattr(entry, name) for name in _CHAINED}
        if entry.hash != _hash(said, head):
            return Checked(number, head, f"entry {entry.audit_id} was changed, moved or put in")
        number, head = entry.audit_id, entry.hash
    return Checked(number, head)


def _ended(so_far: Checked, at_first: int, by_now: int) -> Checked:
    """The counter knows how many there were, should the last ones be gone."""
    if so_far.entries < at_first:
        return Checked(so_far.entries, so_far.head, f"entry {so_far.entries + 1} is missing")
    if so_far.entries > by_now:
        return Checked(by_now, so_far.head, f"entry {by_now + 1} was put in: the counter ends at {by_now}")
    return so_far
