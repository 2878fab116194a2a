"""Leases: who may do a thing that only one process on any machine may do at a time, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.tables import LEASES

WORK: Final = "work"
"""The lease of whoever writes evidence or decides: a sync, a decision run, a roster import."""

LENGTH: Final = timedelta(minutes=5)
"""So long a holder that says nothing is believed to be at work; also what machines' clocks may differ by."""


@dataclass(frozen=True)
class Claim:
    """Who asks for a lease: `token` is one holding's own, `holder` is shown to people.

    `place` names a lock of the operating system that is held beside the lease: whoever holds that lock knows
    that an earlier holder of the same place is dead.
    """

    name: str
    token: str
    holder: str
    place: str


@dataclass(frozen=True)
class Lease:
    """A lease as it stands."""

    name: str
    token: str
    holder: str
    place: str
    taken_at: datetime
    until: datetime


def take(conn: Connection, claim: Claim, now: datetime) -> Lease:
    """Take a lease that is free, run out, or of a dead holder of the same place; gives what stands then.

    The claim has it if the token is its own; else another holder is at work.
    """
    values = vars(claim) | {"taken_at": now, "until": now + LENGTH}
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(
        insert(LEASES)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[LEASES.c.name],
            set_={name: value for name, value in values.items() if name != "name"},
            where=(LEASES.c.until <= now) | (LEASES.c.place == claim.place),
        )
    )
    return Lease(**conn.execute(select(LEASES).where(LEASES.c.name == claim.name)).one()._asdict())


def renew(conn: Connection, claim: Claim, now: datetime) -> bool:
    """Hold on to a lease; false when somebody else has taken it over."""
    own = update(LEASES).where(LEASES.c.name == claim.name, LEASES.c.token == claim.token)
    return conn.execute(own.values(until=now + LENGTH)).rowcount == 1


def release(conn: Connection, claim: Claim) -> bool:
    """Give a lease back; false when it was not held any more."""
    own = delete(LEASES).where(LEASES.c.name == claim.name, LEASES.c.token == claim.token)
    return conn.execute(own).rowcount == 1


def holder(conn: Connection, name: str, now: datetime) -> Lease | None:
    """Who holds a lease now."""
    row = conn.execute(select(LEASES).where(LEASES.c.name == name, LEASES.c.until > now)).one_or_none()
    return None if row is None else Lease(**row._asdict())
