"""Two gateways that are given the same rows month after month, one of which compacts its evidence."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import select

from gateway.clock import CHINA, add_months
from gateway.decide.columns import DECIDED
from gateway.evidence.columns import EVIDENCE, STRANGERS
from gateway.evidence.compact import Compacted
from gateway.evidence.files import as_part, write_part
from gateway.evidence.settle import settle
from gateway.policy import load_policy
from gateway.roster.columns import ROSTER
from gateway.store import runs, windows
from gateway.store.database import Store
from gateway.store.parts import add_parts, live_parts
from gateway.store.tables import EVENTS
from gateway.sync.compacting import Task, compact
from gateway.sync.deciding import decide_run
from gateway.sync.station import Station
from tests.integration.sync.shifts import HOST, configured
from tests.support.decided import decisions_kept

RULES: Final = Path(__file__).parents[3] / "config"
FIRST: Final = date(2026, 1, 1)
PEOPLE: Final = [16 * number + bucket for number in range(12) for bucket in (1, 2, 3)]
BENEFITS: Final = ["employee_pension", "resident_pension", "survivor_allowance", "unemployment_benefit"]
SIGHTINGS: Final = [
    ("health", "outpatient_visits", "outpatient_visit", None),
    ("health", "inpatient_stays", "hospital_stay", None),
    ("police", "border_crossings", "border_crossing", None),
    ("justice", "community_corrections", "community_correction", None),
    ("civil_affairs", "marriages", "marriage", None),
    ("agency", "certifications", "certification_elsewhere", "self_service"),
    ("agency", "certifications", "certification_elsewhere", "counter"),
]
_USUAL: Final = (12, 3, 2, 2, 1, 1, 1)
_DECIDED_BY: Final = {"decision_id", "run_id"}

Row = dict[str, Any]


@dataclass
class Months:
    """Rows month after month; every key, its versions, and what was taken back are remembered."""

    chance: Random
    number: int = 0
    versions: dict[int, list[Row]] = field(default_factory=dict)
    spared: dict[int, int] = field(default_factory=dict)

    def arrive(self, month: int) -> list[Row]:
        """What arrives in a month: new rows, changes of known ones, and old versions again."""
        known = [key for key in self.versions if self.versions[key][-1]["kind"] != "nothing"]
        new = [row for person in PEOPLE for row in self._new(month, person)]
        changed = [
            row for key in self.chance.sample(known, len(known) // 8) for row in self._changed(month, key)
        ]
        again = [self.chance.choice(self.versions[key]) for key in self.chance.sample(known, len(known) // 4)]
        came = [row | {"received_at": _received(month)} for row in (*new, *changed, *again)]
        self.chance.shuffle(came)
        return came

    def _new(self, month: int, person: int) -> Iterator[Row]:
        for _ in range(self.chance.randint(1, 4)):
            yield self._version(month, self._next(), person, self._fact(month))

    def _fact(self, month: int) -> Row:
        drawn = self.chance.random()
        if drawn < 0.004:
            return self._death(month)
        if drawn < 0.01:
            began_on = self._day(month)
            custody = {"kind": "custody", "basis": self.chance.choice(["detention", "sentence"])}
            return _adverse("police", "detentions") | custody | {"began_on": began_on}
        department, dataset, kind, basis = self.chance.choices(SIGHTINGS, _USUAL)[0]
        strength = self.chance.choices(["strong", "weak"], [1, 2])[0]
        seen = {"polarity": "of_life", "strength": strength, "happened_on": self._day(month)}
        return {"department": department, "dataset": dataset, "kind": kind, "basis": basis, **seen}

    def _death(self, month: int) -> Row:
        day = self._day(month)
        told = {"kind": "death", "basis": "medical_certificate", "happened_on": day, "latest": day}
        return _adverse("health", "death_certificates") | told

    def _changed(self, month: int, key: int) -> Iterator[Row]:
        """A correction, a deletion, a withdrawal, or nothing: of what is old two rows a person at most."""
        last = self.versions[key][-1]
        old = last["received_at"] < _received(month) - timedelta(days=31)
        if old and self.spared.get(last["person"] or 0, 0) >= 2:
            return
        self.spared[last["person"] or 0] = self.spared.get(last["person"] or 0, 0) + old
        moved = self.chance.choice([last["person"], self.chance.choice(PEOPLE)])
        draw = self.chance.random()
        if draw < 0.5:
            said = {name: last[name] for name in EVIDENCE.names if last[name] is not None}
            day = {"happened_on": self._day(month)} if "happened_on" in said else {}
            yield self._version(month, key, moved, said | day)
        elif draw < 0.75:
            gone = {"kind": "nothing", "basis": "deleted", "polarity": "neutral", "identity": "unchecked"}
            yield self._version(month, key, None, {**gone, **_of(last)})
        else:
            undo = {"kind": "withdrawal", "polarity": "neutral", "withdraws": last["key_hash"]}
            yield self._version(month, self._next(), None, {**undo, "identity": "unchecked", **_of(last)})

    def _version(self, month: int, key: int, person: int | None, said: Row) -> Row:
        loaded = datetime.combine(add_months(FIRST, month + 1), datetime.min.time())
        stamp = {"published_at": loaded + timedelta(seconds=self.chance.randint(0, 80_000))}
        own = {"person": person, "key_hash": key.to_bytes(16, "big"), "content": self.chance.getrandbits(60)}
        usual = {"item": 0, "origin": "department", "identity": "match", "received_at": _received(month)}
        row = dict.fromkeys(EVIDENCE.names) | usual | said | own | stamp
        row["received_at"] = _received(month)
        self.versions.setdefault(key, []).append(row)
        self.versions[key].sort(key=lambda each: (each["published_at"], each["content"]))
        return row

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _day(self, month: int) -> date:
        return add_months(FIRST, month) + timedelta(days=self.chance.randint(0, 27))


def _adverse(department: str, dataset: str) -> Row:
    return {"department": department, "dataset": dataset, "polarity": "adverse"}


def _of(row: Row) -> Row:
    return {"department": row["department"], "dataset": row["dataset"]}


def _received(month: int) -> datetime:
    """On the second day of the next month."""
    return datetime.combine(add_months(FIRST, month + 1), datetime.min.time()) + timedelta(days=1)


def roster(chance: Random) -> list[Row]:
    """One or two benefits a person, some never certified, some certified some time in the year before."""
    return [
        _benefit(chance, person, number) for person in PEOPLE for number in range(chance.choice([1, 1, 2]))
    ]


def _benefit(chance: Random, person: int, number: int) -> Row:
    certified = chance.choice([None, FIRST - timedelta(days=chance.randint(1, 360))])
    return dict.fromkeys(ROSTER.names) | {
        "person": person,
        "person_no": f"P{person}",
        "benefit_id": f"B{person}-{number}",
        "benefit": chance.choice(BENEFITS),
        "insured_county": "990101",
        "started_on": date(2020, 1, 1),
        "last_certified_on": certified,
        "last_method": "counter" if certified else None,
        "payment_status": "paying",
        "spouse_survivor": chance.random() < 0.5,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2024, 1, 1),
    }


@dataclass
class Gateway:
    """A gateway with its own store and evidence folder."""

    station: Station

    @classmethod
    def at(cls, folder: Path, migrated: Path, benefits: list[Row]) -> "Gateway":
        """One with a roster, whose datasets have all been compared."""
        folder.mkdir()
        shutil.copy(migrated, folder / "gateway.sqlite")
        settings = configured()
        own = settings.gateway.model_copy(update={"evidence": folder / "evidence"})
        settings = settings.model_copy(update={"gateway": own, "folder": RULES})
        found = cls(Station(settings, HOST, Store(f"sqlite:///{folder / 'gateway.sqlite'}")))
        found._write("roster", benefits, ROSTER, 0)
        return found

    def month(self, month: int, rows: list[Row]) -> None:
        """Take what arrived, settle it, and decide as of the end of the month."""
        now = _received(month) + timedelta(hours=3)
        self.station = replace(self.station, clock=lambda: now.replace(tzinfo=CHINA))
        store = self.station.store
        with store.begin() as conn:
            run_id = runs.start_run(conn, "sync", now)
            self._compare(conn, run_id, month)
            runs.finish_run(conn, run_id, "done", now)
        self._write("arrived", rows, EVIDENCE, run_id)
        settle(store, self.station.evidence, run_id, now)
        report = decide_run(self.station, add_months(FIRST, month + 1) - timedelta(days=1))
        assert not report.held
        assert not report.uncompared

    def compact(self) -> list[Compacted]:
        return compact(self.station, Task("tests"))

    def state(self) -> list[Row]:
        """What is carried from run to run, of every benefit."""
        with self.station.store.read() as conn:
            parts = live_parts(conn, "decided")
        tables = [pa.parquet.read_table(self.station.evidence / part.path) for part in parts]
        return sorted(pa.concat_tables(tables).select(DECIDED.names).to_pylist(), key=repr)

    def decisions(self) -> list[Row]:
        """Every decision ever made, with its explanation."""
        with self.station.store.read() as conn:
            found = decisions_kept(conn)
        return [{name: row[name] for name in row if name not in _DECIDED_BY} for row in found]

    def events(self) -> list[bytes]:
        with self.station.store.read() as conn:
            return list(conn.scalars(select(EVENTS.c.body).order_by(EVENTS.c.sequence)))

    def live_rows(self) -> int:
        with self.station.store.read() as conn:
            return sum(part.rows for part in live_parts(conn, "settled"))

    def _compare(self, conn: Any, run_id: int, month: int) -> None:
        sources = load_policy(RULES).sources
        since, until = (
            datetime.combine(add_months(FIRST, month + each), datetime.min.time()) for each in (0, 1)
        )
        for name in {*sources.must_be_compared.value, *sources.of_life_for_overdue.value}:
            new = windows.NewWindow(name, since, until + timedelta(days=1), run_id, since)
            windows.close_window(conn, windows.create_window(conn, new).window_id, until)

    def _write(self, stage: str, rows: list[Row], schema: pa.Schema, run_id: int) -> None:
        own = {row["person"] % 16 for row in rows} if stage == "roster" else {STRANGERS}
        for bucket in own:
            here = [row for row in rows if stage != "roster" or row["person"] % 16 == bucket]
            written = write_part(self.station.evidence, stage, pa.Table.from_pylist(here, schema))
            with self.station.store.begin() as conn:
                add_parts(conn, [as_part(written, stage, bucket, run_id, self.station.now())])
