"""What one engine found, and how long it took."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

LONGEST_S: Final = 900
"""An engine that has not answered by then is not waited for."""

Tally = list[list[Any]]
"""Decision, reason, the day certified on, how many benefits; in order."""


@dataclass(frozen=True)
class Outcome:
    """Seconds of each pass, and the tally of the last."""

    seconds: list[float]
    tally: Tally

    def as_line(self) -> str:
        """As one line of JSON."""
        return json.dumps(vars(self))


def tally_of(rows: Iterable[Iterable[Any]]) -> Tally:
    """Rows of a tally in one order and as texts, whichever engine they come from."""
    found = [[None if cell is None else str(cell) for cell in row] for row in rows]
    return sorted(found, key=lambda row: [cell or "" for cell in row])
