"""ID numbers and names become keys here, and go no further."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.identity import IdNumber, Keyer, PersonName
from gateway.roster.keymap import NO_NAME

_RESIDENT: Final = frozenset({"01", "1"})
_SEPARATOR: Final = re.compile("[;；]")


def person_keys(keyer: Keyer, id_type: str | None, number: str | None, others: str | None) -> list[int]:
    """The keys of every usable ID number of a row, each once; none unless it is a resident's."""
    if id_type not in _RESIDENT:
        return []
    numbers = [number or "", *_SEPARATOR.split(others)] if others else [number or ""]
    return list(dict.fromkeys(keyer.person(each) for each in _usable(numbers)))


def name_key(keyer: Keyer, name: str | None) -> int:
    """The key of a row's name, or `NO_NAME`."""
    try:
        return keyer.name(PersonName.parse(name or ""))
    except ValueError:
        return NO_NAME


def _usable(texts: Iterable[str]) -> Iterator[IdNumber]:
    for text in texts:
        try:
            yield IdNumber.parse(text)
        except ValueError:
            continue
