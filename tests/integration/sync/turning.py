"""What may come between two runs, over a generated province: made once, and given to every site alike."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from bench.decide.data import AS_OF, Size, arrivals
from bench.decide.site import DecideSite
from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import scan
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part, add_parts, live_parts, retire_parts

_BETWEEN = 0
"""No run's number: what comes between two comes from none."""


@dataclass(frozen=True)
class Turn:
    """What comes before one run: rows that arrive, and another roster where `rosters` has one, by bucket."""

    arrived: list[pa.Table] = field(default_factory=list)
    rosters: dict[int, pa.Table] = field(default_factory=dict)

    def give(self, site: DecideSite) -> None:
        """Let it come to a site."""
        if self.arrived:
            _add(site, "arrived", STRANGERS, pa.concat_tables(self.arrived).cast(EVIDENCE))
        for bucket, rows in self.rosters.items():
            _add(site, "roster", bucket, rows, instead=True)


def settled(site: DecideSite, where: str, limit: int) -> pa.Table:
    """Some live rows of a site, the same for the same site."""
    with site.station.store.read() as conn:
        parts = live_parts(conn, "settled")
        retired = scan(site.station.evidence, live_parts(conn, "retired"), RETIRED)
    rows = scan(site.station.evidence, parts, EVIDENCE)
    query = (
        f"SELECT * FROM ({rows}) ANTI JOIN ({retired}) USING (dataset, key_hash, published_at, content) "  # noqa: S608 - our own SQL
        f"WHERE {where} ORDER BY hash(key_hash), item LIMIT {limit}"
    )
    return read(query).cast(EVIDENCE)


def newer(rng: Generator, rows: pa.Table, day: date, **given: Any) -> pa.Table:
    """The next version of rows, with other values where given."""
    count = rows.num_rows
    at = datetime.combine(day, datetime.min.time())
    changes = {
        "published_at": pa.repeat(pa.scalar(at, pa.timestamp("us")), count),
        "received_at": pa.repeat(pa.scalar(at, pa.timestamp("us")), count),
        "content": pa.array(rng.integers(1, 2**62, count)),
    } | {name: _column(value, count, name) for name, value in given.items()}
    for name, values in changes.items():
        place = EVIDENCE.get_field_index(name)
        rows = rows.set_column(place, EVIDENCE.field(place), values.cast(EVIDENCE.field(place).type))
    return rows


def moved(rng: Generator, site: DecideSite, rows: pa.Table, day: date) -> pa.Table:
    """Corrections that name somebody else."""
    return newer(rng, rows, day, person=pa.array(rng.integers(0, site.size.people, rows.num_rows)))


def deleted(rng: Generator, rows: pa.Table, day: date) -> pa.Table:
    """The versions that say nothing any more; a certificate still says which it was."""
    none = {"person": None, "strength": None, "happened_on": None, "derived_from": None}
    said = {"kind": "nothing", "basis": "deleted", "polarity": "neutral", "identity": "unchecked"}
    return newer(rng, rows, day, **none, **said)


def withdrawing(rng: Generator, rows: pa.Table, day: date) -> pa.Table:
    """Rows that undo others."""
    none = {"person": None, "strength": None, "certificate": None, "derived_from": None}
    said = {"kind": "withdrawal", "polarity": "neutral", "identity": "unchecked"}
    keys = pa.array([rng.bytes(16) for _ in range(rows.num_rows)], pa.binary(16))
    return newer(rng, rows, day, withdraws=rows["key_hash"], key_hash=keys, **none, **said)


def naming(rng: Generator, site: DecideSite, rows: pa.Table, day: date) -> pa.Table:
    """Deaths on the certificates of others: of the same person by name, and twice of somebody else."""
    own = _on_certificate(rng, rows, day, rows["person"], "civil_affairs", "cremations")
    others = pa.array(rng.integers(0, site.size.people, rows.num_rows))
    names = ("police", "household_cancellations"), ("medical_insurance", "terminations")
    return pa.concat_tables([own, *(_on_certificate(rng, rows, day, others, *each) for each in names)])


