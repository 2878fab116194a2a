"""A province as columns, made without a hub: roster, months of settled evidence, certificates, corrections.

The parts are those that intake, import and settle would leave. Seeded: the same size gives the same rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from bench.decide.kinds import DEATH_RATE, DEATHS, SIGHTINGS, Kind
from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED
from gateway.roster.columns import ROSTER

Whole = NDArray[np.int64]

AS_OF: Final = date(2026, 9, 30)
"""The day that the newest month ends with."""

_PEOPLE: Final = 0.8
"""People for each benefit: one in four draws two."""

_SUPERSEDED: Final = 0.01
_WITHDRAWN: Final = 0.0005
_STRANGERS: Final = 0.002
_COUNTY: Final = 990_000
_COUNTIES: Final = 122
_BENEFITS: Final = {
    "resident_pension": 0.56,
    "employee_pension": 0.30,
    "institution_pension": 0.07,
    "injury_long_term": 0.01,
    "survivor_allowance": 0.02,
    "unemployment_benefit": 0.04,
}
_CERTIFIED_SHARE: Final = 0.95
_SPOUSES: Final = 0.01
_ASSISTED: Final = 0.03
_MATCHABLE: Final = 0.995
_MOVED: Final = 0.1
_SEEN: Final = 0.93
_BOUNDED: Final = 0.2
_RELEASED: Final = 0.2
_METHODS: Final = {"data_matching": 0.5, "self_service": 0.3, "counter": 0.12, "community": 0.08}
_STATUSES: Final = {"paying": 0.97, "suspended": 0.025, "stopped_after_verification": 0.005}
_DAY_US: Final = 86_400_000_000
_DAYS_OF_A_MONTH: Final = 30


@dataclass(frozen=True)
class Size:
    """How large a province is: benefits, and records in each of its months; `seed` chooses another one."""

    benefits: int
    records: int
    seed: int = 1

    @property
    def people(self) -> int:
        """How many draw a benefit."""
        return round(self.benefits * _PEOPLE)


def roster(size: Size, bucket: int) -> pa.Table:
    """The ROSTER rows of a bucket: some people draw a second benefit."""
    rng = _chance(size, bucket, 0)
    once = people_of(size, bucket)
    twice = once[rng.random(len(once)) < 1 / _PEOPLE - 1]
    person = np.concatenate([once, twice])
    count = len(person)
    numbers = np.arange(count)
    certified = _days(rng, AS_OF - timedelta(_DAYS_OF_A_MONTH), 400, count)
    columns: dict[str, Any] = {
        "person": person,
        "person_no": _texts("P", person),
        "benefit_id": _texts("B", numbers * BUCKETS + bucket),
        "benefit": _chosen(rng, _BENEFITS, count),
        "insured_county": _texts("", _COUNTY + rng.integers(0, _COUNTIES, count)),
        "birth_on": _days(rng, date(1966, 1, 1), 9_000, count),
        "started_on": _days(rng, date(2024, 1, 1), 4_000, count),
        "last_certified_on": _missing(rng, certified, 1 - _CERTIFIED_SHARE),
        "last_method": _chosen(rng, _METHODS, count),
        "payment_status": _chosen(rng, _STATUSES, count),
        "spouse_survivor": pa.array(rng.random(count) < _SPOUSES),
        "needs_assistance": pa.array(rng.random(count) < _ASSISTED),
        "matchable": pa.array(rng.random(count) < _MATCHABLE),
        "first_seen_on": pa.repeat(pa.scalar(date(2025, 1, 1)), count),
    }
    return _table(columns, count, ROSTER)


def people_of(size: Size, bucket: int) -> Whole:
    """The roster numbers in a bucket."""
    return np.arange(bucket, size.people, BUCKETS, dtype=np.int64)


def month(size: Size, bucket: int, back: int = 0) -> pa.Table:
    """The EVIDENCE rows of a bucket that a month brought, sorted by person; `back` months before AS_OF."""
    rng = _chance(size, bucket, 1 + back)
    people, until = people_of(size, bucket), AS_OF - timedelta(_DAYS_OF_A_MONTH * back)
    rows = [*_deaths(rng, people, until), *_sightings(rng, people, size.records // BUCKETS, until)]
    return pa.concat_tables(rows).sort_by("person")


def corrections(size: Size, bucket: int, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Versions that rows had before, some about somebody else, and the RETIRED rows that list them."""
    rng = _chance(size, bucket, 1_000)
    earlier = rows.take(_places(rng, rows.num_rows, _SUPERSEDED)).combine_chunks()
    moved = rng.random(earlier.num_rows) < _MOVED
    person = np.where(moved, rng.choice(people_of(size, bucket), earlier.num_rows), earlier["person"])
    earlier = _with(earlier, "person", pa.array(person, pa.int64()))
    earlier = _with(earlier, "content", pa.array(_hashes(rng, earlier.num_rows)))
    before = pc.subtract(earlier["published_at"], pa.scalar(timedelta(1), pa.duration("us")))
    earlier = _with(earlier, "published_at", before)
    return earlier, earlier.select(RETIRED.names).cast(RETIRED)


