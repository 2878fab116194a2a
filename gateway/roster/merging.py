"""Second pass, in DuckDB with bounded memory: numbers for people, and what changed against the last roster.

Everything here is already without names and ID numbers; whatever spills to disk is too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from gateway.places import Place
from gateway.roster.columns import ROSTER
from gateway.roster.keymap import ENTRY
from gateway.roster.shapes import SHAPE_BYTES
from gateway.roster.staging import KEPT, REPORTED
from gateway.store.files import durable
from gateway.store.parts import BUCKETS
from gateway.store.reaching import reach

MEMORY: Final = "1GB"
ROSTER_PART: Final = ROSTER.append(pa.field("content", pa.int64(), nullable=False))
"""A roster part: the roster and a hash of each row, to tell at the next import whether it changed."""

NUMBERS_PART: Final = pa.schema(
    [pa.field("person_no", pa.string(), nullable=False), pa.field("person", pa.int64(), nullable=False)]
)
"""Every person who ever had a roster number: it is never given to another, and is theirs when they return."""

_KEY_BYTES: Final = 8
_BATCH_ROWS: Final = 100_000
_DAYS: Final = ("birth_on", "started_on", "last_certified_on", "suspended_on")
_FLAGS: Final = ("spouse_survivor", "needs_assistance")
_MACROS: Final = (
    r"""CREATE MACRO day_of(text) AS CASE
        WHEN regexp_full_match(text, '\d{8}|\d{4}-\d{2}-\d{2}')
        THEN try_strptime(replace(text, '-', ''), '%Y%m%d')::DATE END""",
    """CREATE MACRO flag_of(text) AS CASE
        WHEN lower(text) IN ('1', 'true') THEN true
        WHEN lower(text) IN ('0', 'false') THEN false END""",
    r"CREATE MACRO county_of(text) AS CASE WHEN regexp_full_match(text, '\d{6}') THEN text END",
    """CREATE MACRO status_of(text) AS CASE
        WHEN text IN ('paying', 'suspended', 'stopped_after_verification', 'terminated') THEN text END""",
    "CREATE MACRO hash_of(text) AS (md5_number_lower(text) // 2)::BIGINT",
)
_READ: Final = {
    **{name: f"day_of({name})" for name in _DAYS},
    **{name: f"flag_of({name})" for name in _FLAGS},
    "insured_county": "county_of(insured_county)",
    "payment_status": "status_of(payment_status)",
}
_TYPED: Final = ", ".join(
    f"coalesce({_READ[name]}, false) AS {name}" if name in _FLAGS else f"{_READ.get(name, name)} AS {name}"
    for name in KEPT
)
_UNREADABLE: Final = ", ".join(
    f"count(*) FILTER ({name} IS NOT NULL AND {read} IS NULL) AS {name}" for name, read in _READ.items()
)
_CONTENT: Final = ", ".join(
    f"coalesce({name}::VARCHAR, '')" for name in (*KEPT, "list_sort(person_keys)", "name_key")
)
_DUPLICATES: Final = """
    CREATE TABLE duplicates AS
    SELECT line FROM typed JOIN (
        SELECT benefit_id, min(line) AS first FROM typed GROUP BY benefit_id HAVING count(*) > 1
    ) USING (benefit_id)
    WHERE line > first"""
_NUMBERS: Final = """
    CREATE TABLE numbers AS
    SELECT person_no, person FROM previous_numbers
    UNION ALL
    SELECT person_no, highest + row_number() OVER (ORDER BY line) AS person
    FROM (
        SELECT person_no, min(line) AS line
        FROM usable ANTI JOIN previous_numbers USING (person_no)
        GROUP BY person_no
    ), (SELECT coalesce(max(person), 0) AS highest FROM previous_numbers)"""
_KEYS: Final = """
    CREATE TABLE keys AS
    SELECT DISTINCT unnest(person_keys) AS person_key, person AS number, name_key
    FROM usable JOIN numbers USING (person_no)"""
_SHAPES: Final = """
    CREATE VIEW shapes AS
    SELECT name_key, min(name_shape) AS name_shape
    FROM staged WHERE name_shape IS NOT NULL AND name_key IN (SELECT name_key FROM keys)
    GROUP BY name_key"""
_ROSTER: Final = """
    CREATE TABLE roster AS
    SELECT usable.* EXCLUDE (person_keys, name_key), numbers.person,
        numbers.person IN (SELECT number FROM keys) AS matchable,
        coalesce(previous.first_seen_on, getvariable('today')) AS first_seen_on,
        previous.benefit_id IS NULL AS is_new,
        previous.content <> usable.content AS is_changed
    FROM usable JOIN numbers ON usable.person_no = numbers.person_no
    LEFT JOIN previous ON usable.benefit_id = previous.benefit_id"""
_COUNTS: Final = """
    SELECT count(*), count(*) FILTER (is_new), count(*) FILTER (is_changed),
        (SELECT count(*) FROM previous ANTI JOIN roster USING (benefit_id)), count(*) FILTER (NOT matchable)
    FROM roster"""


@dataclass(frozen=True)
class Previous:
    """The files of the last roster."""

    roster: Sequence[Place]
    numbers: Sequence[Place]


@dataclass(frozen=True)
class Merged:
    """What the second pass found; `duplicates` are the first lines that repeat a benefit.

    `unreadable` counts by column the values that were left empty.
    """

    rows: int
    new: int
    changed: int
    gone: int
    unmatchable: int
    duplicates: list[int]
    duplicates_total: int
    unreadable: dict[str, int]


class Merge:
    """The new roster, numbered and compared, ready to be written."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def found(self) -> Merged:
        """The counts."""
        duplicates = self._connection.table("duplicates").order("line")
        unreadable = self._connection.view("staged").aggregate(_UNREADABLE).fetchall()[0]
        rows, new, changed, gone, unmatchable = self._connection.execute(_COUNTS).fetchall()[0]
        return Merged(
            rows,
            new,
            changed,
            gone,
            unmatchable,
            duplicates=[line for (line,) in duplicates.limit(REPORTED).fetchall()],
            duplicates_total=len(duplicates),
            unreadable=dict(zip(_READ, unreadable, strict=True)),
        )

    def write_bucket(self, bucket: int, path: Place) -> int:
        """Write one bucket of the roster, by person, and give its rows."""
        rows = self._connection.table("roster").filter(f"person % {BUCKETS} = {bucket}")
        return _write(
            rows.project(", ".join(ROSTER_PART.names)).order("person, benefit_id"), ROSTER_PART, path
        )

    def write_numbers(self, path: Place) -> int:
        """Write who has which number, and give how many."""
        return _write(self._connection.table("numbers").order("person"), NUMBERS_PART, path)

    def write_keys(self, path: Place) -> int:
        """Write the key map in the form `KeyMap.open` reads, and give its entries."""
        keys = self._connection.table("keys")
        count, done = len(keys), 0
        with durable(path) as file:
            for batch in keys.order("person_key, number, name_key").to_arrow_reader(_BATCH_ROWS):
                for column, name in enumerate(ENTRY.names or ()):
                    file.seek((column * count + done) * ENTRY[name].itemsize)
                    file.write(batch.column(name).to_numpy().astype(ENTRY[name]).tobytes())
                done += batch.num_rows
        return count

    def write_shapes(self, path: Place) -> int:
        """Write the shapes of names in the form `NameShapes.open` reads, and give how many."""
        shapes = self._connection.view("shapes")
        count, done = len(shapes), 0
        with durable(path) as file:
            for batch in shapes.order("name_key").to_arrow_reader(_BATCH_ROWS):
                file.seek(done * _KEY_BYTES)
                file.write(batch.column("name_key").to_numpy().astype("<i8").tobytes())
                file.seek(count * _KEY_BYTES + done * SHAPE_BYTES)
                file.write(b"".join(batch.column("name_shape").to_pylist()))
                done += batch.num_rows
        return count


