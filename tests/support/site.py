"""A small sandbox site: a province behind a hub on loopback, justice's folder, a station to run it with."""

import asyncio
import csv
import hashlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from sqlalchemy import select

from gateway.cli.context import open_station
from gateway.clock import CHINA
from gateway.evidence.columns import EVIDENCE
from gateway.evidence.live import live
from gateway.hub.waiting import Timing, Waiting, log_waiting
from gateway.places import Place, opened
from gateway.sandbox.columns import DATASETS
from gateway.sandbox.hub import HUB, Hub, HubOptions, make_hub
from gateway.sandbox.id_numbers import is_valid, short_form
from gateway.sandbox.keys import SandboxKeys
from gateway.sandbox.province import Province
from gateway.sandbox.roster import COLUMNS
from gateway.sandbox.site import Site, hub_in_background, write_site
from gateway.store.database import Store
from gateway.store.parts import live_parts
from gateway.store.reaching import reach
from gateway.store.runs import Run, list_runs
from gateway.store.tables import EVENT_SPANS, EVENTS, REFUSALS, WINDOWS
from gateway.sync.deciding import decide_run
from gateway.sync.report import DecideReport
from gateway.sync.roster import RosterFile, RosterTaken, take_roster
from gateway.sync.run import Scope, SyncReport, sync
from gateway.sync.station import Station
from tests.support.decided import decisions_kept
from tests.support.project import ROOT

START = date(2026, 9, 1)
AS_OF = date(2026, 9, 30)
NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - the province's local wall time

Digest = dict[str, tuple[int, str]]
"""Per part of the final state how many there are, and a hash of them: two runs are compared by it."""


class SetClock:
    """A clock that stands where it was put; naive Asia/Shanghai inside."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.replace(tzinfo=CHINA)


class SkippedTime:
    """Time for the hub client: every pause is noted, and over at once."""

    def __init__(self) -> None:
        self.waits: list[Waiting] = []
        self._skipped = 0.0

    def timing(self) -> Timing:
        """What the client is given."""
        return Timing(
            sleep=self._sleep,
            monotonic=lambda: time.monotonic() + self._skipped,
            random=lambda: 0.5,
            told=self._tell,
        )

    async def _sleep(self, seconds: float) -> None:
        self._skipped += seconds
        await asyncio.sleep(0)

    def _tell(self, waiting: Waiting) -> None:
        self.waits.append(waiting)
        log_waiting(waiting)


@dataclass(frozen=True)
class Supplies:
    """What costs time to make and is shared by all sites of a test run: made once, only ever read."""

    province: Province
    keys: Path
    roster: Path
    drop: Path


@dataclass
class Trial:
    """A site under test, its hub serving until the test ends."""

    site: Site
    province: Province
    keys: SandboxKeys
    hub: Hub
    clock: SetClock
    time: SkippedTime
    station: Station = field(repr=False)

    @property
    def data(self) -> Path:
        """Everything the gateway keeps, where the store is SQLite."""
        return self.site.folder / "data"

    def take_roster(self, file: Path) -> RosterTaken:
        """Import a roster."""
        return take_roster(self.station, RosterFile(file))

    def sync(self, scope: Scope | None = None) -> SyncReport:
        """Read everything new."""
        return sync(self.station, scope)

    def decide(self, as_of: date = AS_OF) -> DecideReport:
        """Decide every benefit."""
        return decide_run(self.station, as_of)

    def reopen(self, **hub: object) -> None:
        """Change keys of the configuration's hub section and open the station anew."""
        configure(self.site, **hub)
        self.station.store.close()
        self.station = replace(open_station(self.site.config), clock=self.clock, timing=self.station.timing)

    def latest_run(self) -> Run:
        """The run that was noted last."""
        with self.station.store.read() as conn:
            return list_runs(conn, limit=1)[0]

    def reach(self) -> list[tuple[Any, ...]]:
        """How far each dataset has been read: dataset, load time, number of the last file."""
        return state_of(self.station.store, self.station.evidence)["reach"]

    def state(self) -> Digest:
        """What was reached in the end."""
        return digest(state_of(self.station.store, self.station.evidence))


