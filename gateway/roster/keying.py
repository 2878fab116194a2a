"""ID numbers and names become keys here, and go no further."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gateway.identity import IdNumber, Keyer, PersonName
from gateway.roster.keymap import NO_NAME
from gateway.roster.shapes import SHAPE_BYTES, Shaper
from gateway.spelling import USUAL_NAME, Packed, as_series, id_numbers

Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]

PERSON_KEYS: Final = pa.list_(pa.int64())
NAME_SHAPE: Final = pa.binary(SHAPE_BYTES)

_RESIDENT: Final = frozenset({"01", "1"})
_SEPARATOR: Final = re.compile("[;；]")


class ColumnKeys:
    """What replaces the identities of many rows; the shapes of names only where masked ones will be compared.

    What is spelt as usual is keyed a column at a time, whatever is not by `RowKeys`, which is what both mean.
    """

    def __init__(self, keyer: Keyer, *, shapes: bool) -> None:
        self._keyer = keyer
        self._rows = RowKeys(keyer)
        self._shaper = Shaper(keyer) if shapes else None

    def person_keys(self, id_types: pa.Array, numbers: pa.Array, others: pa.Array) -> pa.Array:
        """By row the keys of every usable ID number, each once; none unless it is a resident's."""
        resident = _where(pc.is_in(id_types, value_set=pa.array(sorted(_RESIDENT))))
        usual, keys = self._usual_persons(numbers, resident & _where(pc.is_null(others)))
        odd = np.flatnonzero(resident & ~usual)
        rows = zip(numbers.take(odd).to_pylist(), others.take(odd).to_pylist(), strict=True)
        found = [self._rows.person_keys(number, more) for number, more in rows]
        counts = usual.astype(np.int64)
        counts[odd] = [len(each) for each in found]
        values = np.empty(counts.sum(), np.int64)
        is_usual = np.repeat(usual, counts)
        values[is_usual] = keys
        values[~is_usual] = [key for each in found for key in each]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return pa.ListArray.from_arrays(offsets, values, PERSON_KEYS)

    def names(self, names: pa.Array) -> tuple[pa.Array, pa.Array]:
        """By row the key of its name, `NO_NAME` without a usable one, and its shape or null.

        Every name is looked at once, however many rows have it.
        """
        encoded = names.dictionary_encode()
        keys, shapes = self._distinct_names(encoded.dictionary)
        return keys.take(encoded.indices).fill_null(NO_NAME), shapes.take(encoded.indices)

    def _usual_persons(self, numbers: pa.Array, wanted: Bools) -> tuple[Bools, Int64s]:
        """Which of the wanted rows have an ID number as it is usually spelt, and the keys of those."""
        usual, small = id_numbers(Packed.of(as_series(numbers)))
        usual &= wanted
        texts = numbers.filter(usual)
        texts = pc.utf8_upper(texts) if small.any() else texts
        return usual, self._keyer.persons(texts.cast(pa.binary()).to_pylist())

    def _distinct_names(self, names: pa.Array) -> tuple[pa.Array, pa.Array]:
        usual = _where(pc.match_substring_regex(names, USUAL_NAME))
        plain, odd = names.filter(usual), np.flatnonzero(~usual)
        read = [self._rows.name(text) for text in names.take(odd).to_pylist()]
        keys = np.empty(len(names), np.int64)
        keys[usual] = self._keyer.names(plain.cast(pa.binary()).to_pylist())
        keys[odd] = [self._keyer.name(name) if name else NO_NAME for name in read]
        return pa.array(keys), self._shapes(usual, plain.to_pylist(), read)

    def _shapes(self, usual: Bools, plain: list[str], read: list[PersonName | None]) -> pa.Array:
        """The shapes of distinct names: the usual ones in their order, and the others as they were read."""
        if self._shaper is None:
            return pa.nulls(len(usual), NAME_SHAPE)
        texts = np.empty(len(usual), object)
        texts[usual] = plain
        texts[~usual] = [name.reveal() if name else "" for name in read]
        shapes = pa.py_buffer(self._shaper.shapes(texts.tolist()))
        found = pa.Array.from_buffers(NAME_SHAPE, len(texts), [None, shapes])
        return pc.if_else(pa.array(texts != ""), found, pa.scalar(None, NAME_SHAPE))


class RowKeys:
    """What replaces the identity of one row."""

    def __init__(self, keyer: Keyer) -> None:
        self._keyer = keyer

    def person_keys(self, number: str | None, others: str | None) -> list[int]:
        """The keys of every usable ID number of a resident's row, each once."""
        numbers = [number or "", *_SEPARATOR.split(others)] if others else [number or ""]
        return list(dict.fromkeys(self._keyer.person(each) for each in _usable(numbers)))

    @staticmethod
    def name(text: str) -> PersonName | None:
        """The name that a text says, if it says one."""
        with suppress(ValueError):
            return PersonName.parse(text)
        return None


def _usable(texts: Iterable[str]) -> Iterator[IdNumber]:
    for text in texts:
        with suppress(ValueError):
            yield IdNumber.parse(text)


def _where(found: pa.Array) -> Bools:
    where: Bools = found.fill_null(False).to_numpy(zero_copy_only=False)
    return where
