"""Alarms: what is wrong now, told once when it begins, and kept when it is over."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.tables import ALARMS

Name = Literal[
    "missed_run",
    "late_run",
    "failed_job",
    "stale_source",
    "held_run",
    "lease_lost",
    "drift",
    "uncompared",
    "subscription_disabled",
    "delivery_failed",
    "delivery_stalled",
    "undispatched",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alarm:
    """What is wrong: `subject` is the job, dataset, run or lease; `message` says it in a line."""

    name: Name
    subject: str
    message: str


@dataclass(frozen=True)
class Raised:
    """An alarm that is not over."""

    name: Name
    subject: str
    message: str
    raised_at: datetime


def raise_alarm(conn: Connection, alarm: Alarm, at: datetime) -> None:
    """Note an alarm and log it, unless it stands already."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    new = insert(ALARMS).values(**vars(alarm), raised_at=at).on_conflict_do_nothing()
    if conn.scalar(new.returning(ALARMS.c.alarm_id)) is not None:
        _log.error("ALARM %s %s: %s", alarm.name, alarm.subject, alarm.message)


def clear_alarm(conn: Connection, name: Name, subject: str, at: datetime) -> None:
    """Say that an alarm is over, if it stood."""
    standing = update(ALARMS).where(
        ALARMS.c.name == name, ALARMS.c.subject == subject, ALARMS.c.cleared_at.is_(None)
    )
    if conn.execute(standing.values(cleared_at=at)).rowcount:
        _log.info("over: %s %s", name, subject)


def settle_alarms(conn: Connection, judged: Collection[Name], found: Iterable[Alarm], at: datetime) -> None:
    """Make what stands of the judged names what was found: the rest of them is over."""
    wrong = {(alarm.name, alarm.subject): alarm for alarm in found}
    for standing in standing_alarms(conn):
        if standing.name in judged and (standing.name, standing.subject) not in wrong:
            clear_alarm(conn, standing.name, standing.subject, at)
    for alarm in wrong.values():
        raise_alarm(conn, alarm, at)


def standing_alarms(conn: Connection) -> list[Raised]:
    """The alarms that are not over, the oldest first."""
    columns = [ALARMS.c[name] for name in Raised.__dataclass_fields__]
    query = select(*columns).where(ALARMS.c.cleared_at.is_(None)).order_by(ALARMS.c.alarm_id)
    return [Raised(**row._asdict()) for row in conn.execute(query)]
