"""The bench itself: month by month through the real gateway, with people and the agency answering it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.accuracy.agency import Agency, Told, as_day
from bench.accuracy.calendar import NEVER
from bench.accuracy.core_system import NO_DAY, CoreSystem, benefit_of, open_core_system
from bench.accuracy.measure import GATEWAY, Measure
from bench.accuracy.naive import ANY_ADVERSE, MAJORITY, verdicts
from bench.accuracy.rates import Rates
from bench.accuracy.site import ROOT, BenchSite, open_site
from bench.accuracy.tally import Tally
from bench.accuracy.truth import Truth, make_truth
from gateway.hub.windows import Window
from gateway.policy import load_policy
from gateway.sync.ledger import Resolution
from gateway.sync.report import DecideReport

Say = Callable[[str], None]
_RULES: Final = (GATEWAY, ANY_ADVERSE, MAJORITY)


@dataclass
class Month:
    """What one month's run came to."""

    as_of: str
    rows: int
    benefits: int
    decisions: dict[str, int]
    events: dict[str, int]
    held: list[str]
    uncompared: list[str]
    verified: int
    seconds: float


@dataclass
class Outcome:
    """Everything the bench found."""

    truth: Truth
    measure: Measure
    seed: int
    policy_version: str = ""
    months: list[Month] = field(default_factory=list)
    corrupted_held: bool | None = None
    seconds: float = 0.0


