"""ID numbers and names become keys here, and go no further."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from gateway.identity import IdNumber, Keyer, PersonName
from gateway.roster.keymap import NO_NAME
from gateway.roster.shapes import Shaper

_RESIDENT: Final = frozenset({"01", "1"})
_SEPARATOR: Final = re.compile("[;；]")


class RowKeys:
    """What replaces the identity of a row; the shapes of names only where masked names will be compared."""

    def __init__(self, keyer: Keyer, *, shapes: bool) -> None:
        self._keyer = keyer
        self._shaper = Shaper(keyer) if shapes else None

    def person_keys(self, id_type: str | None, number: str | None, others: str | None) -> list[int]:
        """The keys of every usable ID number of a row, each once; none unless it is a resident's."""
        if id_type not in _RESIDENT:
            return []
        numbers = [number or "", *_SEPARATOR.split(others)] if others else [number or ""]
        return list(dict.fromkeys(self._keyer.person(each) for each in _usable(numbers)))

    def name_key(self, name: str | None) -> int:
        """The key of a row's name, or `NO_NAME`."""
        found = _name(name)
        return self._keyer.name(found) if found else NO_NAME

    def name_shape(self, name: str | None) -> bytes | None:
        """The shape of a row's name, if it has one and shapes are wanted."""
        found = _name(name) if self._shaper else None
        return self._shaper.shape(found) if self._shaper and found else None


def _name(text: str | None) -> PersonName | None:
    with suppress(ValueError):
        return PersonName.parse(text or "")
    return None


def _usable(texts: Iterable[str]) -> Iterator[IdNumber]:
    for text in texts:
        with suppress(ValueError):
            yield IdNumber.parse(text)