@contextmanager
def open_trial(  # noqa: PLR0913 - what a site may differ in, each named
    folder: Path,
    supplies: Supplies,
    *,
    start: Path | None = None,
    now: datetime = NOW,
    store: str | None = None,
    workers: int = 0,
    departments: Sequence[str] = (),
    options: HubOptions | None = None,
    gateway: Mapping[str, object] | None = None,
    **hub: object,
) -> Iterator[Trial]:
    """A site in a folder of its own; `start` is the data of another site to go on from.

    `departments` leaves only those on; `gateway` overrides keys of gateway.yaml, `hub` of its hub section.
    """
    site, clock, skipped = Site(folder), SetClock(now), SkippedTime()
    folder.mkdir(parents=True, exist_ok=True)
    for name, shared in (("keys", supplies.keys), ("drop", supplies.drop)):
        if not (folder / name).exists():
            (folder / name).symlink_to(shared)
    if start is not None:
        shutil.copytree(start, folder / "data")
    keys = site.keys()
    app = make_hub(supplies.province, keys, now=lambda: clock.now, options=options)
    with hub_in_background(app) as url:
        override: dict[str, Any] = {"workers": workers} | ({"store": store} if store else {})
        override |= gateway or {}
        write_site(folder, url, supplies.province.first_month, ROOT / "config", **override)
        configure(site, **{"page_limit": 60, "max_attempts": 3, **hub})
        leave_on(site, departments)
        station = replace(open_station(site.config), clock=clock, timing=skipped.timing())
        with station.store:
            yield Trial(site, supplies.province, keys, app[HUB], clock, skipped, station)


def configure(site: Site, **hub: object) -> None:
    """Override keys of the hub section in gateway.yaml."""
    file = site.config / "gateway.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    content["hub"] |= hub
    file.write_text(yaml.safe_dump(content), "utf-8")


def leave_on(site: Site, departments: Sequence[str]) -> None:
    """Switch every other department off; none named leaves all on."""
    for file in (site.config / "departments").glob("*.yaml"):
        if departments and file.stem not in departments:
            file.unlink()


def switch_off(site: Site, department: str, *datasets: str) -> None:
    """Leave datasets of a department unread."""
    file = site.config / "departments" / f"{department}.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    for name in datasets:
        content["datasets"][name] |= {"enabled": False}
    file.write_text(yaml.safe_dump(content), "utf-8")


def put(province: Province, dataset: str, loaded_at: datetime, op: str = "I", **fields: object) -> None:
    """Let a department load one row; columns that are not named are empty."""
    row: dict[str, Any] = dict.fromkeys(DATASETS[dataset].names) | fields
    province._archive.add(dataset, loaded_at, row | {"op": op})