@contextmanager
def merge(staged: Path, previous: Previous, today: date, folder: Path) -> Iterator[Merge]:
    """Number and compare the staged rows; `folder` holds what does not fit into memory."""
    with duckdb.connect(str(folder / "merge.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would be printed among the output
        connection.execute("SET memory_limit = ?", [MEMORY])
        connection.execute("SET temp_directory = ?", [str(folder / "spill")])
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET VARIABLE today = ?::DATE", [today])
        connection.read_parquet(str(staged)).create_view("staged")
        _view(connection, "previous", previous.roster, ROSTER_PART)
        _view(connection, "previous_numbers", previous.numbers, NUMBERS_PART)
        _compute(connection)
        yield Merge(connection)


def _compute(connection: duckdb.DuckDBPyConnection) -> None:
    for macro in _MACROS:
        connection.execute(macro)
    connection.view("staged").project(f"line, {_TYPED}, person_keys, name_key").create("typed")
    connection.execute(_DUPLICATES)
    usable = connection.sql("SELECT * FROM typed ANTI JOIN duplicates USING (line)")
    usable.project(f"*, hash_of(concat_ws(chr(31), {_CONTENT})) AS content").create_view("usable")
    for statement in (_NUMBERS, _KEYS, _SHAPES, _ROSTER):
        connection.execute(statement)


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Place], schema: pa.Schema
) -> None:
    if paths:
        reach(connection, paths[0])
        connection.read_parquet([str(path) for path in paths]).create_view(name)
    else:
        connection.from_arrow(schema.empty_table()).create(name)


def _write(rows: duckdb.DuckDBPyRelation, schema: pa.Schema, path: Place) -> int:
    count = 0
    with durable(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in rows.to_arrow_reader(_BATCH_ROWS):
            count += batch.num_rows
            writer.write_table(pa.Table.from_batches([batch]).select(schema.names).cast(schema))
    return count
