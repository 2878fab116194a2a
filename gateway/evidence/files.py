"""Immutable Parquet files of the evidence folder; a file counts only once its row in `parts` is committed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.errors import StoreError
from gateway.store.files import durable
from gateway.store.parts import Part

SUFFIX: Final = ".parquet"


@dataclass(frozen=True)
class Written:
    """A part that is safely on disk and not yet committed; `path` is relative to the evidence folder."""

    part_id: str
    path: str
    rows: int


def write_part(folder: Path, stage: str, table: pa.Table) -> Written:
    """Write a table as a new part: temporary name, fsync, rename.

    Raises:
        StoreError: the disk is full or not writable; nothing that counted is touched.
    """
    return write_batches(folder, stage, table.schema, [table])


def write_batches(
    folder: Path, stage: str, schema: pa.Schema, batches: Iterable[pa.Table | pa.RecordBatch]
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
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for batch in batches:
            writer.write(batch)
            rows += batch.num_rows
    return Written(part_id, path, rows)


def as_part(written: Written, stage: str, bucket: int, run_id: int, at: datetime) -> Part:
    """A written file as the row that will make it count."""
    return Part(written.part_id, stage, None, bucket, written.path, written.rows, run_id, at)


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn a failing disk into one clear line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"the evidence folder {folder} cannot be written ({reason}): "
            "free or mend the disk, then run again; nothing that was taken is lost"
        ) from error


def sweep(folder: Path, known: Iterable[str]) -> int:
    """Delete the files no committed part names; they are what a stopped run left behind."""
    counted = set(known)
    orphans = [
        file
        for file in folder.glob("*/*")
        if file.is_file() and file.relative_to(folder).as_posix() not in counted
    ]
    for orphan in orphans:
        orphan.unlink(missing_ok=True)
    return len(orphans)


def writable(folder: Path) -> None:
    """Check that parts can be written to the folder.

    Raises:
        StoreError: they cannot.
    """
    with storing(folder), durable(folder / ".doctor") as file:
        file.write(b"ok")
    (folder / ".doctor").unlink(missing_ok=True)
