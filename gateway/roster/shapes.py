"""What can be compared of names of which departments show some characters only (张*三).

A name's shape is its length and a 16-bit keyed hash of each of its first eight characters. Shapes are
written beside the key map, and only where a dataset's names come masked: what is not compared is not kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from gateway.errors import StoreError
from gateway.identity import Keyer, PersonName

COMPARED: Final = 8
"""So many characters of a name are compared."""

SHAPE_BYTES: Final = 2 * (1 + COMPARED)
SUFFIX: Final = ".names"

_MASKS: Final = frozenset("*∗✱×○◯●□■某")
_LENGTH_BITS: Final = 6
_FOLD_BITS: Final = 48
_HASH_BITS: Final = 16
_SIGN_BITS: Final = 21
_SIGN: Final = (1 << _SIGN_BITS) - 1


class Shaper:
    """Turns names into shapes; remembers the hashes of characters, of which there are few."""

    def __init__(self, keyer: Keyer) -> None:
        self._keyer = keyer
        self._known: dict[tuple[int, str], int] = {}

    def shape(self, name: PersonName) -> bytes:
        """The shape of a whole name: nine little-endian 16-bit numbers."""
        return self.shapes([name.reveal()]).tobytes()

    def shapes(self, names: Sequence[str]) -> NDArray[np.uint16]:
        """The shapes of whole names in plain text, each as `PersonName.parse` leaves it, a row each."""
        lengths = np.fromiter(map(_length, names), np.int64, len(names))
        signs = np.array(names, f"<U{COMPARED}").view("<u4").reshape(len(names), COMPARED)
        places = np.broadcast_to(np.arange(COMPARED), signs.shape)
        there = places < lengths[:, np.newaxis]
        placed, which = np.unique(places[there] << _SIGN_BITS | signs[there], return_inverse=True)
        hashes = [self._hash(each >> _SIGN_BITS, chr(each & _SIGN)) for each in placed.tolist()]
        found = np.zeros((len(names), 1 + COMPARED), "<u2")
        found[:, 0] = lengths
        found[:, 1:][there] = np.array(hashes, "<u2")[which]
        return found

    def seen(self, name: PersonName) -> int | None:
        """What is visible of a masked name as one number, or None where nothing is.

        From above: the length, which of the first characters are visible, their hashes folded into 48 bits.
        Every hidden character has one sign.
        """
        text = name.reveal()
        visible = [place for place, sign in enumerate(text[:COMPARED]) if sign not in _MASKS]
        if not visible:
            return None
        bitmap = sum(1 << place for place in visible)
        folded = _fold(self._hash(place, text[place]) for place in visible)
        return (_length(text) << COMPARED | bitmap) << _FOLD_BITS | folded

    def _hash(self, place: int, sign: str) -> int:
        key = (place, sign)
        if key not in self._known:
            self._known[key] = self._keyer.character(place, sign)
        return self._known[key]


def is_masked(name: PersonName) -> bool:
    """Whether a name hides characters."""
    return not _MASKS.isdisjoint(name.reveal())


class NameShapes:
    """The shapes of the roster's names by name key; a read-only map of a file.

    On disk the name keys come first, 64 bits each in rising order, then the shapes, nine 16-bit numbers each.
    """

    def __init__(self, keys: NDArray[np.int64], shapes: NDArray[np.uint16]) -> None:
        self._keys = keys
        self._shapes = shapes

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file into memory.

        Raises:
            StoreError: the file is missing or cut short.
        """
        try:
            count, rest = divmod(path.stat().st_size, 8 + SHAPE_BYTES)
            if rest:
                raise StoreError(f"{path.name} is cut short: import the roster again")
            if count == 0:
                return cls(np.empty(0, np.int64), np.empty((0, 1 + COMPARED), np.uint16))
            keys = np.memmap(path, "<i8", "r", shape=(count,))
            return cls(keys, np.memmap(path, "<u2", "r", offset=8 * count, shape=(count, 1 + COMPARED)))
        except OSError:
            raise StoreError(f"{path.name} cannot be read: import the roster again") from None

    def agrees(self, name_key: int, seen: int) -> bool:
        """Whether what is visible of a name is so in the name of this key."""
        place = int(np.searchsorted(self._keys, name_key))
        if place == len(self._keys) or self._keys[place] != name_key:
            return False
        length, *hashes = self._shapes[place].tolist()
        head, folded = divmod(seen, 1 << _FOLD_BITS)
        return head >> COMPARED == length and folded == _fold(_at(head, hashes))


def _at(head: int, hashes: list[int]) -> Iterator[int]:
    return (found for place, found in enumerate(hashes) if head >> place & 1)


def _fold(hashes: Iterable[int]) -> int:
    """Up to three hashes side by side; more are laid over them."""
    folded = 0
    for found in hashes:
        turned = folded << _HASH_BITS | folded >> (_FOLD_BITS - _HASH_BITS)
        folded = (turned & ((1 << _FOLD_BITS) - 1)) ^ found
    return folded


def _length(text: str) -> int:
    return min(len(text), (1 << _LENGTH_BITS) - 1)
