"""Two years of months, one after the other, at full size: does the last one cost what the first one did?

Pages are made for one month at a time and removed after it. What was measured stays in the site's folder, so
that a bench that was stopped between two months goes on with the next one.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.cache import cache_folder, check_disk, landing_of, needed_bytes
from bench.data.calendar import Month
from bench.data.landing import Landing, land
from bench.errors import UnfinishedMonthError
from bench.figures import Figure
from bench.month.measure import as_rows, month_figures, timed_month
from bench.month.whole import Phase
from bench.watch import Taken

Say = Callable[[str], None]
USUAL: Final = 15_000_000
MONTHS: Final = 24
_UNCLEAR: Final = "begun"


def full(benefits: int, months: int, say: Say) -> tuple[list[Figure], dict[str, Any]]:
    """Every month in turn; figures of the first and the last, and all of them as a table.

    Raises:
        DiskTooSmallError: one month's pages and all months' evidence do not fit.
        UnfinishedMonthError: the last bench stopped in the middle of a month; says what to delete.
    """
    folder = cache_folder() / f"site-{benefits}"
    done = _done(folder)
    left = months - len(done)
    if left > 0:
        check_disk(needed_bytes(benefits, left))
    for number in range(len(done), months):
        done.append(_month(folder, landing_of(benefits), Month(number), say))
    phases = [_phases(each) for each in done]
    return figures_of(benefits, phases, months), {"months": [as_rows(each) for each in phases]}


def _month(folder: Path, landing: Landing, month: Month, say: Say) -> list[dict[str, Any]]:
    """Make a month, measure it, note it, and remove its pages."""
    land(landing, month, say)
    marker = folder / _UNCLEAR
    if marker.exists():
        raise UnfinishedMonthError(
            f"month {month.number + 1} was begun and not ended: delete {folder} and start again"
        )
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()
    phases = timed_month(folder, landing, month, say)
    found = [vars(phase) | {"taken": vars(phase.taken) | {"output": ""}} for phase in phases]
    (folder / f"month-{month.number + 1:02d}.json").write_text(json.dumps(found), "utf-8")
    marker.unlink()
    _forget(landing, month)
    return found


def _forget(landing: Landing, month: Month) -> None:
    """A month's pages are half of the disk, and are made again where they are asked for."""
    shutil.rmtree(landing.month(month))


def _done(folder: Path) -> list[list[dict[str, Any]]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("month-*.json"))]


def _phases(month: list[dict[str, Any]]) -> list[Phase]:
    return [Phase(**phase | {"taken": Taken(**phase["taken"])}) for phase in month]


def figures_of(benefits: int, done: list[list[Phase]], months: int) -> list[Figure]:
    """The first month and the last, and by how much a row became dearer between them."""
    first, last = done[0], done[months - 1]
    figures = month_figures("full", benefits, first, "_month_1")
    if months == 1:
        return figures
    figures += month_figures("full", benefits, last, f"_month_{months}")
    growth = _cost(last) / _cost(first)
    note = "cost a record of the last month against the first, wall time but for the roster; 1 is no growth"
    return [*figures, Figure(section="full", name="full_growth", value=growth, unit="times", note=note)]


def _cost(phases: list[Phase]) -> float:
    """Seconds a row."""
    rows = next(phase.count for phase in phases if phase.name == "sync")
    return sum(phase.taken.wall_s for phase in phases if phase.name != "roster") / rows
