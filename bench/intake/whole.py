"""A month's pages through the real sync: `python -m bench.intake.whole CONFIG UNTIL` prints one line of JSON.

Measured from the first page that is committed to the last one, so that neither starting the workers nor
settling is in it; fetching, opening, reading and committing are.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from gateway.cli.context import as_instant, open_station
from gateway.sync.run import Scope, sync


class Pace:
    """When the first and the last page was committed, and how many rows came between."""

    def __init__(self) -> None:
        self._received: dict[str, int] = {}
        self._first: tuple[float, int] | None = None
        self._last = 0.0

    def __call__(self, dataset: str, received: int, _total: int) -> None:
        """Note that so many rows of a dataset's window are committed."""
        self._received[dataset] = received
        self._last = time.perf_counter()
        self._first = self._first or (self._last, self.rows)

    @property
    def rows(self) -> int:
        """All rows committed so far."""
        return sum(self._received.values())

    @property
    def between(self) -> tuple[int, float]:
        """Rows and seconds after the first page."""
        if self._first is None or self._last <= self._first[0]:
            raise RuntimeError("fewer than two pages came: a pace needs more")
        return self.rows - self._first[1], self._last - self._first[0]


def main(config: Path, until: str) -> dict[str, Any]:
    """Read everything up to a day."""
    pace = Pace()
    begun = time.perf_counter()
    report = sync(open_station(config), Scope(until=as_instant(until, "until")), pace)
    if report.stops:
        raise RuntimeError(f"the sync stopped: {report.stops}")
    rows, seconds = pace.between
    return {"rows": rows, "seconds": seconds, "all_rows": pace.rows, "wall_s": time.perf_counter() - begun}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))  # noqa: T201 - the figures
