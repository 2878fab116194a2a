"""Which rows only show that somebody was alive on a day: of these the newest are enough, and old ones go.

Adverse rows are never among them, nor what can be a ground against a benefit without being adverse: a
marriage, an emigration, an enlistment.
"""

from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.store import counters

GROUNDS: Final = ("marriage", "emigration", "enlisted")
"""Kinds that are no adverse evidence and still a ground against some benefits."""

NO_RECORD: Final = ("nothing", "withdrawal", "voided_certificate")
"""Kinds that say something about another row."""


def _among(kinds: tuple[str, ...]) -> str:
    return "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))


ADVERSE: Final = f"(polarity = 'adverse' OR {_among(GROUNDS)})"
"""SQL: whether a row speaks against a benefit, or can."""

FLEETING: Final = f"NOT ({ADVERSE} OR {_among(NO_RECORD)})"
"""SQL: whether a row shows life, or says nothing that any rule reads."""

_FLOOR: Final = "fleeting_floor"


def floor(conn: Connection) -> date | None:
    """The day before which no fleeting row is taken any more: what was published earlier has been removed."""
    number = counters.value(conn, _FLOOR)
    return date.fromordinal(number) if number else None


def raise_floor(conn: Connection, day: date) -> None:
    """Move the floor up to a day; it never goes back, for what lay below it is gone."""
    by = day.toordinal() - counters.value(conn, _FLOOR)
    if by > 0:
        counters.advance(conn, _FLOOR, by)
