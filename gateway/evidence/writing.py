"""Rows of a query as parts, bucket after bucket, without ever holding a bucket."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from gateway.evidence.files import as_part, write_batches
from gateway.places import Place
from gateway.store.parts import Part

_AT_ONCE: Final = 120_000
"""Rows that are held at a time; also the most in one row group."""


class Destination(NamedTuple):
    """Where parts are written, of which stage and run, and when."""

    folder: Place
    stage: str
    run_id: int
    at: datetime


def write_by_bucket(
    connected: duckdb.DuckDBPyConnection, rows: str, schema: pa.Schema, place: Destination
) -> Iterator[Part]:
    """One part for each bucket that has rows, as its part; `rows` has the schema's columns and `bucket`.

    The query gives its buckets one after the other; within a bucket the order is kept.
    """
    names = ", ".join(schema.names)
    reader = connected.sql(f"SELECT {names}, bucket FROM ({rows})").to_arrow_reader(_AT_ONCE)
    for bucket, pieces in groupby(_pieces(reader), key=lambda piece: piece[0]):
        tables = (table.select(schema.names).cast(schema) for _, table in pieces)
        written = write_batches(place.folder, place.stage, schema, tables)
        yield as_part(written, place.stage, bucket, place.run_id, place.at)


def _pieces(reader: pa.RecordBatchReader) -> Iterator[tuple[int, pa.Table]]:
    """The batches cut where a bucket ends."""
    for batch in reader:
        buckets = batch.column("bucket").to_numpy()
        ends = [*(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
        start = 0
        for end in ends if len(buckets) else ():
            yield int(buckets[start]), pa.Table.from_batches([batch.slice(start, end - start)])
            start = end
