"""Killed between any two of its writes, a run loses nothing: the next run reaches what it would have."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox.drop import write_drop
from gateway.sandbox.province import Province
from gateway.sync import deciding
from tests.acceptance.cast import (
    AFTER_OCTOBER,
    BUCKETS_IN_USE,
    LATER,
    LI,
    LOADED,
    OCTOBER,
    SEPTEMBER,
    WANG,
    ZHAO,
    Somebody,
    death,
)
from tests.acceptance.killing import Plan
from tests.support.project import ROOT
from tests.support.site import NOW, START, Supplies, Trial, open_trial, put, switch_off, write_roster


@dataclass(frozen=True)
class Months:
    """A site with police and justice only, its hub serving, and what it held at two moments."""

    trial: Trial
    september_done: Path
    october_read: Path
    october_held: Path
    roster: Path

    def plan(self, job: str, scratch: Path) -> Plan:
        """A job of October, to be killed at every write."""
        return Plan(
            job=job,
            config=str(self.trial.site.config),
            data=str(self._before(job)),
            scratch=str(scratch),
            now=AFTER_OCTOBER.isoformat(),
            as_of=OCTOBER.isoformat(),
            roster=str(self.roster),
            buckets=BUCKETS_IN_USE,
        )

    def _before(self, job: str) -> Path:
        return {"decide": self.october_read, "approve": self.october_held}.get(job, self.september_done)


@pytest.fixture(scope="module")
def months(supplies: Supplies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Months]:
    """September is read and decided; October brings corrections, strangers, refusals and a new roster."""
    folder = tmp_path_factory.mktemp("months")
    province = Province(1, 0, START, history_months=1)
    first = write_roster(folder / "september.csv", WANG.on_roster(), LI.on_roster())
    second = write_roster(
        folder / "october.csv",
        WANG.on_roster(last_certified_on="2026-10-02"),
        LI.on_roster(),
        ZHAO.on_roster(),
    )
    own = Supplies(province, supplies.keys, first, folder / "dropped")
    own.drop.mkdir()
    with open_trial(folder, own, departments=["police", "justice"], page_limit=2) as trial:
        switch_off(trial.site, "police", "detentions", "border_crossings")
        switch_off(trial.site, "justice", "community_corrections")
        trial.reopen()
        september(province)
        write_drop(own.drop, province, trial.keys, until=NOW)
        trial.take_roster(first)
        trial.sync()
        trial.decide(SEPTEMBER)
        september_done = kept(trial, folder / "september")
        october(province)
        trial.clock.now = AFTER_OCTOBER
        write_drop(own.drop, province, trial.keys, until=AFTER_OCTOBER)
        trial.take_roster(second)
        trial.sync()
        october_read = kept(trial, folder / "october")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deciding, "judge", lambda *_, **__: ["held by the test"])
            assert trial.decide(OCTOBER).held
        yield Months(trial, september_done, october_read, kept(trial, folder / "held"), second)


def kept(trial: Trial, folder: Path) -> Path:
    """A copy of a site's data, its database closed and whole."""
    trial.station.store.close()
    return Path(shutil.copytree(trial.data, folder))


def card(province: Province, number: str, about: Somebody, loaded_at: datetime) -> None:
    put(province, "identity_cards", loaded_at, SLH=number, GMSFHM=about.id_number, XM=about.name,
        SLRQ=f"{loaded_at:%Y%m%d}")  # fmt: skip


def custody(province: Province, about: Somebody, loaded_at: datetime, **fields: str) -> None:
    put(province, "prison_custody", loaded_at, RYBH="99ZF1", XM=about.name, SFZH=about.id_number,
        RJRQ="20260601", XMSFRQ="20281231", **fields)  # fmt: skip


def september(province: Province) -> None:
    death(province, WANG, LOADED)
    card(province, "99SL1", LI, LOADED)
    custody(province, LI, LOADED)
    put(province, "household_cancellations", LOADED, RKBS="99RK7", GMSFHM=ZHAO.id_number, XM=ZHAO.name,
        ZXLB="01", SWRQ="20260801")  # fmt: skip


def october(province: Province) -> None:
    death(province, LI, LATER, "U")
    card(province, "99SL2", WANG, LATER)
    card(province, "99SL3", ZHAO, LATER)
    put(province, "identity_cards", LATER, "D", SLH="99SL1")
    put(province, "identity_cards", LATER, SLH="99SL4", GMSFHM="990101195003010011", XM="×", SLRQ="20261001")
    custody(province, LI, LATER, SJSFRQ="20261003", SFLB="1")


def outcome(plan: Plan, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the plan in a process of its own; the undisturbed run and the killed ones."""
    plan.write(folder / "plan.json")
    words = ["-m", "tests.acceptance.killing", str(folder / "plan.json"), str(folder / "result.json")]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, timeout=900)
    reference, *cases = json.loads((folder / "result.json").read_text("utf-8"))
    return reference, cases


@pytest.mark.parametrize(
    ("job", "fewest_writes", "reached"),
    [
        (
            "sync",
            70,
            {"evidence": 5, "refusals": 1, "reach": 3, "events": 2, "unfinished": 0, "unsettled": 0},
        ),
        ("import", 30, {"evidence": 4, "events": 2, "unsettled": 0}),
        ("decide", 20, {"decisions": 3, "events": 5, "held": 0}),
        ("approve", 8, {"decisions": 3, "events": 5, "held": 0}),
    ],
)
def test_a_kill_between_any_two_writes_loses_nothing(
    months: Months, tmp_path: Path, job: str, fewest_writes: int, reached: dict[str, int]
) -> None:
    reference, cases = outcome(months.plan(job, tmp_path / "scratch"), tmp_path)
    assert {name: reference["state"][name][0] for name in reached} == reached
    assert sorted(case["at"] for case in cases) == list(range(1, reference["writes"] + 1))
    assert reference["writes"] >= fewest_writes
    assert [case["at"] for case in cases if not case["killed"]] == []
    assert [case["at"] for case in cases if case["state"] != reference["state"]] == []
