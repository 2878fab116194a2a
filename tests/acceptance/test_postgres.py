"""The whole month on PostgreSQL comes to what it comes to on SQLite."""

from pathlib import Path

from gateway.sandbox.faults import FaultKind
from gateway.sync.monthly import run_month
from tests.acceptance.kept import rows_of
from tests.support.site import AS_OF, Digest, Privates, Supplies, open_trial


def test_the_month_is_the_same_on_both_databases_and_names_nobody(
    supplies: Supplies,
    decided: tuple[Path, Digest],
    privates: Privates,
    postgres_url: str,
    tmp_path: Path,
) -> None:
    with open_trial(tmp_path, supplies, store=postgres_url) as trial:
        trial.take_roster(supplies.roster)
        trial.hub.faults.add(FaultKind.CUT_BODY, "settlements", times=None, after=1)
        assert list(trial.sync().stops) == ["settlements"]
        trial.hub.faults.clear()
        report = run_month(trial.station, AS_OF)
        assert report.synced.exit_code == 0
        assert trial.state() == decided[1]
        assert privates.in_bytes(rows_of(trial.station.store)) == 0
        again = run_month(trial.station, AS_OF)
        assert (again.synced.settled.new, again.decided.changed) == (0, 0)
        assert trial.state() == decided[1]
