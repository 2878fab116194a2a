"""The whole month as figures, by phase."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.cache import check_disk, landing_of, needed_bytes
from bench.clock.offset import Offset
from bench.data.calendar import Month
from bench.data.landing import Landing, land
from bench.figures import Figure
from bench.hub import serving
from bench.month.whole import Phase, run_month
from bench.site import open_site

Say = Callable[[str], None]
USUAL: Final = 1_000_000
_MONTHS: Final = 2
_WHOLE_BENEFITS: Final = 15_000_000
_WHOLE_S: Final = 360
_WHOLE_MIB: Final = 4 * 1024


def two_months(benefits: int, say: Say) -> tuple[list[Figure], list[list[dict[str, Any]]]]:
    """The first month of a new site and the one after it: figures, and the phases of each as a table.

    In the first nearly every benefit has an event, in the second half of them.
    """
    check_disk(needed_bytes(benefits, _MONTHS, at_once=_MONTHS))
    landing, months = landing_of(benefits), [Month(number) for number in range(_MONTHS)]
    for month in months:
        land(landing, month, say)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        first, second = (timed_month(Path(folder), landing, month, say) for month in months)
    figures = month_figures("month", benefits, first) + month_figures("month", benefits, second, "_2")
    return figures, [as_rows(first), as_rows(second)]


def timed_month(folder: Path, landing: Landing, month: Month, say: Say) -> list[Phase]:
    """A month of a site at the time at which its job would begin; the first one takes the roster."""
    clock = Offset.to(month.runs_at)
    with serving(landing, [month], clock) as url:
        site = replace(open_site(folder, landing, url), clock=clock)
        return run_month(site, month, say, roster=month.number == 0)


def month_figures(section: str, benefits: int, phases: Sequence[Phase], suffix: str = "") -> list[Figure]:
    """Wall time of the whole and of each phase; the roster's import is told but is no part of a month."""
    counted = [phase for phase in phases if phase.name != "roster"]
    wall = sum(phase.taken.wall_s for phase in counted)
    target = _WHOLE_S * benefits / _WHOLE_BENEFITS
    peak = max(phase.taken.peak_mib for phase in counted)
    whole = Figure(
        section=section,
        name=f"{section}{suffix}",
        value=wall,
        unit="s",
        ratio=target / wall,
        against=f"target: {_WHOLE_S} s for {_WHOLE_BENEFITS:,} benefits",
        peak_mib=peak,
        note=f"{benefits:,} benefits; at most {_WHOLE_MIB} MiB",
    )
    return [whole, *(_phase(section, phase, suffix) for phase in phases)]


def _phase(section: str, phase: Phase, suffix: str) -> Figure:
    rate = f"{phase.per_second:,.0f} a second, {phase.taken.cpu_s:.0f} s of CPU"
    return Figure(
        section=section,
        name=f"{section}{suffix}_{phase.name}",
        value=phase.taken.wall_s,
        unit="s",
        peak_mib=phase.taken.peak_mib,
        note=f"{phase.count:,} {phase.unit}, {rate}",
    )


def as_rows(phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """The phases as rows of a table."""
    return [
        {
            "phase": phase.name,
            "count": phase.count,
            "unit": phase.unit,
            "wall_s": round(phase.taken.wall_s, 1),
            "cpu_s": round(phase.taken.cpu_s, 1),
            "peak_mib": round(phase.taken.peak_mib),
        }
        for phase in phases
    ]