def planned(rng: Generator, site: DecideSite, count: int, day: date) -> pa.Table:
    """Custodies whose beginnings and ends lie ahead."""
    rows = settled(site, "kind = 'custody'", count)
    began = pa.array((day - date(1970, 1, 1)).days + rng.integers(0, 40, rows.num_rows).astype(np.int32))
    keys = pa.array([rng.bytes(16) for _ in range(rows.num_rows)], pa.binary(16))
    ends = pc.add(began, pa.scalar(25, pa.int32())).cast(pa.date32())
    who = pa.array(rng.integers(0, site.size.people, rows.num_rows))
    return newer(rng, rows, day, began_on=began.cast(pa.date32()), ends_on=ends, key_hash=keys, person=who)


def another_roster(rng: Generator, site: DecideSite) -> dict[int, pa.Table]:
    """Benefits leave, come, change hands within a bucket and between two, and are certified elsewhere."""
    with site.station.store.read() as conn:
        parts = {bucket: live_parts(conn, "roster", bucket) for bucket in range(BUCKETS)}
    tables = {
        bucket: read(f"{scan(site.station.evidence, own, ROSTER)} ORDER BY benefit_id")
        for bucket, own in parts.items()
    }
    kept = {
        bucket: rows.filter(pa.array(rng.random(rows.num_rows) > 0.01)) for bucket, rows in tables.items()
    }
    kept[3] = pa.concat_tables([kept[3], _to_another_bucket(kept[2])])
    kept[2] = kept[2].slice(20)
    return {bucket: _turned(rng, rows, bucket).cast(ROSTER) for bucket, rows in kept.items()}


def _to_another_bucket(rows: pa.Table) -> pa.Table:
    few = rows.slice(0, 20)
    return few.set_column(0, few.schema.field(0), pc.add(few["person"], pa.scalar(1, pa.int64())))


def _turned(rng: Generator, rows: pa.Table, bucket: int) -> pa.Table:
    count = rows.num_rows
    hit = rng.random((3, count))
    certified = pa.array((AS_OF - date(1970, 1, 1)).days - rng.integers(0, 90, count).astype(np.int32))
    changes = {
        "last_certified_on": (hit[0] < 0.03, certified.cast(pa.date32())),
        "payment_status": (hit[1] < 0.02, pa.repeat("suspended", count)),
        "person": (hit[2] < 0.005, pa.array(rng.choice(rows["person"].to_numpy(), count))),
    }
    for name, (where, values) in changes.items():
        place = ROSTER.get_field_index(name)
        rows = rows.set_column(
            place, rows.schema.field(place), pc.if_else(pa.array(where), values, rows[name])
        )
    fresh = rows.slice(0, 5)
    ids = pa.array([f"N{bucket}-{rng.integers(10**9)}" for _ in range(fresh.num_rows)])
    return pa.concat_tables([rows, fresh.set_column(2, fresh.schema.field(2), ids)])


def some_arrive(size: Size, share: float, turn: int) -> list[pa.Table]:
    """Usual rows."""
    return [arrivals(size, bucket, share, turn) for bucket in range(BUCKETS)]


def _on_certificate(
    rng: Generator, rows: pa.Table, day: date, who: Any, department: str, dataset: str
) -> pa.Table:
    keys = pa.array([rng.bytes(16) for _ in range(rows.num_rows)], pa.binary(16))
    names = pa.array(rng.integers(1, 2**62, rows.num_rows))
    said = {"department": department, "dataset": dataset, "key_hash": keys, "name_key": names}
    return newer(rng, rows, day, person=who, derived_from=rows["certificate"], certificate=None, **said)


def read(query: str) -> pa.Table:
    with duckdb.connect() as connection:
        found = connection.sql(query)
        assert found is not None
        return found.to_arrow_table()


def _column(value: Any, count: int, name: str) -> Any:
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return value
    return pa.repeat(pa.scalar(value, EVIDENCE.field(name).type), count)


def _add(site: DecideSite, stage: str, bucket: int, rows: pa.Table, *, instead: bool = False) -> None:
    station, now = site.station, site.station.now()
    part: Part = as_part(write_part(station.evidence, stage, rows), stage, bucket, _BETWEEN, now)
    with station.store.begin() as conn:
        if instead:
            retire_parts(conn, [old.part_id for old in live_parts(conn, stage, bucket)], now)
        add_parts(conn, [part])
