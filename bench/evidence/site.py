"""A gateway with nothing but a store, an evidence folder and a roster, to settle and decide in."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from bench.evidence.months import Size, first_of, received_at
from gateway.clock import CHINA
from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import BucketSources, compiled, decide_bucket
from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.evidence.compact import Compacted
from gateway.evidence.engine import engine
from gateway.evidence.files import Written, as_part, write_part
from gateway.evidence.live import counting, scan
from gateway.evidence.settle import Settled, settle
from gateway.host import Host
from gateway.places import local_folder
from gateway.policy import load_policy
from gateway.roster.columns import ROSTER
from gateway.settings import GatewaySettings, HubSettings, Settings
from gateway.store import runs
from gateway.store.database import Store
from gateway.store.parts import Part, add_parts, live_parts
from gateway.sync.compacting import compact_where_it_pays
from gateway.sync.station import Station

RULES: Final = Path(__file__).parents[2] / "config"


@dataclass
class Site:
    """One gateway; its clock stands where it is put."""

    station: Station

    @classmethod
    def at(cls, folder: Path, memory_mb: int) -> "Site":
        """A new one in a folder."""
        hub = HubSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": "none"})
        gateway = GatewaySettings(
            store=f"sqlite:///{folder / 'gateway.db'}",
            evidence=folder / "evidence",
            identity_key="env:NONE",
            hub=hub,
            decide_memory_mb=memory_mb,
        )
        station = Station(
            Settings(folder=RULES, gateway=gateway, departments={}), Host({}), Store(gateway.store)
        )
        station.store.migrate()
        return cls(station)

    def set_clock(self, at: datetime) -> None:
        """Let it be this instant."""
        self.station = replace(self.station, clock=lambda: at.replace(tzinfo=CHINA))

    def import_roster(self, size: Size) -> None:
        """One pension a person."""
        for bucket in range(BUCKETS):
            written = write_part(self.station.evidence, "roster", _roster(size, bucket))
            self._add([as_part(written, "roster", bucket, 0, received_at(0))])

    def arrive(self, source: Path, files: Sequence[Written], month: int) -> None:
        """Take the same files as another site, without copying them."""
        folder = local_folder(self.station.evidence)
        (folder / "arrived").mkdir(parents=True, exist_ok=True)
        for written in files:
            os.link(source / written.path, folder / written.path)
        self._add([as_part(each, "arrived", STRANGERS, month, received_at(month)) for each in files])

    def settle(self) -> Settled:
        """Settle by a run of its own."""
        with self.station.store.begin() as conn:
            run_id = runs.start_run(conn, "sync", self.station.now())
            runs.finish_run(conn, run_id, "done", self.station.now())
        memory_mb = self.station.settings.gateway.decide_memory_mb
        found = settle(self.station.store, self.station.evidence, run_id, self.station.now(), memory_mb)
        for path in (local_folder(self.station.evidence) / "arrived").iterdir():
            path.unlink()
        return found

    def compact(self) -> list[Compacted]:
        """What a sync would compact by itself."""
        return compact_where_it_pays(self.station, "bench")

    def decided(self, month: int) -> None:
        """Note that a run has decided by everything there is."""
        with self.station.store.begin() as conn:
            run_id = runs.start_run(conn, "decide", self.station.now(), last_of(month), "1")
            runs.finish_run(conn, run_id, "done", self.station.now())

    def decide(self, month: int, buckets: Sequence[int]) -> int:
        """Decide some buckets, one after the other; gives how many benefits that were."""
        queries = compiled(load_policy(RULES), last_of(month), Gaps())
        with engine(self.station.evidence, self.station.settings.gateway.decide_memory_mb) as connected:
            return sum(
                decide_bucket(connected, self._sources(bucket), queries).state.num_rows for bucket in buckets
            )

    def rows(self) -> int:
        """How many rows there are to be read."""
        return sum(part.rows for part in self._parts("settled"))

    def _sources(self, bucket: int) -> BucketSources:
        folder = self.station.evidence
        strangers = self._parts("settled", STRANGERS), self._parts("retired", STRANGERS)
        settled, retired = self._parts("settled", bucket), self._parts("retired", bucket)
        return BucketSources(
            evidence=counting(folder, settled, retired, strangers),
            roster=scan(folder, self._parts("roster", bucket), ROSTER),
            decided=scan(folder, [], DECIDED),
            ledger=LEDGER.empty_table(),
        )

    def _parts(self, stage: str, bucket: int | None = None) -> list[Part]:
        with self.station.store.read() as conn:
            return live_parts(conn, stage, bucket)

    def _add(self, parts: Sequence[Part]) -> None:
        with self.station.store.begin() as conn:
            add_parts(conn, parts)


def last_of(month: int) -> date:
    """The last day of a month, counted from 0."""
    return first_of(month + 1) - timedelta(days=1)


def _roster(size: Size, bucket: int) -> pa.Table:
    persons = np.arange(bucket or BUCKETS, size.persons + 1, BUCKETS)
    certified = np.datetime64(first_of(0)) - (persons * 7 % 365)
    given: dict[str, pa.Array] = {
        "person": pa.array(persons),
        "person_no": pa.array([f"P{person}" for person in persons]),
        "benefit_id": pa.array([f"B{person}" for person in persons]),
        "benefit": pa.array(np.full(len(persons), "employee_pension")),
        "insured_county": pa.array(np.full(len(persons), "990101")),
        "last_certified_on": pa.array(certified),
        "payment_status": pa.array(np.full(len(persons), "paying")),
        "first_seen_on": pa.array(np.full(len(persons), np.datetime64("2020-01-01"))),
        **{name: pa.array(np.zeros(len(persons), bool)) for name in ("spouse_survivor", "needs_assistance")},
        "matchable": pa.array(np.ones(len(persons), bool)),
    }
    columns = [given.get(field.name, pa.nulls(len(persons), field.type)).cast(field.type) for field in ROSTER]
    return pa.Table.from_arrays(columns, schema=ROSTER)
