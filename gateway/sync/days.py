"""Which days a person may write down: it has come, and it is not before what it is about."""

from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.errors import RequestError
from gateway.store import runs
from gateway.store.ledger import Entry
from gateway.sync.benefits import Holder
from gateway.sync.station import Station

EARLIEST: Final = date(1900, 1, 1)
"""Nobody whose benefit is looked at has lived before."""


def present_day(station: Station, conn: Connection) -> date:
    """Today, or the last decided day where that is later: decisions never go back."""
    today = station.now().date()
    return max(today, runs.last_decided(conn) or today)


def come(station: Station, field: str, day: date) -> date:
    """A day that has come; `field` is what of the request it was given as.

    Raises:
        RequestError: it has not.
    """
    with station.store.read() as conn:
        present = present_day(station, conn)
    if day > present:
        raise RequestError(f"{day} is in the future: only what has happened can be written down", field=field)
    return day


def lived(field: str, day: date, holder: Holder | None) -> date:
    """A day in the life of who draws a benefit, as far as the roster knows it.

    Raises:
        RequestError: it lies before they were born, which is not repeated, or before EARLIEST.
    """
    if day < EARLIEST:
        raise RequestError(f"{day} is before {EARLIEST}: correct the year", field=field)
    if holder and holder.birth_on and day < holder.birth_on:
        raise RequestError(f"{day} is before the person was born: correct the year", field=field)
    return day


def found(day: date, seen: Entry) -> date:
    """A day on which an entry's outcome can have been found.

    An entry is opened as of a day that may lie before or after the day of the run: the earlier one counts.

    Raises:
        RequestError: it lies before the entry was opened, or before something that was to be looked into.
    """
    opened = min(seen.opened_on, seen.opened_at.date())
    if day < opened:
        said = f"{day} is before {opened}, when entry {seen.entry_id} was opened: an outcome comes after it"
        raise RequestError(said, field="on")
    newest = max(_happened(seen), default=day)
    if day < newest:
        said = f"{day} is before {newest}, the day of the newest evidence of entry {seen.entry_id}"
        raise RequestError(f"{said}: nobody can have looked into what had not happened", field="on")
    return day


def ended(day: date, holder: Holder | None) -> date:
    """A last day of an entitlement.

    Raises:
        RequestError: it lies before the benefit began, or outside the person's life.
    """
    began = holder.started_on if holder else None
    if began and day < began:
        raise RequestError(f"{day} is before {began}, when the benefit began", field="ended_on")
    return lived("ended_on", day, holder)


def _happened(seen: Entry) -> list[date]:
    days = (each.get("happened_on") for each in seen.evidence)
    return [date.fromisoformat(day) for day in days if day]
