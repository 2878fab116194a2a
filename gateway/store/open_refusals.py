"""Which rows of a dataset stand refused, held in memory while its window is read.

Nearly no row of a page answers a refusal. What is held here tells so at once; asking the database about every
row of every page would take longer than reading the rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from gateway.store.refusals import Refused
from gateway.store.tables import REFUSALS

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_DIGITS: Final = 16
_NONE: Final[Hashes] = np.empty(0, np.uint64)
_MOST_APART: Final = 4096
_BATCH: Final = 10_000


@dataclass
class _Known:
    """Hashes in rising order; those that came lately apart, for a long list is dear to put in order."""

    ordered: Hashes = field(default_factory=_NONE.copy)
    lately: Hashes = field(default_factory=_NONE.copy)

    def add(self, *hashes: Hashes) -> None:
        self.lately = np.sort(np.concatenate([self.lately, *hashes]))
        if len(self.lately) > _MOST_APART:
            self.ordered = np.union1d(self.ordered, self.lately)
            self.lately = _NONE

    def among(self, hashes: Hashes) -> Mask:
        return _among(self.ordered, hashes) | _among(self.lately, hashes)


class OpenRefusals:
    """The contents and key hashes of a dataset's open refusals, as far as 64 bits tell them apart.

    Whoever reads a dataset's window is the only one who refuses its rows, so what it has refused and what was
    open before is all there can be. What has been settled since may still be in here.
    """

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._read = False
        self._contents = _Known()
        self._keys = _Known()

    def read_once(self, conn: Connection) -> None:
        """Read what stands open, the first time it is asked for."""
        if self._read:
            return
        query = select(REFUSALS.c.content, REFUSALS.c.key_hash).where(
            REFUSALS.c.dataset == self._dataset, REFUSALS.c.settled_at.is_(None)
        )
        read = conn.execute(query.execution_options(yield_per=_BATCH)).partitions()
        # put in order once: batch by batch, millions would be put in order hundreds of times
        found = [(_hashes(each.content for each in rows), _key_hashes(rows)) for rows in read]
        self._contents.add(*(contents for contents, _ in found))
        self._keys.add(*(keys for _, keys in found))
        self._read = True

    def add(self, refusals: Sequence[Refused]) -> None:
        """Hold what was refused just now, too."""
        self._contents.add(_hashes(each.content for each in refusals))
        self._keys.add(_key_hashes(refusals))

    def may_answer(self, contents: Hashes) -> Mask:
        """For every content whether a refusal of it may stand open; false only if there is none."""
        return self._contents.among(contents)

    def may_supersede(self, keys: Hashes) -> Mask:
        """For the first 64 bits of every key hash whether a refusal of the row may stand open."""
        return self._keys.among(keys)


def _among(ordered: Hashes, hashes: Hashes) -> Mask:
    place = np.searchsorted(ordered, hashes)
    found = place < len(ordered)
    found[found] = ordered[place[found]] == hashes[found]
    return found


def _key_hashes(rows: Iterable[Any]) -> Hashes:
    """Of rows of `Refused` or of the table; a row without a key has none."""
    return _hashes(row.key_hash for row in rows if row.key_hash)


def _hashes(texts: Iterable[str]) -> Hashes:
    """The first 64 bits of hexadecimal texts."""
    return np.array([int(text[:_DIGITS], 16) for text in texts], np.uint64)
