"""The same data again says nothing new, and a new month only what is new."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.sandbox.drop import write_drop
from gateway.store.ledger import Wanted, history, list_entries
from gateway.store.outbox import StoredEvent, events_after
from gateway.store.windows import of_run
from gateway.sync.monthly import MonthReport, run_month
from gateway.sync.planning import planned
from gateway.sync.run import Scope
from tests.support.site import AS_OF, NOW, Digest, Supplies, Trial, open_trial

NEXT_MONTH = datetime(2026, 11, 1, 6)  # noqa: DTZ001 - the province's local wall time
OCTOBER = date(2026, 10, 31)


@pytest.fixture
def month(supplies: Supplies, decided: tuple[Path, Digest], tmp_path: Path) -> Iterator[Trial]:
    """A site that has done September, with a drop folder of its own."""
    shutil.copytree(supplies.drop, tmp_path / "drop")
    with open_trial(tmp_path, supplies, start=decided[0]) as opened:
        yield opened


def events(trial: Trial) -> list[StoredEvent]:
    with trial.station.store.read() as conn:
        return events_after(conn, 0, 10**6)


def ledger(trial: Trial) -> list[object]:
    """Every entry with its history."""
    with trial.station.store.read() as conn:
        entries = list_entries(conn, Wanted(state="all", limit=10**6))
        return [(entry, history(conn, entry.entry_id)) for entry in entries]


def october(trial: Trial) -> MonthReport:
    """The next month: its rows, its files and its roster."""
    trial.clock.now = NEXT_MONTH
    write_drop(trial.site.drop, trial.province, trial.keys, until=NEXT_MONTH)
    trial.province.roster_csv(trial.site.folder / "october.csv", OCTOBER)
    trial.take_roster(trial.site.folder / "october.csv")
    return run_month(trial.station, OCTOBER)


def test_a_second_sync_finds_nothing_new(
    supplies: Supplies, read: tuple[Path, Digest], tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=read[0]) as trial:
        report = trial.sync()
        assert (report.settled.new, report.settled.replaced) == (0, 0)
        assert report.settled.repeated > 0
        assert trial.state() == read[1]


def test_a_whole_history_read_again_changes_nothing(
    supplies: Supplies, read: tuple[Path, Digest], tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=read[0]) as trial:
        first = datetime.combine(trial.province.first_month, datetime.min.time())
        report = trial.sync(Scope(since=first))
        assert (report.settled.new, report.settled.replaced) == (0, 0)
        assert report.counts["settlements"].received > 60
        assert trial.state() == read[1]


def test_a_first_sync_since_a_day_leaves_no_gap_before_it(
    supplies: Supplies, imported: Path, undisturbed: Digest, tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=imported) as trial:
        trial.sync(Scope(since=NOW - timedelta(days=30)))
        trial.sync(Scope(until=NOW))
        assert trial.state() == undisturbed


def test_what_a_dry_run_names_is_what_is_read(
    supplies: Supplies, read: tuple[Path, Digest], tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=read[0]) as trial:
        trial.clock.now = NOW + timedelta(days=20)
        beyond_the_unread, back, usual = NOW + timedelta(days=10), NOW - timedelta(days=30), None
        for since in (beyond_the_unread, back, usual):
            scope = Scope(dataset="settlements", since=since)
            named = [(each.since, each.until) for each in planned(trial.station, scope)]
            report = trial.sync(scope)
            with trial.station.store.read() as conn:
                opened = [(each.since, each.until) for each in of_run(conn, report.run_id)]
            assert named == opened
            assert since is None or min(since, NOW) >= opened[0][0]


def test_a_sync_in_slices_and_small_pages_reaches_the_same(
    supplies: Supplies, imported: Path, undisturbed: Digest, tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=imported, window_days=31, page_limit=20) as trial:
        assert trial.sync().exit_code == 0
        assert trial.state() == undisturbed


def test_the_same_roster_again_changes_nothing(month: Trial, supplies: Supplies) -> None:
    before = month.state()
    taken = month.take_roster(supplies.roster)
    assert taken.imported.same
    assert (taken.imported.new, taken.imported.changed, taken.imported.gone, taken.rematched) == (0, 0, 0, 0)
    assert month.state() == before


def test_the_same_month_twice_makes_no_event(month: Trial, decided: tuple[Path, Digest]) -> None:
    assert decided[1]["events"][0] > 20
    before = ledger(month)
    assert before
    report = run_month(month.station, AS_OF)
    assert (report.decided.changed, sum(report.decided.events.values())) == (0, 0)
    assert month.state() == decided[1]
    assert ledger(month) == before


def test_the_next_month_says_only_what_is_new(month: Trial) -> None:
    before = events(month)
    report = october(month)
    after = events(month)
    assert after[: len(before)] == before
    new = after[len(before) :]
    assert len(new) == sum(report.decided.events.values()) > 0
    assert [event.sequence for event in after] == list(range(1, len(after) + 1))
    assert len({event.event_id for event in after}) == len(after)
    again = run_month(month.station, OCTOBER)
    assert (again.synced.settled.new, again.decided.changed) == (0, 0)
    assert events(month) == after


def test_a_dataset_that_stopped_renews_nobody_and_is_made_up_for_by_the_next_run(
    supplies: Supplies, imported: Path, decided: tuple[Path, Digest], tmp_path: Path
) -> None:
    with open_trial(tmp_path, supplies, start=imported) as trial:
        trial.hub.faults.add("server_error", "household_cancellations", times=None)
        report = run_month(trial.station, AS_OF)
        assert report.synced.exit_code == 20
        assert report.decided.uncompared == ("household_cancellations",)
        assert not [event for event in events(trial) if event.type.endswith("certification.renewed")]
        trial.hub.faults.clear()
        run_month(trial.station, AS_OF)
        reached = trial.state()
    # not the explanations: what was suspected meanwhile keeps the one it was suspected with
    parts = ("evidence", "refusals", "reach", "unfinished", "unsettled", "decisions", "held")
    assert {name: reached[name] for name in parts} == {name: decided[1][name] for name in parts}
    assert reached["events"][0] == decided[1]["events"][0]
