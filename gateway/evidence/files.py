"""Immutable Parquet files of the evidence folder; a file counts only once its row in `parts` is committed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.errors import StoreError
from gateway.places import Place, files_below, local_folder
from gateway.store.files import durable
from gateway.store.parts import Part

SUFFIX: Final = ".parquet"
SPILL: Final = ".spill-"
"""What the folders begin with into which a query spills what does not fit into memory."""

NEVER_TWICE: Final = {b"repeats": b"never"}
"""The metadata of a field whose texts are each one's own: a dictionary of them is written for nothing."""

_HASHES_AND_NUMBERS: Final = (pa.int64(), pa.binary(16), pa.timestamp("us"))


_SIDE_BY_SIDE: Final = 131_072
"""Rows of a row group: what DuckDB reads on one core, so that a part of a bucket is read on all."""


@dataclass(frozen=True)
class Written:
    """A part that is safely on disk and not yet committed; `path` is relative to the evidence folder."""

    part_id: str
    path: str
    rows: int


def write_part(folder: Place, stage: str, table: pa.Table) -> Written:
    """Write a table as a new part: temporary name, fsync, rename.

    Raises:
        StoreError: the disk is full or not writable; nothing that counted is touched.
    """
    return write_batches(folder, stage, table.schema, [table])


def write_batches(
    folder: Place, stage: str, schema: pa.Schema, batches: Iterable[pa.Table | pa.RecordBatch]
) -> Written:
    """Write tables one after the other as one new part, without ever holding them all.

    Raises:
        StoreError: the disk is full or not writable; nothing that counted is touched.
    """
    part_id = uuid4().hex
    path = f"{stage}/{part_id}{SUFFIX}"
    rows = 0
    with (
        storing(folder),
        durable(folder / path) as file,
        pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=_repeating(schema)) as writer,
    ):
        for batch in batches:
            writer.write(batch, row_group_size=_SIDE_BY_SIDE)
            rows += batch.num_rows
    return Written(part_id, path, rows)


def _repeating(schema: pa.Schema) -> list[str]:
    """The columns to be written with a dictionary, by their names in Parquet.

    Hashes, numbers and instants hardly ever repeat, nor do texts whose field says so: `NEVER_TWICE`.
    """
    return [path for field in schema for path in _paths(field)]


def _paths(field: pa.Field) -> Iterator[str]:
    if pa.types.is_struct(field.type):
        inner = [path for each in field.type.fields for path in _paths(each)]
    elif pa.types.is_list(field.type):
        inner = [f"list.{path}" for path in _paths(field.type.value_field.with_name("element"))]
    elif field.type in _HASHES_AND_NUMBERS or field.metadata == NEVER_TWICE:
        inner = []
    else:
        inner = [""]
    yield from (f"{field.name}.{path}".rstrip(".") for path in inner)


def as_part(written: Written, stage: str, bucket: int, run_id: int, at: datetime) -> Part:
    """A written file as the row that will make it count."""
    return Part(written.part_id, stage, None, bucket, written.path, written.rows, run_id, at)


@contextmanager
def storing(folder: Place) -> Iterator[None]:
    """Turn a failing disk into one clear line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"the evidence folder {folder} cannot be written ({reason}): "
            "free or mend the disk, then run again; nothing that was taken is lost"
        ) from error


def sweep(folder: Place, known: Iterable[str], before: float | None = None) -> int:
    """Delete the files no committed part names; they are what a stopped run left behind.

    `before` spares files that were written since, as `moment` tells it: where others may be at work, take it
    before `known`. On a file system that is not this machine's it spares all.
    """
    counted = set(known)
    with storing(folder):
        orphans = [path for path in files_below(folder) if path not in counted]
        old = [path for path in orphans if before is None or _was_there(folder / path, before)]
        for orphan in old:
            (folder / orphan).unlink(missing_ok=True)
    for spilled in local_folder(folder).glob(f"{SPILL}*"):
        with suppress(OSError):  # somebody is at work in it
            spilled.rmdir()
    return len(old)


def _was_there(file: Place, before: float) -> bool:
    return isinstance(file, Path) and file.stat().st_mtime < before


def moment(folder: Place) -> float:
    """The present by the clock of the folder's own file system, which need not be this machine's.

    Raises:
        StoreError: the folder cannot be written.
    """
    file = local_folder(folder) / f".moment-{uuid4().hex}"
    with storing(folder):
        file.touch()
        at = file.stat().st_mtime
        file.unlink()
    return at


def writable(folder: Place) -> None:
    """Check that parts can be written to the folder.

    Raises:
        StoreError: they cannot.
    """
    with storing(folder), durable(folder / ".doctor") as file:
        file.write(b"ok")
    (folder / ".doctor").unlink(missing_ok=True)
