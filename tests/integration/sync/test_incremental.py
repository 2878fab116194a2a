"""A run that looks only at whom something has moved for decides as a full run does, row by row."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from numpy.random import Generator, default_rng
from sqlalchemy import select

from bench.decide.data import AS_OF, Size
from bench.decide.site import DecideSite, compare, copied, open_site, province
from gateway.decide.columns import DECIDED
from gateway.store.ledger import Outcome, Wanted, list_entries
from gateway.store.parts import live_parts
from gateway.store.tables import EVENTS, LEDGER
from gateway.sync import proposing
from gateway.sync.approving import Word, approve_run
from gateway.sync.deciding import decide_run
from gateway.sync.layers import standing
from gateway.sync.ledger import Resolution, resolve
from gateway.sync.report import DecideReport
from gateway.sync.sources import AT_ONCE
from tests.integration.sync.turning import (
    Turn,
    another_roster,
    deleted,
    moved,
    naming,
    planned,
    settled,
    some_arrive,
    withdrawing,
)
from tests.support.decided import decisions_kept

BENEFITS: Final = int(os.environ.get("GATEWAY_TEST_BENEFITS", "3000"))
"""How large the province is; a larger one by the environment takes its time."""

SIZE: Final = Size(BENEFITS, BENEFITS * 10 // 3, seed=7)
WORD: Final = Word("chen", "looked at")
_DEATHS: Final = "kind = 'death' AND person IS NOT NULL"


@dataclass
class Twins:
    """Two sites that are given the same: one decides by what has moved, the other everybody."""

    by_moves: DecideSite
    in_full: DecideSite

    def give(self, turn: Turn) -> None:
        for site in self.each():
            turn.give(site)

    def each(self) -> tuple[DecideSite, DecideSite]:
        return self.by_moves, self.in_full

    def decide(self, day: date, by_moves_at_once: int) -> tuple[DecideReport, DecideReport]:
        for site in self.each():
            site.clock.now = datetime.combine(day, datetime.min.time())
            compare(site, day)
        found = (
            decided_in_groups(self.by_moves, day, by_moves_at_once),
            decided_in_groups(self.in_full, day, BENEFITS, full=True),
        )
        for site, report in zip(self.each(), found, strict=True):
            if report.held:
                approve_run(site.station, report.run_id, WORD)
        return found


def decided_in_groups(site: DecideSite, day: date, at_once: int, *, full: bool = False) -> DecideReport:
    """A few buckets after the others on two lanes, as in a province, if not all rows fit into one group."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proposing, "at_once", lambda _station: at_once)
        return decide_run(site.station, day, full=full)


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    """Both begin with the same first run."""
    monkeypatch.setenv("GATEWAY_BENCH_CACHE", str(tmp_path / "cache"))
    with copied(province(SIZE), SIZE, tmp_path / "one") as site:
        report = decide_run(site.station, AS_OF)
        assert report.full == "nothing was decided yet, or by an older version"
        approve_run(site.station, report.run_id, WORD)
    shutil.copytree(tmp_path / "one" / "data", tmp_path / "other" / "data")
    with ExitStack() as stack:
        yield Twins(*(stack.enter_context(open_site(tmp_path / name, SIZE)) for name in ("one", "other")))


