"""First pass over a roster file: rows that can be used go on with keys in place of ID numbers and names."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gateway.roster.encoding import REPLACEMENT, Source
from gateway.roster.keying import NAME_SHAPE, PERSON_KEYS, ColumnKeys
from gateway.roster.keymap import NO_NAME
from gateway.roster.reading import COLUMNS, Rows, read_rows

_NEEDED: Final = ("benefit_id", "benefit", "person_no")
_SECRET: Final = ("id_type", "id_number", "other_id_numbers", "name")
KEPT: Final = tuple(name for name in COLUMNS if name not in _SECRET)
REPORTED: Final = 100
"""Refused rows beyond this many are counted, not listed."""

_UNFIT: Final = f"[\\x00-\\x1f\\x7f{REPLACEMENT}]"
STAGED: Final = pa.schema(
    [
        pa.field("line", pa.int64()),
        *[pa.field(name, pa.string()) for name in KEPT],
        pa.field("person_keys", PERSON_KEYS),
        pa.field("name_key", pa.int64()),
        pa.field("name_shape", NAME_SHAPE),
    ]
)


@dataclass(frozen=True)
class RefusedRow:
    """A row that was left out: where it stands and which rule it broke, never what it says."""

    line: int
    field: str
    rule: str


@dataclass(frozen=True)
class Staged:
    """What the first pass found; `warnings` counts unusable names, which leave a match in doubt."""

    rows: int
    refused: list[RefusedRow]
    refused_total: int
    warnings: Counter[str]


def stage(
    source: Source,
    target: Path,
    keyed: ColumnKeys,
    benefits: Collection[str] | None,
    progress: Callable[[int], None],
) -> Staged:
    """Write the usable rows of a file, with keys, as one Parquet file."""
    rows, total, refused, warnings = 0, 0, list[RefusedRow](), Counter[str]()
    with pq.ParquetWriter(target, STAGED) as writer:
        for batch in read_rows(source):
            found = list(_refused(batch, benefits))
            total += len(found)
            refused += found[: REPORTED - len(refused)]
            table = _keyed(_without(batch, {each.line for each in found}), keyed, warnings)
            writer.write_table(table)
            rows += batch.count
            progress(rows)
    return Staged(rows, refused, total, warnings)


def _refused(rows: Rows, benefits: Collection[str] | None) -> Iterator[RefusedRow]:
    yield from (RefusedRow(line, "row", "row_form") for line in rows.misfits)
    seen: set[int] = set()
    for name in _NEEDED:
        for rule, broken in _rules(name, rows.columns, benefits):
            positions = set(pc.indices_nonzero(broken.fill_null(False)).to_pylist()) - seen
            seen |= positions
            yield from (RefusedRow(rows.lines[each], name, f"{name}_{rule}") for each in sorted(positions))


def _rules(
    name: str, columns: Mapping[str, pa.Array], benefits: Collection[str] | None
) -> Iterator[tuple[str, pa.Array]]:
    column = columns[name]
    yield "missing", pc.is_null(column)
    yield "form", pc.match_substring_regex(column, _UNFIT)
    # these are kept and published; an ID number must not leave by another door
    yield "is_id_number", pc.equal(pc.utf8_upper(column), pc.utf8_upper(columns["id_number"]))
    if name == "benefit" and benefits is not None:
        yield "unknown", pc.invert(pc.is_in(column, value_set=pa.array(sorted(benefits), pa.string())))


def _without(rows: Rows, refused: set[int]) -> pa.Table:
    table = pa.table({"line": pa.array(rows.lines, pa.int64()), **rows.columns})
    return (
        table.filter(pa.array([line not in refused for line in rows.lines], pa.bool_())) if refused else table
    )


def _keyed(table: pa.Table, keyed: ColumnKeys, warnings: Counter[str]) -> pa.Table:
    id_types, numbers, others, names = (table[name].combine_chunks() for name in _SECRET)
    name_keys, shapes = keyed.names(names)
    doubtful = pc.or_(pc.equal(name_keys, NO_NAME), pc.match_substring(names, REPLACEMENT).fill_null(False))
    warnings["name"] += pc.sum(doubtful).as_py() or 0
    columns = [*table.select(["line", *KEPT]).columns, keyed.person_keys(id_types, numbers, others)]
    return pa.table([*columns, name_keys, shapes], schema=STAGED)
