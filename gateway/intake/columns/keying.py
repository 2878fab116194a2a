"""Replaces who and which by keyed hashes in the sound rows of a page; the twin of `intake.keying`."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from gateway.department import Dataset
from gateway.identity import Keyer
from gateway.intake.columns.evidence import HASH_BYTES, Common, Digest, nothings, records
from gateway.intake.columns.matching import Matched, Matcher, Roster
from gateway.intake.columns.rows import LOADED_AT, OPERATION, Rows
from gateway.intake.columns.words import ROW
from gateway.intake.content import DELETED, versions_of
from gateway.intake.keying import key_is_certificate

Int64s = NDArray[np.int64]

_DELETED: Final = DELETED.encode()
_BASES: Final = MappingProxyType({"I": None, "U": "corrected", "D": "deleted"})


class ByColumn(NamedTuple):
    """What the sound rows of a page came to, all of which were taken.

    The arrays hold an entry for every row of the page, and only those of sound rows count. `evidence` are
    tables of records, each with the numbers of the rows that they stand in.
    """

    sound: NDArray[np.bool_]
    key_hashes: NDArray[np.uint8]
    versions: Int64s
    contents: Int64s
    evidence: list[tuple[pa.Table, Int64s]]
    matched: int
    strangers: int


class ColumnKeyer:
    """Keys the statements of one dataset against the roster's key map."""

    def __init__(self, department: str, dataset: Dataset, keyer: Keyer, people: Roster) -> None:
        self._department = department
        self._dataset = dataset
        self._key = dataset.column(dataset.key) or dataset.key
        self._keyer = keyer
        self._matcher = Matcher(dataset, keyer, people)
        self._key_is_certificate = key_is_certificate(dataset)

    def key(
        self, rows: Rows, statements: pl.DataFrame, said: Sequence[bytes], received_at: datetime
    ) -> ByColumn:
        """Key the sound rows of a page and their statements."""
        places = np.flatnonzero(rows.sound)
        loaded_at = _microseconds(rows.columns.get_column(LOADED_AT))
        hashes = b"".join(self._keyer.rows(self._dataset.name, self._keys(rows, places)))
        key_hashes = np.zeros((len(rows.sound), HASH_BYTES), np.uint8)
        key_hashes[places] = np.frombuffer(hashes, np.uint8).reshape(-1, HASH_BYTES)
        contents, versions = np.zeros((2, len(rows.sound)), np.int64)
        contents[places] = self._keyer.contents(_said(said, rows, places))
        versions[places] = versions_of(hashes, loaded_at[places])
        common = Common(self._department, self._dataset.name, received_at, key_hashes, loaded_at, contents)
        matched = self._matcher.match(statements)
        evidence = self._evidence(rows, common, statements, matched)
        counts = len(matched.rows_matched), len(matched.rows_strange)
        return ByColumn(rows.sound, key_hashes, versions, contents, evidence, *counts)

    def _keys(self, rows: Rows, places: Int64s) -> list[bytes]:
        keys = rows.columns.get_column(self._key).gather(places)
        found: list[bytes] = keys.cast(pl.Binary).to_list()
        return found

    def _evidence(
        self, rows: Rows, common: Common, statements: pl.DataFrame, matched: Matched
    ) -> list[tuple[pa.Table, Int64s]]:
        said = statements[ROW].to_numpy()[matched.statement]
        silent = rows.sound.copy()
        silent[said] = False
        quiet = np.flatnonzero(silent)
        return [
            (records(common, statements, matched, self._digests()), said),
            (self._nothings(rows, common, quiet), quiet),
        ]

    def _digests(self) -> dict[str, Digest]:
        """What becomes of the texts of a statement that are kept as hashes."""
        certificates = self._keyer.certificates
        rows = partial(self._keyer.rows, self._dataset.name)
        return {"certificate": certificates, "derived_from": certificates, "withdraws": rows}

    def _nothings(self, rows: Rows, common: Common, places: Int64s) -> pa.Table:
        """What rows without a record leave; of a deleted certificate nothing else may ever be seen."""
        deleted = rows.deleted[places].tolist()
        operations = rows.columns.get_column(OPERATION).gather(places).to_list()
        bases = [_BASES[operation] for operation in operations]
        keys = self._keys(rows, places) if self._key_is_certificate else []
        voided = {place: key for place, key in enumerate(keys) if deleted[place]}
        certificates = [
            self._keyer.certificates([voided[place]])[0] if place in voided else None
            for place in range(len(places))
        ]
        return nothings(common, places, bases, certificates)


def _microseconds(times: pl.Series) -> Int64s:
    """Times as microseconds since 1970, and 0 where there is none."""
    found = times.to_numpy()
    return np.where(np.isnat(found), 0, found.view(np.int64))


def _said(said: Sequence[bytes], rows: Rows, places: Int64s) -> list[bytes]:
    if len(places) == len(said) and not rows.deleted.any():
        return list(said)
    deleted = rows.deleted
    return [_DELETED + said[place] if deleted[place] else said[place] for place in places.tolist()]
