"""Puts matched statements together as columns of the evidence schema."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from gateway.evidence.columns import EVIDENCE
from gateway.intake.columns.matching import Keys, Matched
from gateway.intake.columns.plan import DAYS, ITEM
from gateway.intake.columns.words import ROW
from gateway.intake.keying import NOTHING

Int64s = NDArray[np.int64]
Digest = Callable[[Sequence[bytes]], list[bytes]]

HASH_BYTES: Final = 16
_TEXTS: Final = ("kind", "basis", "polarity", "strength", "origin", "released_to")
_NOBODY: Final = {"polarity": "neutral", "origin": "department", "identity": "unchecked"}


@dataclass(frozen=True)
class Common:
    """What all records of a page or of one of its rows share; arrays hold an entry for every row of the page.

    `key_hashes` is an array of 16 bytes a row, `published_at` of microseconds since 1970.
    """

    department: str
    dataset: str
    received_at: datetime
    key_hashes: NDArray[np.uint8] = field(repr=False)
    published_at: Int64s
    contents: Int64s

    def columns(self, rows: Int64s) -> dict[str, pa.Array]:
        """The columns of records that stand in these rows."""
        received_at = pa.scalar(self.received_at, pa.timestamp("us"))
        return {
            "department": pa.repeat(self.department, len(rows)),
            "dataset": pa.repeat(self.dataset, len(rows)),
            "key_hash": _binary(self.key_hashes[rows]),
            "published_at": pa.array(self.published_at[rows].view("datetime64[us]")),
            "received_at": pa.repeat(received_at, len(rows)),
            "content": pa.array(self.contents[rows]),
        }


def records(
    common: Common, statements: pl.DataFrame, matched: Matched, hashes: Mapping[str, Digest]
) -> pa.Table:
    """The records that are kept, in the order of their statements; `hashes` say what becomes of texts."""
    said = statements[matched.statement]
    columns = {
        **common.columns(said[ROW].to_numpy()),
        **{
            name: _keys(getattr(matched, name)) for name in ("person", "person_key", "name_key", "name_shape")
        },
        **{name: said[name].to_arrow().cast(pa.string()) for name in _TEXTS},
        **{name: said[name].to_arrow() for name in (ITEM, *DAYS)},
        **{name: _hashed(said[name], digest) for name, digest in hashes.items()},
        "identity": pa.array(matched.identity.astype(object), pa.string()),
    }
    return _table(columns, len(said))


def nothings(
    common: Common, rows: Int64s, basis: list[str | None], certificates: list[bytes | None]
) -> pa.Table:
    """What rows without a record leave, that may supersede one."""
    columns = {
        **common.columns(rows),
        **{name: pa.repeat(text, len(rows)) for name, text in _NOBODY.items()},
        ITEM: pa.repeat(pa.scalar(0, pa.int16()), len(rows)),
        "kind": pa.repeat(NOTHING, len(rows)),
        "basis": pa.array(basis, pa.string()),
        "certificate": pa.array(certificates, pa.binary(HASH_BYTES)),
    }
    return _table(columns, len(rows))


def in_order(tables: list[tuple[pa.Table, Int64s]]) -> pa.Table:
    """Several tables as one, ordered by the rows of their records; those of one row stay in their order."""
    rows = np.concatenate([places for _, places in tables])
    table = pa.concat_tables([table for table, _ in tables])
    if (rows[1:] >= rows[:-1]).all():
        return table
    return table.combine_chunks().take(pa.array(np.argsort(rows, kind="stable")))


def _table(columns: Mapping[str, Any], length: int) -> pa.Table:
    arrays = [
        columns[column.name] if column.name in columns else pa.nulls(length, column.type)
        for column in EVIDENCE
    ]
    return pa.Table.from_arrays(arrays, schema=EVIDENCE)


def _keys(keys: Keys) -> pa.Array:
    return pa.array(keys.values, mask=~keys.known)


def _binary(hashes: NDArray[np.uint8]) -> pa.Array:
    buffer = pa.py_buffer(np.ascontiguousarray(hashes))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(HASH_BYTES), len(hashes), [None, buffer])


def _hashed(texts: pl.Series, digest: Digest) -> pa.Array:
    """The hashes of texts, each hashed once."""
    if texts.null_count() == len(texts):
        return pa.nulls(len(texts), pa.binary(HASH_BYTES))
    given = texts.cast(pl.Binary).to_list()
    distinct = [text for text in dict.fromkeys(given) if text is not None]
    hashes = dict(zip(distinct, digest(distinct), strict=True))
    return pa.array([None if text is None else hashes[text] for text in given], pa.binary(HASH_BYTES))