def test_every_row_and_every_event_is_that_of_a_full_run(twins: Twins) -> None:
    rng, looked = default_rng(3), []
    for number, (day, turn) in enumerate(months(rng, twins.by_moves)):
        twins.give(turn())
        if number == 2:
            close_some_entries(twins)
        # once the roster is another one, those looked at are decided in groups too: some change their bucket
        one, other = twins.decide(day, by_moves_at_once=BENEFITS // 10 if number > 2 else AT_ONCE)
        assert one.full is None
        assert other.full == "asked for"
        assert comparable(one) == comparable(other)
        assert_same(twins)
        looked.append((one.reconsidered, other.reconsidered))
    assert all(one < other for one, other in looked)
    assert sum(one for one, _ in looked[:2]) < 0.5 * sum(other for _, other in looked[:2])


def months(rng: Generator, site: DecideSite) -> Iterator[tuple[date, Any]]:
    """Days to decide, each with what comes before; what is made of the site's rows is made when it is due."""

    def rows(where: str, count: int) -> Any:
        return settled(site, where, count)

    first, second, third, fourth = (AS_OF + timedelta(days) for days in (2, 9, 31, 62))
    strong = "strength = 'strong' AND person IS NOT NULL"
    yield first, lambda: Turn(some_arrive(SIZE, 0.02, 0))
    yield (
        second,
        lambda: Turn(
            [
                moved(rng, site, rows(strong, 60), second),
                moved(rng, site, rows(_DEATHS, 12), second),
                withdrawing(rng, rows(f"{strong} AND happened_on > DATE '2026-09-10'", 60), second),
                planned(rng, site, 12, second),
            ]
        ),
    )
    yield (
        third,
        lambda: Turn(
            [
                deleted(rng, rows("kind = 'withdrawal'", 40), third),
                deleted(rng, rows(f"{_DEATHS} AND dataset = 'death_certificates'", 12), third),
                deleted(rng, rows(strong, 40), third),
                naming(rng, site, rows(f"{_DEATHS} AND certificate IS NOT NULL", 10), third),
            ]
        ),
    )
    yield (
        fourth,
        lambda: Turn(
            [deleted(rng, rows("name_key IS NOT NULL AND dataset = 'terminations'", 6), fourth)],
            another_roster(rng, site),
        ),
    )
    yield fourth + timedelta(1), Turn
    yield fourth + timedelta(50), lambda: Turn(some_arrive(SIZE, 0.02, 60))
    yield fourth + timedelta(52), lambda: Turn(some_arrive(SIZE, 0.001, 110))


def close_some_entries(twins: Twins) -> None:
    for site in twins.each():
        with site.station.store.read() as conn:
            entries = list_entries(conn, Wanted(limit=40))
        for number, entry in enumerate(entries):
            outcome: Outcome = "duplicate" if number % 3 == 2 else "eligible"
            resolution = Resolution(outcome=outcome, by="chen", note="seen", on=site.clock.now.date())
            resolve(site.station, entry.entry_id, resolution)


def comparable(report: DecideReport) -> dict[str, Any]:
    own = {"full", "reconsidered", "run_id"}
    return {name: value for name, value in vars(report).items() if name not in own}


def assert_same(twins: Twins) -> None:
    """Every DECIDED row, every stored decision, every event and every entry of the ledger."""
    one, other = (decided(site) for site in twins.each())
    columns = ", ".join(DECIDED.names)
    for left, right in ((one, other), (other, one)):
        query = f"SELECT {columns} FROM ({left}) EXCEPT ALL SELECT {columns} FROM ({right})"  # noqa: S608 - our own SQL
        with duckdb.connect() as connection:
            assert connection.execute(f"SELECT count(*) FROM ({query})").fetchall() == [(0,)]  # noqa: S608 - our own SQL
    assert stored(twins.by_moves) == stored(twins.in_full)


def decided(site: DecideSite) -> str:
    with site.station.store.read() as conn:
        return standing(site.station.evidence, live_parts(conn, "decided"))


def stored(site: DecideSite) -> dict[str, set[str]]:
    """Digests of what the store tells of decisions; numbers of runs, parts and events may differ."""
    tables = {
        "events": [EVENTS.c[name] for name in ("event_id", "type", "subject", "replaces")],
        "ledger": [LEDGER.c[name] for name in ("benefit_id", "cause", "state", "contents", "opened_on")],
    }
    with site.station.store.read() as conn:
        found = {
            name: {str(row) for row in conn.execute(select(*columns))} for name, columns in tables.items()
        }
        names = ("benefit_id", "decision", "as_of", "body")
        decisions = {str([row[name] for name in names]) for row in decisions_kept(conn)}
        return found | {"decisions": decisions}
