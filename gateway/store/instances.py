"""The instances that share a run: that each is alive, and what each has taken on, are leases.

All instants are the database's own: the machines' clocks may differ. Each lease has its instance's token.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import StoreError
from gateway.store import leases
from gateway.store.leases import WORK, AtWork, Claim, Lease, present
from gateway.store.tables import LEASES

PLACE: Final = "shared"
"""The place of these leases: beside them stands no lock of an operating system."""

_ALIVE: Final = "instance "


class LeaseLost(StoreError):  # noqa: N818 - it names what happened: another instance does this work now
    """This instance said nothing for too long and was replaced: nothing it had not committed is kept."""


@dataclass(frozen=True)
class Instance:
    """One process of several; `length` is how long it may say nothing before it is replaced."""

    token: str
    holder: str
    length: timedelta

    @property
    def name(self) -> str:
        """The lease that says it is alive."""
        return _ALIVE + self.token


def this_instance(length: timedelta) -> Instance:
    """This process, about to take part in a run."""
    return Instance(uuid4().hex, leases.this_process(), length)


def arrive(conn: Connection, me: Instance, key: str) -> list[Lease]:
    """Take part in what is shared under a key; gives the other instances that are alive.

    Arrivals and departures wait for each other: whoever sees no other instance is alone until it commits.

    Raises:
        AtWork: something else is.
    """
    _bound(conn, me)
    claim = Claim(WORK, f"{PLACE} {key}", me.holder, f"{PLACE} {key}")
    standing = free_abandoned(conn)
    if standing and standing.token == claim.token:
        leases.renew(conn, claim, present(conn))
    elif (taken := leases.take(conn, claim, present(conn))).token != claim.token:
        raise AtWork(taken)
    now = present(conn)
    others = living(conn, now)
    conn.execute(insert(LEASES).values(**_lease(me, me.name, now)))
    return others


def depart(conn: Connection, me: Instance) -> bool:
    """Let go of everything; true where nobody else is left, and then of the whole work too.

    Raises:
        LeaseLost: this instance was replaced.
    """
    _bound(conn, me)
    _work(conn)
    let_go(conn, me, me.name)
    conn.execute(delete(LEASES).where(LEASES.c.token == me.token))
    return free_abandoned(conn) is None


def free_abandoned(conn: Connection) -> Lease | None:
    """Free the work of instances that are all gone; gives the lease of whoever is at work else.

    Nobody else changes it until this transaction ends.
    """
    standing, now = _work(conn), present(conn)
    if standing is None or not is_shared(standing) or living(conn, now):
        return standing
    # waits for one that is committing just now, and may be alive after it
    conn.execute(delete(LEASES).where(LEASES.c.place == PLACE, LEASES.c.until <= now))
    if living(conn, now):
        return standing
    conn.execute(delete(LEASES).where(LEASES.c.name == WORK))
    return None


def is_shared(work: Lease) -> bool:
    """Whether the lease of who is at work is that of instances that share a run."""
    return work.place.startswith(PLACE)


def renew(conn: Connection, me: Instance) -> bool:
    """Hold on to everything that was taken; false when this instance was replaced."""
    _bound(conn, me)
    now = present(conn)
    conn.execute(update(LEASES).where(LEASES.c.token == me.token).values(until=now + me.length))
    # skipped where another instance is at it: nobody's life may depend on how quick others are
    common = _locked(conn, LEASES.c.name == WORK, LEASES.c.place.startswith(PLACE))
    conn.execute(update(LEASES).where(LEASES.c.name.in_(common)).values(until=now + leases.LENGTH))
    return is_alive(conn, me)


def is_alive(conn: Connection, me: Instance) -> bool:
    """Whether this instance was not replaced."""
    return conn.scalar(select(LEASES.c.token).where(LEASES.c.name == me.name)) is not None


def take(conn: Connection, me: Instance, name: str) -> bool:
    """Take something on that nobody has, or somebody who is silent for too long; false where another has it.

    Raises:
        LeaseLost: this instance was itself replaced.
    """
    hold(conn, me, me.name)
    now = present(conn)
    bury(conn, now, spared=me)
    insertion = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    taken = insertion(LEASES).values(**_lease(me, name, now)).on_conflict_do_nothing()
    return conn.scalar(taken.returning(LEASES.c.name)) is not None


def hold(conn: Connection, me: Instance, name: str) -> None:
    """Make sure that what was taken is still held, and stays so until this transaction ends.

    Whoever would take it waits for this transaction, but not for a client that has fallen silent in it: the
    server ends that one's transaction as its lease ends.

    Raises:
        LeaseLost: it is not.
    """
    _bound(conn, me)
    # not in the way of the same lease's renewal: only who would free it has to wait
    query = select(LEASES.c.token).where(LEASES.c.name == name).with_for_update(read=True, key_share=True)
    if conn.scalar(query) != me.token:
        raise LeaseLost


def let_go(conn: Connection, me: Instance, name: str) -> None:
    """Give back what is done.

    Raises:
        LeaseLost: it was not held any more.
    """
    own = delete(LEASES).where(LEASES.c.name == name, LEASES.c.token == me.token)
    if conn.execute(own).rowcount != 1:
        raise LeaseLost


def bury(conn: Connection, now: datetime, spared: Instance) -> list[Lease]:
    """Free what other instances hold that said nothing for too long; gives their leases.

    One that is committing just now is left, and `spared`, who speaks: late, but before anybody replaced it.
    """
    dead = _locked(conn, LEASES.c.place == PLACE, LEASES.c.until <= now, LEASES.c.token != spared.token)
    own = delete(LEASES).where(LEASES.c.name.in_(dead), LEASES.c.until <= now)
    return [Lease(**row._asdict()) for row in conn.execute(own.returning(*LEASES.c))]


def living(conn: Connection, now: datetime) -> list[Lease]:
    """The instances that are alive, oldest first."""
    return [lease for lease in shared(conn) if lease.name.startswith(_ALIVE) and lease.until > now]


def held(conn: Connection) -> list[Lease]:
    """What the instances have taken on."""
    return [lease for lease in shared(conn) if not lease.name.startswith(_ALIVE)]


def shared(conn: Connection) -> list[Lease]:
    """Every lease of an instance, oldest first."""
    query = select(LEASES).where(LEASES.c.place == PLACE).order_by(LEASES.c.taken_at, LEASES.c.name)
    return [Lease(**row._asdict()) for row in conn.execute(query)]


def _work(conn: Connection) -> Lease | None:
    """The lease of whoever is at work, which nobody else changes until this transaction ends."""
    row = conn.execute(select(LEASES).where(LEASES.c.name == WORK).with_for_update()).one_or_none()
    return None if row is None else Lease(**row._asdict())


def _locked(conn: Connection, *conditions: ColumnElement[bool]) -> list[str]:
    """The names of leases that nobody else has locked; they stay as they are until this transaction ends."""
    query = select(LEASES.c.name).where(*conditions).with_for_update(skip_locked=True)
    return list(conn.scalars(query))


def _bound(conn: Connection, me: Instance) -> None:
    """Let the server end this transaction should its client fall silent in it, as its lease ends."""
    if conn.dialect.name == "postgresql":
        most = str(int(me.length.total_seconds() * 1000))
        conn.execute(select(func.set_config("idle_in_transaction_session_timeout", most, True)))


def _lease(me: Instance, name: str, now: datetime) -> dict[str, object]:
    lease = Lease(name, me.token, me.holder, PLACE, now, now + me.length)
    return vars(lease)