class Run:
    """One pass of the bench."""

    def __init__(self, truth: Truth, site: BenchSite, seed: int, say: Say) -> None:
        rng = np.random.default_rng([seed, 1])
        self._truth = truth
        self._site = site
        self._say = say
        policy = load_policy(ROOT / "config")
        self._core: CoreSystem = open_core_system(truth.people, truth.benefits, truth.rates, policy, rng)
        self._agency = Agency(self._core, truth.rates.agency, rng)
        tallies = {name: Tally(len(truth.people)) for name in _RULES}
        self.outcome = Outcome(truth, Measure(truth, self._core, tallies), seed, policy.version)
        self._read_until = datetime.combine(truth.calendar.first_month, datetime.min.time())
        self._unread: dict[str, datetime] = {}

    def all_months(self) -> Outcome:
        """Every month in turn."""
        began = time.monotonic()
        for month in range(self._truth.calendar.months):
            self._month(month)
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def _month(self, month: int) -> None:
        began = time.monotonic()
        calendar = self._truth.calendar
        as_of, now = calendar.day(calendar.as_of(month)), calendar.read_at(month)
        verified = self._verify(as_of)
        self._agency.month_passes(as_of)
        self._site.clock.now = now
        file = self._site.station.work.parent / "roster.parquet"
        self._core.write(file, as_of)
        self._site.take_roster(file)
        rows = self._read(month, now)
        report, held = self._decide(month)
        told = self._hear(as_of + 1)
        self._agency.plan_verification(self._site.open_entries(), as_of + 1)
        decided = self._decided()
        naive = verdicts(self._site.station, len(self._truth.people), calendar.as_of(month))
        self.outcome.measure.month(month, decided, naive)
        found = Month(
            as_of=calendar.as_of(month).isoformat(),
            rows=rows,
            benefits=len(decided),
            decisions=dict(sorted(report.decisions.items())),
            events=dict(sorted(told.items())),
            held=held,
            uncompared=[*report.uncompared, *report.of_life],
            verified=verified,
            seconds=round(time.monotonic() - began, 1),
        )
        self.outcome.months.append(found)
        self._say(_line(month, found))

    def _read(self, month: int, now: datetime) -> int:
        """Everything loaded since the last month; a silent department's rows come with the next one."""
        rates = self._truth.rates.calendar
        silent = rates.silent_department if month == rates.silent_month else ""
        rows: dict[str, pa.Table] = {}
        for name, archive in self._truth.rows.items():
            since = self._unread.get(name, self._read_until)
            if self._site.departments[name] == silent:
                self._unread[name] = since
                continue
            self._unread.pop(name, None)
            rows[name] = archive.between(np.datetime64(since), np.datetime64(now))
        if month == rates.corrupted_month:
            name = rates.corrupted_dataset
            rows[name] = pa.concat_tables(
                [rows[name], self._truth.corrupted.table], promote_options="default"
            )
        self._site.read(Window(self._read_until, now), rows)
        self._read_until = now
        return sum(table.num_rows for table in rows.values())

    def _decide(self, month: int) -> tuple[DecideReport, list[str]]:
        """Decide; a held run is looked into: the corrupted file's is discarded, any other is approved."""
        as_of = self._truth.calendar.as_of(month)
        report = self._site.decide(as_of)
        held = list(report.held)
        if month == self._truth.rates.calendar.corrupted_month:
            name = self._truth.rates.calendar.corrupted_dataset
            self.outcome.corrupted_held = any(name in why for why in held)
            self._count_corrupted(month)
            if held:
                self._site.discard(report.run_id)
            self._take_back(month)
            report = self._site.decide(as_of)
            held = [*(f"corrupted file: {why}" for why in held), *report.held]
        if report.held:
            self._site.approve(report.run_id)
        return report, held

    def _count_corrupted(self, month: int) -> None:
        """How many living people the naive rules would have suspected for the corrupted file alone."""
        named = self._truth.named_by_corrupted
        found = verdicts(self._site.station, len(self._truth.people), self._truth.calendar.as_of(month))
        for name, verdict in found.items():
            self.outcome.measure.tallies[name].corrupted = int(verdict.of_death[named].sum())

    def _take_back(self, month: int) -> None:
        """The department deletes the rows of its corrupted file a day later."""
        now = self._truth.calendar.read_at(month) + timedelta(days=1)
        self._site.clock.now = now
        bad = self._truth.corrupted.table.select(["CERT_NO"])
        stamp = pa.scalar(f"{now - timedelta(hours=3):%Y-%m-%d %H:%M:%S}")
        bad = bad.append_column("op", pa.repeat(pa.scalar("D"), bad.num_rows))
        bad = bad.append_column("tong_time", pa.repeat(stamp, bad.num_rows))
        name = self._truth.rates.calendar.corrupted_dataset
        self._site.read(Window(self._read_until, now), {name: bad})
        self._unread[name] = self._read_until

    def _hear(self, day: int) -> dict[str, int]:
        """Let people and the core system hear the new events; counts them by type."""
        first = self._truth.calendar.first_month
        heard: dict[str, list[tuple[int, int]]] = {}
        prefix = self._site.station.settings.gateway.events.type_prefix
        for event in self._site.new_events():
            data = json.loads(event.body)["data"]
            certified_on = data.get("certified_on")
            on = as_day(certified_on, first) if certified_on else NO_DAY
            heard.setdefault(event.type.removeprefix(prefix), []).append((benefit_of(event.subject), on))
        columns = {name: np.array(found).reshape(-1, 2) for name, found in heard.items()}
        nothing = np.empty((0, 2), int)
        renewed = columns.get("certification.renewed", nothing)
        due, overdue = (columns.get(f"certification.{name}", nothing)[:, 0] for name in ("due", "overdue"))
        self._agency.hear(Told(renewed[:, 0], renewed[:, 1], due, overdue), day)
        return {name: len(found) for name, found in heard.items()}

    def _verify(self, until: int) -> int:
        """Close the entries that were found harmless since the last run, each on its day."""
        calendar = self._truth.calendar
        found = self._agency.verified(self._site.open_entries(), until)
        for day, entry in found:
            on = calendar.date(day)
            self._site.clock.now = max(
                self._site.clock.now, datetime.combine(on, datetime.min.time()).replace(hour=10)
            )
            self._site.resolve(entry.entry_id, Resolution("eligible", "verifier", "seen in person", on))
            benefit = np.array([benefit_of(entry.benefit_id)])
            self._core.certify(benefit, np.array([day]), np.array(["verification"]), true=np.array([True]))
        return len(found)

    def _decided(self) -> pd.DataFrame:
        """The state of every benefit with bench days: row, decision, reason, confidence, on, until."""
        first = np.datetime64(self._truth.calendar.first_month)
        found = self._site.decided()
        rows = found[["decision", "reason", "confidence", "certified_by", "likely_alive", "holds"]].copy()
        rows["row"] = found["benefit_id"].str[1:].astype(int)
        for name, column in (("on", "certified_on"), ("until", "valid_until")):
            days = pd.to_datetime(found[column]).to_numpy("datetime64[D]")
            rows[name] = np.where(np.isnat(days), -NEVER, (days - first).astype(int))
        return rows


def run_bench(rates: Rates, seed: int, folder: Path, say: Say) -> Outcome:
    """Make the truth and run every month over it, in an empty folder."""
    truth = make_truth(rates, seed)
    total = sum(rows.table.num_rows for rows in truth.rows.values())
    say(f"{len(truth.people):,} people, {len(truth.benefits):,} benefits, {total:,} rows")
    with open_site(folder, rates.calendar.first_month) as site:
        return Run(truth, site, seed, say).all_months()


def _line(month: int, found: Month) -> str:
    held = f"; held: {'; '.join(found.held)}" if found.held else ""
    told = ", ".join(f"{name} {count:,}" for name, count in found.events.items())
    return f"{month:2} {found.as_of} {found.rows:,} rows, {found.seconds:.0f} s: {told}{held}"


def as_json(found: Month) -> dict[str, Any]:
    """A month as a mapping."""
    return dict(vars(found))
