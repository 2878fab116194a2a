"""A gateway's own folders with a province in them, as import, sync and settle would leave them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa

from bench.cache import cache_folder
from bench.decide.data import AS_OF, Size, arrivals, corrections, month, roster, strangers
from gateway.cli.context import open_station
from gateway.clock import CHINA
from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.sandbox.site import write_site
from gateway.store import runs
from gateway.store.parts import Part, add_parts
from gateway.store.windows import NewWindow, close_window, create_window
from gateway.sync.station import Station

ROOT: Final = Path(__file__).parents[2]
"""The folder of the project."""

_NOBODY_CALLS: Final = "http://127.0.0.1:9"
MADE: Final = "made"
"""The file in a folder that is kept whole."""
_BEFORE: Final = 0
"""The run that a province's parts are said to come from: before all others."""


@dataclass(frozen=True)
class DecideSite:
    """A station over the province; `clock` is where its time is set."""

    station: Station = field(repr=False)
    clock: "SetClock"
    size: Size


class SetClock:
    """A clock that stands where it was put; naive Asia/Shanghai inside."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.replace(tzinfo=CHINA)


def province(size: Size, months: int = 1) -> Path:
    """The folder of a province of this size, made where it is not there yet."""
    folder = cache_folder() / f"decide-{size.benefits}-{size.records}-{months}-{size.seed}"
    if not (folder / MADE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        with open_site(folder, size) as site:
            _fill(site, months)
        (folder / MADE).touch()
    return folder


@contextmanager
def copied(folder: Path, size: Size, into: Path, memory_mb: int = 1024) -> Iterator[DecideSite]:
    """A copy of a province to be decided: its parts are linked, its database is its own."""
    shutil.copytree(folder / "data", into / "data", copy_function=_linked, dirs_exist_ok=True)
    with open_site(into, size, memory_mb) as site:
        yield site


@contextmanager
def open_site(folder: Path, size: Size, memory_mb: int = 1024) -> Iterator[DecideSite]:
    """The station over a folder, with the project's own rules; the database is made where there is none."""
    clock = SetClock(datetime.combine(AS_OF, datetime.min.time()))
    site = write_site(folder, _NOBODY_CALLS, AS_OF, ROOT / "config", workers=0, decide_memory_mb=memory_mb)
    station = replace(open_station(site.config), clock=clock)
    station.store.migrate()
    with station.store:
        yield DecideSite(station, clock, size)


def arrive(site: DecideSite, share: float = 0.02, turn: int = 0) -> None:
    """Let a share of a month's records arrive, not settled yet."""
    rows = [arrivals(site.size, bucket, share, turn) for bucket in range(BUCKETS)]
    _add(site.station, "arrived", STRANGERS, pa.concat_tables(rows))


def compare(site: DecideSite, until: date) -> None:
    """Note that every dataset was read completely up to a day."""
    station = site.station
    names = [each.name for one in station.host.departments.values() for each in one.datasets]
    end = datetime.combine(until + timedelta(1), datetime.min.time())
    with station.store.begin() as conn:
        run_id = runs.start_run(conn, "sync", station.now())
        for name in names:
            window = NewWindow(name, end - timedelta(31), end, run_id, station.now())
            close_window(conn, create_window(conn, window).window_id, station.now())
        runs.finish_run(conn, run_id, "done", station.now())


def _fill(site: DecideSite, months: int) -> None:
    for bucket in range(BUCKETS):
        _add(site.station, "roster", bucket, roster(site.size, bucket))
        for back in reversed(range(months)):
            rows = month(site.size, bucket, back)
            earlier, retired = corrections(site.size, bucket, rows)
            _add(site.station, "settled", bucket, pa.concat_tables([rows, earlier]).sort_by("person"))
            _add(site.station, "retired", bucket, retired)
            _add(site.station, "settled", STRANGERS, strangers(site.size, [rows]))
    compare(site, AS_OF)


def _add(station: Station, stage: str, bucket: int, rows: pa.Table) -> None:
    now = station.now()
    part: Part = as_part(write_part(station.evidence, stage, rows), stage, bucket, _BEFORE, now)
    with station.store.begin() as conn:
        add_parts(conn, [part])


def _linked(source: str, target: str) -> str:
    if source.endswith(".parquet"):
        os.link(source, target)
        return target
    return shutil.copy2(source, target)
