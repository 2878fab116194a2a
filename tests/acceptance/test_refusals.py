"""A plugin with a fault refuses rows; once it is mended, reading them again takes them, and each once."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import Field, Key, Month
from gateway.host import Host, build_host
from gateway.intake import page
from gateway.sandbox.faults import FaultKind
from gateway.store.refusals import Which, group_refusals, list_refusals
from gateway.sync.rereading import RetryScope, planned_retry
from gateway.sync.retrying import retry
from plugins.justice import PrisonCustody
from plugins.medical_insurance import Settlement
from tests.support.site import Digest, Supplies, Trial, open_trial, state_of

REACHED = ("evidence", "reach", "unfinished", "unsettled")
SETTLEMENTS, PRISONS = "settlements", "prison_custody"
STARTED = "begndate"


class FaultySettlement(Settlement):
    """Takes the day a stay began for a month."""

    began_on: Month = Field(alias=STARTED)


class FaultyCustody(PrisonCustody):
    """Takes the day of imprisonment for a month."""

    entered_on: Month = Field(alias="RJRQ")


def faulty() -> Host:
    """The departments, two of them with a fault each."""
    host = build_host()
    wrong = {SETTLEMENTS: FaultySettlement, PRISONS: FaultyCustody}
    departments = {
        name: replace(
            department,
            datasets=tuple(
                replace(each, row=wrong.get(each.name, each.row)) for each in department.datasets
            ),
        )
        for name, department in host.departments.items()
    }
    return Host(departments)


def read_with_the_fault(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> int:
    """Sync with the faulty plugin; returns how many refusals that left open."""
    with monkeypatch.context() as patch:
        patch.setattr(page, "build_host", faulty)
        assert trial.sync().exit_code == 0
    return refused(trial)


def refused(trial: Trial, rule: str = "date_form", *, field: str = STARTED) -> int:
    with trial.station.store.read() as conn:
        groups = group_refusals(conn, Which(field=field, rule=rule))
    return sum(group.count for group in groups)


def reached(trial: Trial) -> Digest:
    return {name: value for name, value in trial.state().items() if name in REACHED}


def test_what_the_mended_plugin_can_read_is_taken_and_taken_once(
    insurance: Trial, insurance_undisturbed: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = read_with_the_fault(insurance, monkeypatch)
    assert count > 20
    report = retry(insurance.station, RetryScope(SETTLEMENTS, "date_form", STARTED))
    assert (report.asked, report.accepted, report.refused_again, report.not_seen) == (count, count, 0, 0)
    assert report.settled.new > 0
    assert reached(insurance) == {name: insurance_undisturbed[name] for name in REACHED}
    assert refused(insurance) == 0
    again = retry(insurance.station, RetryScope(SETTLEMENTS, "date_form", STARTED))
    assert (again.run_id, again.retried) == (None, 0)
    insurance.sync()
    assert reached(insurance)["evidence"] == insurance_undisturbed["evidence"]


def test_what_is_still_refused_stays_and_says_why(insurance: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    count = read_with_the_fault(insurance, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(page, "build_host", faulty)
        report = retry(insurance.station, RetryScope(rule="date_form", field=STARTED))
    assert (report.accepted, report.refused_again) == (0, count)
    assert (SETTLEMENTS, STARTED, "date_form", count) in {
        (group.dataset, group.field, group.rule, group.count) for group in report.still
    }
    with insurance.station.store.read() as conn:
        kept = list_refusals(conn, Which(SETTLEMENTS, STARTED, "date_form"), limit=9999)
    assert all(each.again_window_id is not None and each.settled_at is None for each in kept)


def test_a_retry_that_is_interrupted_goes_on_at_the_next_page(
    supplies: Supplies,
    imported: Path,
    tmp_path: Path,
    insurance_undisturbed: Digest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scope = RetryScope(SETTLEMENTS)
    site = open_trial(
        tmp_path, supplies, start=imported, departments=["medical_insurance"], page_limit=10, window_days=40
    )
    with site as trial:
        count = read_with_the_fault(trial, monkeypatch)
        planned = planned_retry(trial.station, scope)
        assert len(planned) > 2
        trial.hub.calls.clear()
        retry_interrupted(trial, scope, after_pages=3)
        run_id, pages = trial.latest_run().run_id, trial.hub.calls[SETTLEMENTS]
        assert 0 < refused(trial) < count
        assert planned_retry(trial.station, scope) != planned
        report = retry(trial.station, scope)
        assert report.goes_on_from == (run_id,)
        assert (report.accepted, report.not_seen, refused(trial)) == (report.asked - report.refused_again, 0, 0)
        assert reached(trial) == {name: insurance_undisturbed[name] for name in REACHED}
        # the page whose taking was the last before the stop is not asked for again
        trial.hub.calls.subtract({SETTLEMENTS: pages})
        assert trial.hub.calls[SETTLEMENTS] == pages_of(trial, scope, planned) - pages


def retry_interrupted(trial: Trial, scope: RetryScope, after_pages: int) -> None:
    """Stop a retry as Ctrl-C does, once so many pages are taken."""
    seen = []

    def stop(*said: object) -> None:
        seen.append(said)
        if len(seen) == after_pages:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retry(trial.station, scope, stop)
