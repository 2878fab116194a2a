"""Leases: who may do a thing that only one process on any machine may do at a time, and until when."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.clock import Clock, local, system_clock
from gateway.errors import StoreError
from gateway.store.tables import LEASES

WORK: Final = "work"
"""The lease of whoever writes evidence or decides: a sync, a decision run, a roster import."""

LENGTH: Final = timedelta(minutes=5)
"""So long a holder that says nothing is believed to be at work; also what machines' clocks may differ by."""


_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


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


class AtWork(StoreError):  # noqa: N818 - it names what happened: nothing failed, somebody else is first
    """Another run is at work: wait until it has ended."""

    def __init__(self, standing: Lease) -> None:
        since = f"{standing.taken_at:%Y-%m-%d %H:%M}"
        super().__init__(
            f"another run is at work since {since} ({standing.holder}): wait until it has ended; should it "
            f"have died, the way is free at {standing.until:%H:%M:%S}"
        )


def claim(name: str, file: os.stat_result) -> Claim:
    """A claim of this process, whose place is a locked file as the running kernel knows it."""
    kernel = _BOOT.read_text("ascii").strip() if _BOOT.exists() else socket.gethostname()
    place = f"{kernel}:{file.st_dev}:{file.st_ino}"
    return Claim(name, uuid4().hex, this_process(), place)


def this_process() -> str:
    """This process as people are told of it: its machine and its number there."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def present(conn: Connection, here: Clock = system_clock) -> datetime:
    """The present, naive Asia/Shanghai, by the clock that all who share the database see.

    It goes on while the transaction waits. SQLite is on one machine, whose clock is `here`.
    """
    if conn.dialect.name != "postgresql":
        return local(here())
    shanghai = select(func.timezone("Asia/Shanghai", func.clock_timestamp()))
    now: datetime = conn.execute(shanghai).scalar_one()
    return now


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
