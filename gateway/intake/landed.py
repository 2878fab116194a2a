"""Sealed pages that were landed as files, opened and read elsewhere: a page goes in, columns come out.

A landed page is `FOLDER/department/dataset/NAME`: the payload as the hub sent it.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Final, NamedTuple

import pyarrow as pa

from gateway.errors import EnvelopeError
from gateway.evidence.columns import EVIDENCE
from gateway.intake.keying import Refusal
from gateway.intake.page import Bench

_FOLDERS: Final = 3

REFUSAL: Final = pa.struct(
    [
        pa.field("dataset", pa.string()),
        pa.field("key_hash", pa.string()),
        pa.field("field", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("content", pa.int64()),
    ]
)


def _plain(field: pa.Field) -> pa.Field:
    """A column as every engine knows it: bytes of any length, and a value may be missing."""
    kind = pa.binary() if pa.types.is_fixed_size_binary(field.type) else field.type
    return pa.field(field.name, kind)


LANDED: Final = pa.schema(
    [
        pa.field("page", pa.string()),  # whose row it is
        pa.field("refusal", REFUSAL),  # of a row that was not taken
        pa.field("fault", pa.string()),  # why nothing of the page was taken; names no value
        *(_plain(field) for field in EVIDENCE),
    ]
)
"""A row for each record, for each refusal and for each page that cannot be trusted; the rest is null."""


class Page(NamedTuple):
    """Whose page it is."""

    department: str
    dataset: str


def page_of(path: str) -> Page:
    """Whose page a file is, by the folders that it is in.

    Raises:
        EnvelopeError: it lies elsewhere.
    """
    folders = path.split("/")[-_FOLDERS:]
    if len(folders) < _FOLDERS:
        raise EnvelopeError(f"{path}: a landed page lies in FOLDER/department/dataset/")
    return Page(folders[0], folders[1])


def read_landed(bench: Bench, path: str, payload: bytes, received_at: datetime) -> pa.RecordBatch:
    """What a landed page says, as LANDED columns; the same page gives the same columns wherever it is read.

    `received_at` is naive Asia/Shanghai time. A page that cannot be trusted gives one row that says why.
    """
    try:
        department, dataset = page_of(path)
        keyed, _ = bench.opened(department, dataset, payload, received_at)
    except EnvelopeError as error:
        return pa.RecordBatch.from_pylist([{"page": path, "fault": str(error)}], schema=LANDED)
    records = _filled(keyed.evidence, path)
    refused = [{"page": path, "refusal": asdict(refusal)} for refusal in keyed.refusals]
    together = pa.concat_tables([records, pa.Table.from_pylist(refused, schema=LANDED)])
    return together.combine_chunks().to_batches()[0] if together.num_rows else _NOTHING


def evidence_of(landed: pa.Table) -> pa.Table:
    """The records among landed rows, with the evidence schema."""
    return landed.filter(landed["kind"].is_valid()).select(EVIDENCE.names).cast(EVIDENCE)


def refusals_of(landed: pa.Table) -> list[Refusal]:
    """The refusals among landed rows."""
    return [Refusal(**found) for found in landed["refusal"].drop_null().to_pylist()]


def _filled(records: pa.Table, path: str) -> pa.Table:
    rows = records.num_rows
    beside = {
        "page": pa.repeat(path, rows),
        "refusal": pa.nulls(rows, REFUSAL),
        "fault": pa.nulls(rows, pa.string()),
    }
    columns = {name: records[name] for name in EVIDENCE.names}
    return pa.table(beside | columns).select(LANDED.names).cast(LANDED)


_NOTHING: Final = pa.RecordBatch.from_pylist([], schema=LANDED)
