"""Long lists cut into pieces that fit into one SQL statement."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
SIZE: Final = 5_000
"""Well below SQLite's 32 766 and PostgreSQL's 65 535 parameters in one statement."""


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, at most `SIZE` at a time."""
    return (items[start : start + SIZE] for start in range(0, len(items), SIZE))
