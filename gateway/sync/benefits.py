"""Whose benefit it is, by the roster as it is now."""

from dataclasses import dataclass
from datetime import date

from gateway.errors import NotFoundError
from gateway.evidence.engine import engine
from gateway.evidence.live import scan
from gateway.roster.columns import ROSTER
from gateway.store.parts import live_parts
from gateway.sync.station import Station
from gateway.sync.texts import is_writable


@dataclass(frozen=True)
class Holder:
    """Who draws a benefit; `person` is the roster number and is never shown."""

    person: int
    person_no: str
    benefit_id: str
    benefit: str
    birth_on: date | None
    started_on: date | None
    insured_county: str | None = None


def holder_of(station: Station, benefit_id: str) -> Holder:
    """Look a benefit up in the roster.

    Raises:
        NotFoundError: it is not there; what was asked for is not repeated.
    """
    found = find_holder(station, benefit_id)
    if found is None:
        raise no_holder()
    return found


def no_holder() -> NotFoundError:
    """What is said of a benefit that is not there."""
    return NotFoundError("there is no such benefit on the roster: check its id, or import the roster first")


def find_holder(station: Station, benefit_id: str) -> Holder | None:
    """Look a benefit up in the roster, which it may have left."""
    if not is_writable(benefit_id):
        return None
    with station.store.read() as conn:
        roster = scan(station.evidence, live_parts(conn, "roster"), ROSTER)
    columns = ", ".join(Holder.__dataclass_fields__)
    query = f"SELECT {columns} FROM ({roster}) WHERE benefit_id = ?"  # noqa: S608 - our own columns and paths
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
        row = connection.execute(query, [benefit_id]).fetchone()
    return None if row is None else Holder(*row)
