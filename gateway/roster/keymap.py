"""The key map: who on the roster an ID number belongs to, shared by every process as one read-only map.

On disk it is three columns, one after the other, of little-endian 64-bit integers: the person keys in
rising order, the roster numbers, the name keys. That is 24 bytes a person key and no header, and a
search touches the first column only.
"""

from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gateway.errors import StoreError
from gateway.places import Place, here
from gateway.roster.shapes import SUFFIX, NameShapes
from gateway.store.files import durable
from gateway.store.parts import Part

Int64s = NDArray[np.int64]
ENTRY: Final = np.dtype([("person_key", "<i8"), ("number", "<i8"), ("name_key", "<i8")])
"""One ID number of one person."""

NO_NAME: Final = 0
"""The name key of a roster row without a usable name; no name has it, so every match is in doubt."""


class Matches(NamedTuple):
    """Every entry found for a list of keys; `position` says which of the keys each belongs to."""

    position: Int64s
    number: Int64s
    name_key: Int64s


class KeyMap:
    """Person keys in rising order, with the roster number and the name key beside each.

    An ID number may belong to several people, and a person may have several: one entry each.
    """

    def __init__(self, columns: Int64s, shapes: NameShapes | None = None) -> None:
        self._keys, self._numbers, self._names = columns
        self._shapes = shapes

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file into memory, read-only.

        Raises:
            StoreError: the file is missing or cut short.
        """
        try:
            size = path.stat().st_size
            if size == 0:
                return cls.empty()
            shapes = path.with_suffix(SUFFIX)
            if size % ENTRY.itemsize:
                raise StoreError(f"{path.name} is cut short: import the roster again")
            columns = np.memmap(path, "<i8", "r", shape=(3, size // ENTRY.itemsize))
            return cls(columns, NameShapes.open(shapes) if shapes.exists() else None)
        except OSError:
            raise StoreError(f"{path.name} cannot be read: import the roster again") from None

    @classmethod
    def empty(cls) -> Self:
        """The map of a roster that was never imported: everybody is a stranger."""
        return cls(np.empty((3, 0), np.int64))

    @staticmethod
    def write(path: Path, entries: np.ndarray) -> None:
        """Write entries of dtype `ENTRY`, in any order, as one durable file."""
        ordered = np.sort(entries, order=["person_key", "number", "name_key"])
        with durable(path) as file:
            for name in ("person_key", "number", "name_key"):
                file.write(np.ascontiguousarray(ordered[name]).tobytes())

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def knows_shapes(self) -> bool:
        """Whether masked names can be compared: the roster was imported for it."""
        return self._shapes is not None or not len(self)

    def agrees(self, name_key: int, seen: int) -> bool:
        """Whether what is visible of a name is so in the name of this key; see `Shaper.seen`."""
        return self._shapes is not None and self._shapes.agrees(name_key, seen)

    def lookup(self, person_key: int) -> list[tuple[int, int]]:
        """The roster number and name key of everybody who has this ID number."""
        found = self.lookup_many(np.array([person_key], np.int64))
        return list(zip(found.number.tolist(), found.name_key.tolist(), strict=True))

    def lookup_many(self, keys: Int64s) -> Matches:
        """All entries of all keys, in the order of the keys."""
        left, counts = self._ranges(keys)
        position = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = left[position] + within
        return Matches(position, np.asarray(self._numbers[found]), np.asarray(self._names[found]))

    def _ranges(self, keys: Int64s) -> tuple[Int64s, Int64s]:
        """Where the entries of each key begin, and how many there are.

        Searched in rising order, so that neighbours share what the search has read; the end is looked for
        step by step, since hardly any number has two people.
        """
        order = np.argsort(keys)
        left = np.empty(len(keys), np.int64)
        left[order] = np.searchsorted(self._keys, keys[order])
        counts = np.zeros(len(keys), np.int64)
        more = np.arange(len(keys))
        while len(more := more[self._is_at(left[more] + counts[more], keys[more])]):
            counts[more] += 1
        return left, counts

    def _is_at(self, places: Int64s, keys: Int64s) -> NDArray[np.bool_]:
        inside = places < len(self._keys)
        found = np.zeros(len(places), np.bool_)
        found[inside] = self._keys[places[inside]] == keys[inside]
        return found


def keymap_here(evidence: Place, part: Part) -> Path:
    """A key map as a file of this machine, since it is mapped into memory; its name shapes beside it.

    Raises:
        StoreError: it cannot be copied here.
    """
    try:
        return here(evidence / part.path, SUFFIX)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"the roster's key map cannot be copied from {evidence} ({reason}): make it reachable, or free "
            "the disk of this machine (`work` in gateway.yaml), then run again"
        ) from None
