"""Which evidence counts: settled versions that are neither retired nor withdrawn, as DuckDB relations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED, STRANGERS
from gateway.store.parts import Part

BUCKET_OF: Final = f"coalesce(person % {BUCKETS}, {STRANGERS})"
"""SQL for the bucket of a row."""

_TYPES: Final = {
    pa.int64(): "BIGINT",
    pa.int16(): "SMALLINT",
    pa.string(): "VARCHAR",
    pa.binary(16): "BLOB",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.list_(pa.date32()): "DATE[]",
    pa.list_(pa.int64()): "BIGINT[]",
}


def scan(folder: Path, parts: Sequence[Part], schema: pa.Schema) -> str:
    """SQL that reads all parts with the schema's columns; no rows when there are no parts."""
    if not parts:
        columns = ", ".join(f"CAST(NULL AS {_TYPES[field.type]}) AS {field.name}" for field in schema)
        return f"SELECT {columns} WHERE false"
    files = ", ".join(_quoted(str(folder / part.path)) for part in parts)
    return f"SELECT {', '.join(schema.names)} FROM read_parquet([{files}])"


def live(folder: Path, settled: Sequence[Part], retired: Sequence[Part]) -> str:
    """SQL of the one live version of each (dataset, key)."""
    return (
        f"SELECT * FROM ({scan(folder, settled, EVIDENCE)}) "
        f"ANTI JOIN ({scan(folder, retired, RETIRED)}) AS retired "
        "USING (dataset, key_hash, published_at, content)"
    )


def counting(
    folder: Path,
    settled: Sequence[Part],
    retired: Sequence[Part],
    strangers: tuple[Sequence[Part], Sequence[Part]],
) -> str:
    """SQL of the records that count in one bucket: live, and undone by no live withdrawal.

    `strangers` are the settled and retired parts of the strangers' bucket, where withdrawals are kept.
    """
    withdrawn = (
        f"SELECT dataset, withdraws AS key_hash FROM ({live(folder, *strangers)}) "
        "WHERE kind = 'withdrawal' AND withdraws <> key_hash"
    )
    return (
        f"SELECT * FROM ({live(folder, settled, retired)}) "
        f"ANTI JOIN ({withdrawn}) AS withdrawn USING (dataset, key_hash) "
        "WHERE kind NOT IN ('nothing', 'withdrawal')"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
