"""Everything that a site keeps, as bytes to be searched."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import select

from gateway.store.database import Store
from gateway.store.packing import unpack
from gateway.store.tables import DECISIONS, METADATA
from tests.support.site import Privates


def rows_of(store: Store) -> bytes:
    """Every value of every table; explanations, which are compressed, as the texts they are as well."""
    rows: list[bytes] = []
    with store.read() as conn:
        for table in METADATA.sorted_tables:
            for row in conn.execute(select(table)):
                rows += [value if isinstance(value, bytes) else repr(value).encode() for value in row]
        rows += [text.encode() for text in unpack(conn, list(conn.scalars(select(DECISIONS.c.packed))))]
    return b"\n".join(rows)


def columns_of(file: Path) -> bytes:
    """Every name and value of a Parquet file, unpacked; texts as they are, not as Python shows them."""
    columns = pq.read_table(file).to_pydict()
    return repr(columns).encode() + b"\n".join(_cells(columns))


def _cells(columns: dict[str, list[object]]) -> Iterator[bytes]:
    for name, values in columns.items():
        yield name.encode()
        yield from (value for value in values if isinstance(value, bytes))
        yield from (value.encode() for value in values if isinstance(value, str))


def naming(folder: Path, privates: Privates) -> dict[str, int]:
    """The files that name somebody, packed or unpacked, and how often; hidden ones are looked at too."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes() + (columns_of(file) if file.suffix == ".parquet" else b"")
        found[file.relative_to(folder).as_posix()] = privates.in_bytes(content)
    return {name: count for name, count in found.items() if count}


def stages(folder: Path) -> set[str]:
    """The folders that hold parts."""
    return {file.parent.name for file in folder.rglob("*.parquet")}