def strangers(size: Size, months: Sequence[pa.Table]) -> pa.Table:
    """What names nobody on the roster: settlements paid back of the given rows, deaths of other people."""
    rng = _chance(size, BUCKETS, 0)
    found = [_withdrawals(rng, rows) for rows in months]
    deaths = _described(rng, DEATHS[0], round(size.records * _STRANGERS), AS_OF, None)
    keyed = _with(deaths, "person_key", pa.array(_hashes(rng, deaths.num_rows)))
    named = _with(keyed, "name_key", pa.array(_hashes(rng, deaths.num_rows)))
    return pa.concat_tables([*found, _with(named, "certificate", _ids(rng, deaths.num_rows))])


def arrivals(size: Size, bucket: int, share: float = 0.02, turn: int = 0) -> pa.Table:
    """New EVIDENCE rows of a bucket, a share of a month's, in the days after AS_OF."""
    rng = _chance(size, bucket, 2_000 + turn)
    people = people_of(size, bucket)
    rows = [*_sightings(rng, people, round(size.records * share) // BUCKETS, AS_OF + timedelta(2 + turn), 2)]
    return pa.concat_tables(rows).sort_by("person")


def _sightings(
    rng: Generator, people: Whole, count: int, until: date, days: int = _DAYS_OF_A_MONTH
) -> Iterator[pa.Table]:
    """Everything but deaths; how often somebody is seen differs, and some are never."""
    weights = rng.gamma(0.9, size=len(people)) * (rng.random(len(people)) < _SEEN)
    reach = np.cumsum(weights) / weights.sum()
    for kind in SIGHTINGS:
        many = rng.poisson(count * kind.share)
        whose = people[np.searchsorted(reach, rng.random(many))]
        yield _described(rng, kind, many, until, whose, days)


def _deaths(rng: Generator, people: Whole, until: date) -> Iterator[pa.Table]:
    """Deaths with the certificates that they share; some days are only bounded."""
    dead = people[rng.random(len(people)) < DEATH_RATE]
    certificate = _ids(rng, len(dead))
    day = _days(rng, until, _DAYS_OF_A_MONTH, len(dead))
    for place, kind in enumerate(DEATHS):
        told = np.flatnonzero(rng.random(len(dead)) < kind.share)
        rows = _described(rng, kind, len(told), until, dead[told])
        named = "certificate" if place == 0 else "derived_from"
        if kind.basis != "died_in_hospital":
            rows = _with(rows, named, certificate.take(pa.array(told)))
        bounded = rng.random(len(told)) < _BOUNDED
        exact = pc.if_else(pa.array(bounded), pa.scalar(None, pa.date32()), day.take(pa.array(told)))
        rows = _with(rows, "happened_on", exact)
        rows = _with(rows, "earliest", exact)
        yield _with(rows, "latest", day.take(pa.array(told)))


def _described(
    rng: Generator,
    kind: Kind,
    count: int,
    until: date,
    people: Whole | None,
    days: int = _DAYS_OF_A_MONTH,
) -> pa.Table:
    day = _days(rng, until, days, count)
    published = pc.add(
        pc.multiply(pc.cast(pc.cast(day, pa.int32()), pa.int64()), _DAY_US),
        pa.array(rng.integers(0, _DAY_US, count)),
    ).cast(pa.timestamp("us"))
    columns: dict[str, Any] = {
        "person": None if people is None else people,
        "department": pa.repeat(kind.department, count),
        "dataset": pa.repeat(kind.dataset, count),
        "key_hash": _ids(rng, count),
        "item": pa.array(np.zeros(count, np.int16)),
        "kind": pa.repeat(kind.kind, count),
        "basis": pa.repeat(pa.scalar(kind.basis, pa.string()), count),
        "polarity": pa.repeat(kind.polarity, count),
        "strength": pa.repeat(pa.scalar(kind.strength, pa.string()), count),
        "origin": pa.repeat("department", count),
        "identity": pa.repeat("unchecked" if people is None else kind.identity, count),
        "happened_on": day,
        "published_at": published,
        "received_at": pa.repeat(pa.scalar(datetime.combine(until, datetime.min.time())), count),
        "content": _hashes(rng, count),
    }
    if kind.kind == "custody":
        columns |= _custody(rng, day)
    return _table(columns, count, EVIDENCE)


def _custody(rng: Generator, day: pa.Array) -> dict[str, Any]:
    """Begun on the day; planned ends lie on both sides of the as-of date, some were let go already."""
    count = len(day)
    began = pc.cast(day, pa.int32())
    ends = pc.add(began, pa.array(rng.integers(-20, 1_500, count).astype(np.int32))).cast(pa.date32())
    released = pc.add(began, pa.array(rng.integers(0, 20, count).astype(np.int32))).cast(pa.date32())
    gone = pa.array(rng.random(count) < _RELEASED)
    return {
        "happened_on": None,
        "began_on": day,
        "ends_on": _missing(rng, ends, 0.2),
        "released_on": pc.if_else(gone, released, pa.scalar(None, pa.date32())),
        "released_to": pc.if_else(gone, pa.scalar("outside"), pa.scalar(None, pa.string())),
    }


def _withdrawals(rng: Generator, rows: pa.Table) -> pa.Table:
    """Rows that undo others: what was paid is paid back."""
    paid = rows.filter(pc.equal(rows["dataset"], "settlements"))
    undone = paid.take(_places(rng, paid.num_rows, _WITHDRAWN)).combine_chunks()
    count = undone.num_rows
    changes: dict[str, Any] = {
        "withdraws": undone["key_hash"],
        "key_hash": _ids(rng, count),
        "person": pa.nulls(count, pa.int64()),
        "kind": pa.repeat("withdrawal", count),
        "polarity": pa.repeat("neutral", count),
        "strength": pa.nulls(count, pa.string()),
        "identity": pa.repeat("unchecked", count),
        "content": _hashes(rng, count),
    }
    for name, values in changes.items():
        undone = _with(undone, name, values)
    return undone


def _chance(size: Size, bucket: int, stream: int) -> Generator:
    return default_rng([size.seed, size.benefits, size.records, bucket, stream])


def _places(rng: Generator, count: int, share: float) -> pa.Array:
    return pa.array(np.flatnonzero(rng.random(count) < share))


def _days(rng: Generator, until: date, span: int, count: int) -> pa.Array:
    """Days up to and with `until`, within so many."""
    last = (until - date(1970, 1, 1)).days
    return pa.array((last - rng.integers(0, span, count)).astype(np.int32)).cast(pa.date32())


def _missing(rng: Generator, values: pa.Array, share: float) -> pa.Array:
    return pc.if_else(pa.array(rng.random(len(values)) < share), pa.scalar(None, values.type), values)


def _chosen(rng: Generator, shares: dict[str, float], count: int) -> pa.Array:
    places = rng.choice(len(shares), count, p=list(shares.values())).astype(np.int32)
    return pa.DictionaryArray.from_arrays(places, pa.array(list(shares))).cast(pa.string())


def _texts(prefix: str, numbers: Whole) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def _hashes(rng: Generator, count: int) -> Whole:
    return rng.integers(-(2**62), 2**62, count)


def _ids(rng: Generator, count: int) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(16), count, [None, pa.py_buffer(rng.bytes(16 * count))])


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    place = EVIDENCE.get_field_index(name)
    column = pa.array(values) if isinstance(values, np.ndarray) else values
    return rows.set_column(place, EVIDENCE.field(place), column.cast(EVIDENCE.field(place).type))


def _table(columns: dict[str, Any], count: int, schema: pa.Schema) -> pa.Table:
    made = [_column(columns.get(field.name), count, field) for field in schema]
    return pa.Table.from_arrays(made, schema=schema)


def _column(values: Any, count: int, field: pa.Field) -> Any:
    if values is None:
        return pa.nulls(count, field.type)
    return (pa.array(values) if isinstance(values, np.ndarray) else values).cast(field.type)
