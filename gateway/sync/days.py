"""Which day it is for decisions made out of turn."""

from datetime import date

from sqlalchemy import Connection

from gateway.errors import RequestError
from gateway.store import runs
from gateway.sync.station import Station


def present_day(station: Station, conn: Connection) -> date:
    """Today, or the last decided day where that is later: decisions never go back."""
    today = station.now().date()
    return max(today, runs.last_decided(conn) or today)


def come(station: Station, day: date) -> date:
    """A day that has come.

    Raises:
        RequestError: it has not.
    """
    with station.store.read() as conn:
        present = present_day(station, conn)
    if day > present:
        raise RequestError(f"{day} is in the future: only what has happened can be written down")
    return day
