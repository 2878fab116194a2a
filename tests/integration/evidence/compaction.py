"""Compaction of a place of these tests, as if everything in it had been decided by."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.evidence.compact import Compacted
from gateway.evidence.files import as_part, write_part
from gateway.roster.columns import ROSTER
from gateway.store import runs
from gateway.store.parts import add_parts
from gateway.sync.compacting import Task, compact
from gateway.sync.station import Station
from tests.integration.evidence.places import Place, Row
from tests.integration.sync.shifts import HOST, configured
from tests.unit.core.examples import RECEIVED_AT

LATER = RECEIVED_AT + timedelta(days=60)
DECIDED_ON = date(2026, 5, 1)
CHECK = "health_check"


def station_of(place: Place, at: datetime = LATER) -> Station:
    """The place as a gateway whose clock stands."""
    settings = configured()
    gateway = settings.gateway.model_copy(update={"evidence": place.folder})
    settings = settings.model_copy(update={"gateway": gateway})
    return Station(settings, HOST, place.store, clock=lambda: at)


def decided(place: Place, day: date = DECIDED_ON) -> int:
    """Note a run that decided by everything there is, and was published."""
    with place.store.begin() as conn:
        run_id = runs.start_run(conn, "decide", LATER, day, "1")
        runs.finish_run(conn, run_id, "done", LATER)
    return run_id


def compacted(place: Place, **task: Any) -> list[Compacted]:
    """Compact every bucket after one more run has decided."""
    decided(place)
    return compact(station_of(place), Task("tests", **task))


def standing(place: Place, person: int, **columns: Any) -> None:
    """A benefit of a person, and the decision that stands about it."""
    bucket, benefit_id = person % 16, f"B{person}"
    lists: Row = {
        field.name: [] if pa.types.is_list(field.type) else False for field in DECIDED if not field.nullable
    }
    decision = lists | {"benefit_id": benefit_id, "decision": "certified"} | columns
    holder = {
        **{field.name: False for field in ROSTER if pa.types.is_boolean(field.type)},
        "person": person,
        "person_no": f"P{person}",
        "benefit_id": benefit_id,
        "benefit": "employee_pension",
        "first_seen_on": DECIDED_ON,
    }
    for stage, row, schema in (("decided", decision, DECIDED), ("roster", holder, ROSTER)):
        written = write_part(place.folder, stage, pa.Table.from_pylist([row], schema=schema))
        with place.store.begin() as conn:
            add_parts(conn, [as_part(written, stage, bucket, 1, LATER)])


def days(place: Place, person: int, kind: str = CHECK) -> list[int]:
    """The days of March on which a person was seen."""
    found = [row for row in place.counting() if row["person"] == person and row["kind"] == kind]
    return sorted(row["happened_on"].day for row in found)


def essence(rows: Iterable[Row]) -> list[Row]:
    """What rules can see of records: all of them, but of those that only show life the newest a person."""
    every = list(rows)
    shown = [row for row in every if row["kind"] == CHECK]
    newest = {(row["person"], row["happened_on"]) for row in shown}
    last = {person: max(day for who, day in newest if who == person) for person, _ in newest}
    return sorted(
        (row for row in every if row["kind"] != CHECK or row["happened_on"] == last[row["person"]]), key=repr
    )
