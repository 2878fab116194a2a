"""A gateway site of the bench's own: the real store, roster import, intake and decide run, its clock set."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from bench.accuracy.intake import Readers
from gateway.cli.context import open_station
from gateway.clock import CHINA
from gateway.evidence.engine import engine
from gateway.evidence.settle import settle
from gateway.hub.windows import Window as Span
from gateway.sandbox.site import write_site
from gateway.store import runs, windows
from gateway.store.ledger import Entry, Wanted, list_entries
from gateway.store.open_refusals import OpenRefusals
from gateway.store.outbox import StoredEvent, events_after
from gateway.store.parts import live_parts
from gateway.store.windows import NewWindow
from gateway.sync.approving import Word, approve_run, discard_run
from gateway.sync.deciding import decide_run
from gateway.sync.layers import standing
from gateway.sync.ledger import Resolution, resolve
from gateway.sync.lock import at_work
from gateway.sync.report import DecideReport
from gateway.sync.roster import RosterFile, live_keymap, take_roster
from gateway.sync.shift import Place, note
from gateway.sync.station import Station

ROOT: Final = Path(__file__).parents[2]
PAGE_ROWS: Final = 20_000
_EVENTS: Final = 5_000
_WORKERS: Final = 2
_MEMORY_MB: Final = 1024
_NOBODY_CALLS: Final = "http://127.0.0.1:9"
_ENTRIES: Final = 1_000_000


class SetClock:
    """A clock that stands where it was put; naive Asia/Shanghai inside."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.replace(tzinfo=CHINA)


@dataclass
class BenchSite:
    """The gateway under measurement."""

    station: Station = field(repr=False)
    clock: SetClock
    readers: Readers = field(repr=False)
    departments: Mapping[str, str]
    told: int = 0

    def take_roster(self, file: Path) -> None:
        """Import a roster."""
        take_roster(self.station, RosterFile(file))

    def read(self, span: Span, rows: Mapping[str, pa.Table]) -> None:
        """Take each dataset's rows of a window, close the windows and settle, as a sync does."""
        station = self.station
        with at_work(station):
            with station.store.begin() as conn:
                run_id = runs.start_run(conn, "sync", station.now())
            keymap = live_keymap(station)
            waiting = [(name, self._pages(keymap, name, table)) for name, table in rows.items()]
            for name, pages in waiting:
                self._note(run_id, name, span, [page.result() for page in pages], rows[name].num_rows)
            settle(station.store, station.evidence, run_id, station.now())
            with station.store.begin() as conn:
                runs.finish_run(conn, run_id, "done", station.now())

    def _pages(self, keymap: Path, dataset: str, rows: pa.Table) -> list[Any]:
        return [
            self.readers.take(
                keymap, self.departments[dataset], dataset, rows.slice(start, PAGE_ROWS), self.station.now()
            )
            for start in range(0, max(rows.num_rows, 1), PAGE_ROWS)
        ]

    def _note(self, run_id: int, dataset: str, span: Span, pages: Sequence[Any], total: int) -> None:
        now = self.station.now()
        with self.station.store.begin() as conn:
            opened = windows.create_window(conn, NewWindow(dataset, span.since, span.until, run_id, now))
            standing = OpenRefusals(dataset)
            for number, taken in enumerate(pages):
                following = str(number + 1) if number + 1 < len(pages) else None
                note(
                    conn,
                    Place(run_id, dataset, opened.window_id, 1, str(number), following, total, now),
                    taken,
                    standing,
                )
            windows.close_window(conn, opened.window_id, now)

    def decide(self, as_of: date) -> DecideReport:
        """Decide every benefit; the run may be held."""
        return decide_run(self.station, as_of)

    def approve(self, run_id: int) -> None:
        """Let a held run out, as an operator who looked."""
        approve_run(
            self.station, run_id, Word("operator", "looked into: as the season and the rates have it")
        )

    def discard(self, run_id: int) -> None:
        """Let a held run go."""
        discard_run(self.station, run_id, Word("operator", "the department takes its file back"))

    def new_events(self) -> Iterator[StoredEvent]:
        """The events that were let out since the last call."""
        while True:
            with self.station.store.read() as conn:
                found = events_after(conn, self.told, _EVENTS)
            if not found:
                return
            self.told = found[-1].sequence
            yield from found

    def decided(self) -> pd.DataFrame:
        """The state of every benefit, as the last run left it."""
        with self.station.store.read() as conn:
            parts = live_parts(conn, "decided")
        with engine(self.station.evidence, _MEMORY_MB) as connection:
            return connection.sql(standing(self.station.evidence, parts)).to_arrow_table().to_pandas()

    def open_entries(self) -> list[Entry]:
        """Every open entry of the verification ledger."""
        with self.station.store.read() as conn:
            return list_entries(conn, Wanted(limit=_ENTRIES))

    def resolve(self, entry_id: int, resolution: Resolution) -> None:
        """Close an entry of the ledger."""
        resolve(self.station, entry_id, resolution)


@contextmanager
def open_site(folder: Path, first_month: date) -> Iterator[BenchSite]:
    """A new site in an empty folder, with the project's own rules."""
    clock = SetClock(datetime.combine(first_month, datetime.min.time()))
    site = write_site(folder, _NOBODY_CALLS, first_month, ROOT / "config", workers=0, decide_memory_mb=2048)
    station = replace(open_station(site.config), clock=clock)
    departments = {
        dataset.name: name
        for name, department in station.host.departments.items()
        for dataset in department.datasets
    }
    station.store.migrate()
    with station.store, Readers(station.settings, _WORKERS) as readers:
        yield BenchSite(station, clock, readers, departments)
