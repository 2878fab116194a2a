"""Where the time goes, function by function, on the data of the bench: `python -m bench profile`."""

import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.cache import landing_of
from bench.data.calendar import Month
from bench.data.drafts import SETTLEMENTS
from bench.data.landing import land
from bench.decide.data import AS_OF
from bench.decide.site import DecideSite, arrive, copied, province
from bench.deciding import ARRIVED, size_of
from bench.hub import serving
from bench.intake.stages import fetched
from bench.site import MEMORY_MB, open_site
from gateway.cli.context import open_station
from gateway.evidence.settle import settle
from gateway.intake.page import Bench
from gateway.sandbox.columns import DATASETS
from gateway.sync.deciding import decide_run
from gateway.sync.roster import live_keymap

Say = Callable[[str], None]
_MONTH: Final = Month(0)
_PAGES: Final = 6
_SHOWN: Final = 15


def profile_intake(benefits: int, say: Say) -> None:
    """A worker's way with pages of settlements, the first of them not counted."""
    landing = landing_of(benefits)
    land(landing, _MONTH, say)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serving(landing, [_MONTH]) as url:
        site = open_site(Path(folder), landing, url)
        site.command("roster", "import", str(landing.roster))
        station = open_station(site.config)
        bench = Bench(station.settings, live_keymap(station))
        pages, _ = asyncio.run(fetched(station, SETTLEMENTS, _PAGES))
        first, *rest = pages
        department = DATASETS[SETTLEMENTS].department
        bench.page(department, SETTLEMENTS, first, _MONTH.until)
        with _profiled():
            for payload in rest:
                bench.page(department, SETTLEMENTS, payload, _MONTH.until)


def profile_decide(benefits: int, _say: Say) -> None:
    """A decision run on everybody, up to its publishing."""
    with _province(benefits) as site, _profiled():
        decide_run(site.station, AS_OF)


def profile_settle(benefits: int, _say: Say) -> None:
    """Settling a fiftieth of a month's rows."""
    with _province(benefits) as site:
        arrive(site, ARRIVED)
        station = site.station
        with _profiled():
            settle(station.store, station.evidence, 1, station.now(), MEMORY_MB)


@contextmanager
def _province(benefits: int) -> Iterator[DecideSite]:
    size = size_of(benefits)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        copied(province(size), size, Path(folder), MEMORY_MB) as site,
    ):
        yield site


@contextmanager
def _profiled() -> Iterator[None]:
    """Print what took most CPU time of its own."""
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
    pstats.Stats(profile, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(_SHOWN)
