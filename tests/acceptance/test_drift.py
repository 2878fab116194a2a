"""A department changes its rows and tells nobody: what a sync, its run and the schedule say then."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli import run as run_commands
from gateway.cli import runs as runs_commands
from gateway.cli import schedule as schedule_commands
from gateway.errors import RowsChanged
from gateway.sandbox.columns import DATASETS
from gateway.sandbox.drop import drop_rows
from gateway.sandbox.faults import FaultKind
from gateway.sandbox.hub import NEW_FIELD
from gateway.store.windows import of_run
from tests.acceptance.test_hub_faults import is_mended, stopped
from tests.support.site import Digest, Supplies, Trial, open_trial

DATASET = "settlements"
ALWAYS = None


def set_drift(trial: Trial, **settings: object) -> None:
    """Write the dataset's settings and open the station anew."""
    file = trial.site.config / "departments" / "medical_insurance.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    content["datasets"][DATASET] |= settings
    file.write_text(yaml.safe_dump(content), "utf-8")
    trial.reopen()


def alarms(trial: Trial, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    capsys.readouterr()
    schedule_commands.list_command(trial.site.config, as_json=True)
    found = json.loads(capsys.readouterr().out)["alarms"]
    return [(each["subject"], each["message"]) for each in found if each["name"] == "drift"]


def shown(trial: Trial, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    capsys.readouterr()
    runs_commands.show_command(trial.latest_run().run_id, trial.site.config, as_json=as_json)
    return capsys.readouterr().out


def taken_of(told: str) -> dict[str, Any]:
    return next(row for row in json.loads(told)["taken"] if row["dataset"] == DATASET)


def test_a_new_field_is_warned_of_listed_and_an_alarm_until_it_is_gone(
    insurance: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    insurance.hub.faults.add(FaultKind.NEW_FIELD, DATASET, times=ALWAYS)
    report = insurance.sync()
    (warning,) = report.warnings
    rows = report.counts[DATASET].received
    assert report.exit_code == 0
    assert report.counts[DATASET].unknown_fields == {NEW_FIELD: rows}
    assert f"{DATASET}: {rows} of {rows} rows are not as the plugin describes them" in warning
    run_commands.print_sync(report, as_json=False)
    line = f"unknown fields, not read: {DATASET} {NEW_FIELD} × {rows}"
    assert line in capsys.readouterr().out
    assert line in shown(insurance, capsys, as_json=False)
    assert taken_of(shown(insurance, capsys, as_json=True))["unknown_fields"] == {NEW_FIELD: rows}
    ((subject, message),) = alarms(insurance, capsys)
    assert (subject, f"unknown field {NEW_FIELD}" in message) == (DATASET, True)
    insurance.hub.faults.clear()
    assert insurance.sync().warnings == []
    assert alarms(insurance, capsys) == []


def test_where_it_may_evolve_a_new_field_is_listed_and_nothing_more(
    insurance: Trial, insurance_undisturbed: Digest, capsys: pytest.CaptureFixture[str]
) -> None:
    set_drift(insurance, drift="evolve")
    insurance.hub.faults.add(FaultKind.NEW_FIELD, DATASET, times=ALWAYS)
    report = insurance.sync()
    assert (report.exit_code, report.warnings, alarms(insurance, capsys)) == (0, [], [])
    assert NEW_FIELD in shown(insurance, capsys, as_json=False)
    assert {name: insurance.state()[name][0] for name in ("evidence", "refusals")} == {
        name: insurance_undisturbed[name][0] for name in ("evidence", "refusals")
    }


def test_a_frozen_dataset_stops_before_the_changed_page_and_loses_nothing(
    insurance: Trial, insurance_undisturbed: Digest, capsys: pytest.CaptureFixture[str]
) -> None:
    set_drift(insurance, drift="freeze")
    insurance.hub.faults.add(FaultKind.CHANGED_TYPE, DATASET, times=ALWAYS)
    report = insurance.sync()
    stopped(insurance, report, RowsChanged, DATASET, "setl_type: list", "frozen", "drift: warn")
    assert DATASET not in report.counts
    assert [name for name, *_ in insurance.reach()] == ["terminations"]
    assert [subject for subject, _ in alarms(insurance, capsys)] == [DATASET]
    is_mended(insurance, insurance_undisturbed)
    assert alarms(insurance, capsys) == []


def test_a_worker_s_word_about_a_frozen_page_is_heard_as_it_is(
    supplies: Supplies, imported: Path, tmp_path: Path
) -> None:
    only = ["medical_insurance"]
    with open_trial(tmp_path, supplies, start=imported, departments=only, workers=1, drift="freeze") as trial:
        trial.hub.faults.add(FaultKind.GONE_FIELD, DATASET, times=ALWAYS)
        stopped(trial, trial.sync(), RowsChanged, "changed type setl_type: gone")


@pytest.fixture
def justice(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """A site that reads justice alone, frozen, with a drop folder of its own, still empty."""
    (tmp_path / "drop").mkdir()
    only = ["justice"]
    with open_trial(tmp_path, supplies, start=imported, departments=only, drift="freeze") as opened:
        yield opened


def test_a_frozen_file_is_named_and_taken_once_it_may_be(justice: Trial) -> None:
    columns = (*DATASETS["prison_custody"].names, NEW_FIELD)
    loaded = {"op": "I", "tong_time": "2026-01-20 08:00:00", NEW_FIELD: "1"}
    rows = [dict.fromkeys(columns, "") | loaded | {"RYBH": f"99-{number}"} for number in range(4)]
    file = drop_rows(justice.site.drop, "prison_custody", rows, columns, justice.keys.senders["justice"][0])
    stopped(justice, justice.sync(), RowsChanged, "4 of 4 rows", f"unknown field {NEW_FIELD}", "frozen")
    with justice.station.store.read() as conn:
        (refused,) = of_run(conn, justice.latest_run().run_id)
    assert (refused.state, refused.seq) == ("refused", 1)
    assert (refused.reason or "").startswith(f"{file.name} is not taken: ")
    justice.reopen(drift="evolve")
    report = justice.sync()
    assert (report.exit_code, report.counts["prison_custody"].unknown_fields) == (0, {NEW_FIELD: 4})
    assert [(name, seq) for name, _, seq in justice.reach()] == [("prison_custody", 1)]
