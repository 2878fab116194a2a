"""An agency with a handful of people and evidence put in by hand: no hub, no departments."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from gateway.evidence.columns import EVIDENCE, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.evidence.settle import settle
from gateway.host import Host
from gateway.policy import load_policy
from gateway.sandbox.id_numbers import check_digit
from gateway.settings import GatewaySettings, HubSettings, ServeSettings, Settings
from gateway.store.database import Store
from gateway.store.ledger import Entry, Wanted, list_entries
from gateway.store.outbox import StoredEvent, events_about
from gateway.store.parts import add_parts
from gateway.store.windows import NewWindow, close_window, create_window
from gateway.sync.benefits import holder_of
from gateway.sync.deciding import decide_run
from gateway.sync.ledger import Resolution, Resolved, resolve
from gateway.sync.report import DecideReport
from gateway.sync.roster import RosterFile, take_roster
from gateway.sync.statements import take_statements
from gateway.sync.station import Station
from tests.support.project import ROOT
from tests.support.site import SetClock, write_roster

TODAY = date(2026, 10, 1)
NAME = "张三"
DEATH = {
    "department": "health",
    "dataset": "death_certificates",
    "kind": "death",
    "basis": "medical_certificate",
    "polarity": "adverse",
}
DELETED = {
    "department": "health",
    "dataset": "death_certificates",
    "kind": "nothing",
    "basis": "deleted",
    "polarity": "neutral",
    "identity": "unchecked",
    "person": None,
}


def died(on: date) -> dict[str, Any]:
    return {**DEATH, "happened_on": on, "earliest": on, "latest": on}


@dataclass
class Office:
    """The agency at work; every call happens on the day its clock stands at."""

    folder: Path
    station: Station
    clock: SetClock
    keys: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    @property
    def today(self) -> date:
        return self.clock.now.date()

    def on(self, day: date) -> "Office":
        self.clock.now = datetime.combine(day, time(9))
        return self

    def roster(self, *rows: Mapping[str, object]) -> None:
        people = {str(row["benefit_id"]): index for index, row in enumerate(rows)}
        full = [usual(people[str(row["benefit_id"])]) | dict(row) for row in rows]
        take_roster(self.station, RosterFile(write_roster(self.folder / "roster.csv", *full)))

    def evidence(self, benefit_id: str, key: str, **said: Any) -> None:
        """Let a row arrive about the holder of a benefit; of the same key only the newest lives."""
        row = {
            "person": holder_of(self.station, benefit_id).person,
            "key_hash": hashlib.sha256(key.encode()).digest()[:16],
            "item": 0,
            "origin": "department",
            "identity": "match",
            "published_at": self.clock.now + timedelta(microseconds=next(self.keys)),
            "received_at": self.clock.now,
            "content": int.from_bytes(hashlib.sha256(repr((key, said)).encode()).digest()[:7], "big"),
            **said,
        }
        table = pa.Table.from_pylist([row], schema=EVIDENCE)
        written = write_part(self.station.evidence, "arrived", table)
        with self.station.store.begin() as conn:
            add_parts(conn, [as_part(written, "arrived", STRANGERS, 0, self.clock.now)])

    def compared(self, until: date) -> None:
        """Let every dataset that must be compared be read up to a day."""
        sources = load_policy(self.station.settings.folder).sources
        end = datetime.combine(until, time())
        with self.station.store.begin() as conn:
            for dataset in (*sources.must_be_compared.value, *sources.of_life_for_overdue.value):
                new = NewWindow(dataset, end - timedelta(days=30), end, run_id=0, opened_at=end)
                close_window(conn, create_window(conn, new).window_id, end)

    def take(self) -> int:
        """Make evidence of what was stated, as a run does before it decides."""
        taken = take_statements(self.station, 0)
        settle(self.station.store, self.station.evidence, 0, self.clock.now)
        return taken

    def decide(self) -> DecideReport:
        return decide_run(self.station, self.today)

    def entries(self, **wanted: Any) -> list[Entry]:
        with self.station.store.read() as conn:
            return list_entries(conn, Wanted(**wanted))

    def resolve(self, entry: Entry, outcome: str, **given: Any) -> Resolved:
        resolution: dict[str, Any] = {"outcome": outcome, "by": "officer", "note": "looked into", **given}
        return resolve(self.station, entry.entry_id, Resolution(**resolution))

    def events(self, benefit_id: str) -> list[StoredEvent]:
        with self.station.store.read() as conn:
            return events_about(conn, benefit_id)

    def types(self, benefit_id: str) -> list[str]:
        return [event.type.removeprefix("cn.hunan.rst.") for event in self.events(benefit_id)]


def usual(index: int) -> dict[str, object]:
    """A synthetic person of the test region."""
    body = f"990101195001{index // 28 % 28 + 1:02d}{index % 900 + 100}"
    return {
        "person_no": f"P{index}",
        "id_number": body + check_digit(body),
        "name": NAME,
        "birth_on": "1950-01-01",
        "last_certified_on": "2026-03-01",
    }


@contextmanager
def open_office(folder: Path, url: str | None = None) -> Iterator[Office]:
    """An office in a folder: a new one has nobody on its roster yet."""
    config, key = folder / "config", folder / "identity.key"
    config.mkdir(parents=True, exist_ok=True)
    for name in ("policy.yaml", "counties.yaml"):
        shutil.copyfile(ROOT / "config" / name, config / name)
    key.touch(mode=0o600)
    key.write_text("synthetic" * 8, "ascii")
    hub = HubSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": "none"})
    gateway = GatewaySettings(
        store=url or f"sqlite:///{folder / 'gateway.db'}",
        evidence=folder / "evidence",
        identity_key=f"file:{key}",
        hub=hub,
        serve=ServeSettings(secret=f"file:{key}"),
        decide_memory_mb=512,
    )
    clock = SetClock(datetime.combine(TODAY, time(9)))
    with Store(gateway.store) as store:
        store.migrate()
        settings = Settings(folder=config, gateway=gateway, departments={})
        yield Office(folder, Station(settings, Host({}), store, clock=clock), clock)