def write_roster(path: Path, *rows: Mapping[str, object]) -> Path:
    """Write a roster; a row names what is not the usual case: somebody in Asia on an employee pension."""
    usual = {
        "id_type": "01",
        "benefit": "employee_pension",
        "insured_county": "990101",
        "started_on": "2015-01-01",
        "last_certified_on": "2026-01-10",
        "last_method": "counter",
        "payment_status": "paying",
        "spouse_survivor": "0",
        "needs_assistance": "0",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(usual | dict(row) for row in rows)
    return path


class Privates:
    """What must never be seen: every ID number, in both lengths, and every name of a province."""

    def __init__(self, province: Province) -> None:
        people = province.people
        numbers = {text for person in people for text in (person.id_number, person.roster_id)}
        numbers |= {former for person in people for former in person.former_ids}
        names = {text for person in people for text in (person.name, person.roster_name)}
        self.texts = sorted(numbers | {short_form(number) for number in numbers if is_valid(number)} | names)
        long_names = [name for name in names if len(name) > _SURE_LENGTH]
        self._bytes = [text.encode() for text in self.texts] + [name.encode("gb18030") for name in long_names]

    def in_text(self, text: str) -> int:
        """How many of them stand in a text; a number, so that no failing test shows them."""
        return sum(private in text for private in self.texts)

    def in_bytes(self, content: bytes) -> int:
        """How many of them stand in bytes, as UTF-8 or GB18030.

        A name of two characters is four bytes of GB18030, which hashes hold by chance: left out.
        """
        return sum(private in content for private in self._bytes)


_SURE_LENGTH = 2

_written = itemgetter("decision_id")

State = dict[str, list[Any]]
"""Sorted rows by part of the state; nothing in it depends on when it was received or in which file it is."""

_EVIDENCE = [name for name in EVIDENCE.names if name != "received_at"]
_REFUSAL = ("dataset", "key_hash", "field", "rule", "content")
_DECISION = ("benefit_id", "person_no", "decision", "reason", "confidence", "certified_on", "valid_until")


def state_of(store: Store, evidence: Place) -> State:
    """What a run has reached: evidence that lives, refusals, how far was read, decisions, events."""
    with store.read() as conn:
        settled, retired = (live_parts(conn, stage) for stage in ("settled", "retired"))
        refusals = conn.execute(select(*(REFUSALS.c[name] for name in _REFUSAL))).all()
        last = {row["benefit_id"]: row for row in sorted(decisions_kept(conn), key=_written)}
        events = conn.execute(select(EVENTS.c.sequence, EVENTS.c.event_id, EVENTS.c.type, EVENTS.c.subject))
        told = sorted(tuple(row) for row in events)
        spans = select(EVENT_SPANS.c.first_sequence, EVENT_SPANS.c.last_sequence)
        held = conn.execute(spans.where(EVENT_SPANS.c.released_at.is_(None))).all()
        windows = conn.execute(
            select(WINDOWS.c.dataset, WINDOWS.c.state, WINDOWS.c.until, WINDOWS.c.seq)
        ).all()
        arrived = live_parts(conn, "arrived")
        people = [part for stage in ("roster", "numbers") for part in live_parts(conn, stage)]
    reach: dict[str, tuple[datetime, int]] = {}
    for dataset, state, until, seq in windows:
        if state == "closed":
            reach[dataset] = max(reach.get(dataset, (until, seq or 0)), (until, seq or 0))
    return {
        "roster": sorted(repr(row) for part in people for row in _table(evidence / part.path).to_pylist()),
        "evidence": _live_rows(evidence, live(evidence, settled, retired)),
        "refusals": sorted(tuple(row) for row in refusals),
        "reach": sorted((dataset, *reached) for dataset, reached in reach.items()),
        "unfinished": sorted((row.dataset, row.until) for row in windows if row.state == "open"),
        "unsettled": [(part.dataset,) for part in arrived],
        "decisions": sorted(tuple(row[name] for name in _DECISION) for row in last.values()),
        "explanations": sorted((name, str(row["body"])) for name, row in last.items()),
        "events": told,
        "held": sorted(number for first, last in held for number in range(first, last + 1)),
    }


def digest(state: State) -> Digest:
    """The state in a few characters, so that a failing comparison names the part that differs."""
    return {
        name: (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()[:12])
        for name, rows in state.items()
    }


def _table(place: Place) -> pa.Table:
    with opened(place) as file:
        return pq.read_table(file)


def _live_rows(evidence: Place, query: str) -> list[tuple[Any, ...]]:
    """Rows that say something; one that only stands for `no record` may be there or not."""
    columns = ", ".join(_EVIDENCE)
    with duckdb.connect() as engine:
        reach(engine, evidence)
        rows = engine.execute(f"SELECT {columns} FROM ({query}) WHERE kind <> 'nothing'").fetchall()  # noqa: S608 - our own names
    return sorted(rows, key=repr)


def records_of(trial: Trial, dataset: str, key: str) -> list[dict[str, Any]]:
    """The live records that a department's row left, each with the roster's `person_no`."""
    with trial.station.store.read() as conn:
        settled, retired = (live_parts(conn, stage) for stage in ("settled", "retired"))
        numbers = live_parts(conn, "numbers")[-1]
    known = _table(trial.station.evidence / numbers.path).to_pylist()
    people = {row["person"]: row["person_no"] for row in known}
    wanted = trial.station.keyer.row(dataset, key)
    rows = _live_rows(trial.station.evidence, live(trial.station.evidence, settled, retired))
    found = [dict(zip(_EVIDENCE, row, strict=True)) for row in rows]
    return [
        row | {"person_no": people.get(row["person"])}
        for row in found
        if row["dataset"] == dataset and row["key_hash"] == wanted
    ]
