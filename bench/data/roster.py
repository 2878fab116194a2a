"""The roster file: one row for each benefit, as the core system writes it."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.data.calendar import FIRST
from bench.data.chance import Numbers, below, chosen
from bench.data.people import People
from bench.data.text import (
    Letters,
    as_arrow,
    beside,
    chosen_from,
    constant,
    day_number,
    days,
    digits,
    replaced,
)
from gateway.sandbox.id_numbers import COUNTIES
from gateway.sandbox.roster import COLUMNS

_FIRST_BENEFITS: Final = (
    *("employee_pension",) * 40,
    *("institution_pension",) * 10,
    *("resident_pension",) * 43,
    *("injury_long_term",) * 5,
    *("unemployment_benefit",) * 2,
)
_METHODS: Final = ("self_service", "counter", "community", "home_visit")
_AT_ONCE: Final = 250_000
_CERTIFIED_WITHIN: Final = 330


def write_roster(path: Path, people: People) -> None:
    """Write the roster as Parquet, all columns as text, piece by piece."""
    schema = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])
    unfinished = path.with_suffix(".unfinished")
    with pq.ParquetWriter(unfinished, schema) as writer:
        for start in range(0, people.benefits, _AT_ONCE):
            numbers = np.arange(start, min(start + _AT_ONCE, people.benefits))
            writer.write_table(pa.table(_columns(people, numbers), schema))
    unfinished.rename(path)


def holders(people: People, benefits: Numbers) -> Numbers:
    """Who draws each benefit: everybody draws one, one of every four neighbours by number another."""
    seconds = (benefits - people.on_roster) * 4 + below(4, people.seed, "second", benefits)
    return np.where(benefits < people.on_roster, benefits, seconds % people.on_roster)


def _columns(people: People, benefits: Numbers) -> list[pa.Array]:
    persons, seed, count = holders(people, benefits), people.seed, len(benefits)
    second = benefits >= people.on_roster
    kinds = chosen_from(_FIRST_BENEFITS, below(len(_FIRST_BENEFITS), seed, "benefit", benefits))
    certified = day_number(FIRST) - 10 - below(_CERTIFIED_WITHIN, seed, "certified", benefits)
    suspended = chosen(0.01, seed, "suspended", benefits)
    status = np.where(suspended, 1, 0)
    columns: dict[str, Letters | pa.Array] = {
        "person_no": beside(constant("99", count), digits(persons, 10)),
        "id_type": constant("01", count),
        "id_number": people.id_numbers(persons),
        "other_id_numbers": constant("\0", count),
        "name": pa.array(people.names).take(pa.array(people.name_places(persons))),
        "birth_on": days(people.born(persons)),
        "benefit_id": beside(constant("B99", count), digits(benefits, 10)),
        "benefit": replaced(kinds, second, "survivor_allowance"),
        "insured_county": chosen_from(COUNTIES, people.counties(persons)),
        "employer_no": beside(constant("99E", count), digits(below(400, seed, "employer", benefits), 5)),
        "started_on": days(day_number(FIRST) - 400 - below(3_000, seed, "started", benefits)),
        "last_certified_on": days(certified),
        "last_method": chosen_from(_METHODS, below(len(_METHODS), seed, "method", benefits)),
        "payment_status": chosen_from(("paying", "suspended"), status),
        "suspended_on": replaced(days(certified + 5), ~suspended, ""),
        "spouse_survivor": chosen_from(("0", "1"), second.astype(np.int64)),
        "needs_assistance": chosen_from(("0",) * 24 + ("1",), below(25, seed, "assistance", benefits)),
    }
    found = (columns[name] for name in COLUMNS)
    return [as_arrow(column) if isinstance(column, np.ndarray) else column for column in found]
