"""Intake as figures: the whole of it, its stages, and beside dlt on the same rows."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.cache import landing_of
from bench.data.calendar import Month
from bench.data.drafts import FULL_PAGES
from bench.data.landing import Landing, land
from bench.figures import Figure, measured, median_of
from bench.hub import serving
from bench.intake.plain import serving_plain
from bench.site import ROOT, BenchSite, open_site
from bench.watch import Taken, watched

Say = Callable[[str], None]
Then = Callable[[BenchSite], None]
Stages = dict[str, dict[str, float]]
"""By dataset and stage, microseconds of CPU a record."""

MONTH: Final = Month(0)
_TARGET: Final = 150_000
_WORKER_MIB: Final = 300
_DLT: Final = "dlt (rest_api source, Parquet loader, DuckDB; one process, no decryption)"


@dataclass(frozen=True)
class Sizes:
    """Benefits whose month the gateway and dlt read, and how often each."""

    benefits: int
    dlt_benefits: int
    times: int


FULL: Final = Sizes(benefits=120_000, dlt_benefits=60_000, times=5)


@dataclass(frozen=True)
class Rate:
    """Records a second, and what the process took."""

    per_second: float
    taken: Taken


def nothing(_site: BenchSite) -> None:
    """What is done with a site that nobody wants more of."""


def intake(sizes: Sizes, say: Say, then: Then = nothing) -> list[Figure]:
    """The whole of intake, and dlt on the same rows; `then` is called with each site whose month was read.

    The two go in turn: a machine that is slower for some minutes is so for both.
    """
    landing, clear = landing_of(sizes.benefits), landing_of(sizes.dlt_benefits).people
    land(landing, MONTH, say)
    say("making the same rows in clear")
    with serving_plain(clear, MONTH, FULL_PAGES) as url:
        rounds = [(_ours(landing, say, then), _dlt(url, say)) for _ in range(sizes.times)]
    return [_against_dlt(rounds), *_own([ours for ours, _ in rounds])]


def intake_by_stage(sizes: Sizes, say: Say) -> tuple[list[Figure], Stages]:
    """The stages as figures over all datasets, and by dataset."""
    landing = landing_of(sizes.benefits)
    land(landing, MONTH, say)
    with _site(landing, say) as site:
        say("intake by stage")
        stages = _stages(site)
    return [*_by_stage(stages)], stages


def _own(ours: list[Rate]) -> list[Figure]:
    peak = max(rate.taken.peak_mib for rate in ours)
    worker = max(rate.taken.worker_mib for rate in ours)
    rates = [rate.per_second for rate in ours]
    return [
        measured("intake", "intake", rates, "records/s", target=_TARGET, peak_mib=peak),
        measured("intake", "intake_worker_memory", [worker], "MiB", target=_WORKER_MIB, less_is_better=True),
    ]


def _against_dlt(rounds: Sequence[tuple[Rate, Rate]]) -> Figure:
    middle, least, most = median_of([ours.per_second for ours, _ in rounds])
    other = median_of([dlt.per_second for _, dlt in rounds])
    ratio, lowest, highest = median_of([ours.per_second / dlt.per_second for ours, dlt in rounds])
    note = f"{other[0]:,.0f} records/s with dlt, {other[1]:,.0f} to {other[2]:,.0f}"
    return Figure(
        section="intake",
        name="intake_vs_dlt",
        value=middle,
        unit="records/s",
        least=least,
        most=most,
        runs=len(rounds),
        ratio=ratio,
        against=_DLT,
        peak_mib=max(dlt.taken.peak_mib for _, dlt in rounds),
        note=f"{note}; in turn with it, {lowest:.2f} to {highest:.2f} times; the memory is dlt's",
    )


def _by_stage(stages: Stages) -> Iterator[Figure]:
    """The stages over all datasets, each dataset counted once."""
    names = sorted({stage for own in stages.values() for stage in own})
    for name in names:
        values = [own.get(name, 0.0) for own in stages.values()]
        note = "median, least and greatest over the datasets"
        yield measured("intake", f"intake_{name}", values, "us_cpu/record", note=note)


@contextmanager
def _site(landing: Landing, say: Say) -> Iterator[BenchSite]:
    """A new site with the roster in it, beside a hub that serves the month."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serving(landing, [MONTH]) as url:
        site = open_site(Path(folder), landing, url)
        site.drop(MONTH)
        say("roster import")
        site.command("roster", "import", str(landing.roster))
        yield site


def _ours(landing: Landing, say: Say, then: Then) -> Rate:
    with _site(landing, say) as site:
        say("intake through the real sync")
        found, taken = _printed("bench.intake.whole", str(site.config), f"{MONTH.until:%Y-%m-%d}")
        then(site)
    return Rate(found["rows"] / found["seconds"], taken)


def _stages(site: BenchSite) -> Stages:
    people = site.landing.people
    found: Stages = _printed("bench.intake.stages", str(site.config), str(people.benefits), str(people.seed))[
        0
    ]
    return found


def _dlt(url: str, say: Say) -> Rate:
    say("dlt")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found, taken = _printed("bench.intake.dlt_pipeline", url, folder, *FULL_PAGES)
    return Rate(found["rows"] / found["wall_s"], taken)


def _printed(module: str, *words: str) -> tuple[Any, Taken]:
    """What one of our own modules prints as its last line, run in a process of its own."""
    taken = watched([sys.executable, "-m", module, *words], ROOT, {"PYTHONPATH": str(ROOT)})
    return json.loads(taken.output.splitlines()[-1]), taken
