"""A plugin with a fault refuses rows; once it is mended, reading them again takes them, and each once."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator
from sqlalchemy import select

from gateway import Field, IdText, Month, SourceRow
from gateway.fields import UnusableId
from gateway.host import Host, build_host
from gateway.intake import page
from gateway.sandbox.faults import FaultKind
from gateway.store.refusals import Which, group_refusals, list_refusals
from gateway.store.tables import PAGES, WINDOWS
from gateway.sync.rereading import RetryScope, planned_retry
from gateway.sync.retrying import retry
from plugins.civil_affairs import MarriageRegistration
from plugins.justice import PrisonCustody
from plugins.medical_insurance import Settlement
from tests.support.site import Digest, Supplies, Trial, open_trial

REACHED = ("evidence", "reach", "unfinished", "unsettled")
SETTLEMENTS, PRISONS = "settlements", "prison_custody"
STARTED = "begndate"
MOST_AHEAD = 5
"""Pages that an interrupted run may have asked for and not taken: four in flight, and one just fetched."""


class FaultySettlement(Settlement):
    """Takes the day a stay began for a month."""

    began_on: Month = Field(alias=STARTED)


class FaultyCustody(PrisonCustody):
    """Takes the day of imprisonment for a month."""

    entered_on: Month = Field(alias="RJRQ")


def unreadable(_: object) -> UnusableId:
    return UnusableId("id_form")


class DeafMarriage(MarriageRegistration):
    """Reads no bride's number."""

    woman_id_number: Annotated[IdText, AfterValidator(unreadable)] = Field(alias="cert_num_woman")


def faulty() -> Host:
    """The departments, two of them with a fault each."""
    host = build_host()
    wrong: dict[str, type[SourceRow]] = {SETTLEMENTS: FaultySettlement, PRISONS: FaultyCustody}
    departments = {
        name: replace(
            department,
            datasets=tuple(replace(each, row=wrong.get(each.name, each.row)) for each in department.datasets),
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
        run_id = trial.latest_run().run_id
        assert 0 < refused(trial) < count
        assert planned_retry(trial.station, scope) != planned
        report = retry(trial.station, scope)
        assert report.goes_on_from == (run_id,)
        assert (report.accepted, report.not_seen, refused(trial)) == (
            report.asked - report.refused_again,
            0,
            0,
        )
        assert reached(trial) == {name: insurance_undisturbed[name] for name in REACHED}
        taken, different = pages_taken(trial, run_id, report.run_id)
        assert taken == different
        assert taken <= trial.hub.calls[SETTLEMENTS] <= taken + MOST_AHEAD


def pages_taken(trial: Trial, *run_ids: int | None) -> tuple[int, int]:
    """How many pages of settlements the runs took, and how many different ones those were."""
    joined = PAGES.join(WINDOWS, WINDOWS.c.window_id == PAGES.c.window_id)
    query = select(PAGES.c.window_id, PAGES.c.start).select_from(joined)
    own = query.where(WINDOWS.c.run_id.in_(run_ids), WINDOWS.c.dataset == SETTLEMENTS)
    with trial.station.store.read() as conn:
        taken = conn.execute(own).all()
    return len(taken), len(set(taken))


def retry_interrupted(trial: Trial, scope: RetryScope, after_pages: int) -> None:
    """Stop a retry as Ctrl-C does, once so many pages are taken."""
    seen = []

    def stop(*said: object) -> None:
        seen.append(said)
        if len(seen) == after_pages:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retry(trial.station, scope, stop)


def test_a_retry_that_the_hub_broke_off_goes_on_where_it_stopped(
    insurance: Trial, insurance_undisturbed: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = read_with_the_fault(insurance, monkeypatch)
    insurance.hub.faults.add(FaultKind.SERVER_ERROR, SETTLEMENTS, times=3, after=1)
    first = retry(insurance.station, RetryScope(SETTLEMENTS))
    assert (first.exit_code, list(first.stops)) == (20, [SETTLEMENTS])
    assert 0 < first.accepted < count
    second = retry(insurance.station, RetryScope(SETTLEMENTS))
    assert (second.exit_code, second.asked, second.not_seen) == (0, first.asked, 0)
    assert refused(insurance) == 0
    assert reached(insurance) == {name: insurance_undisturbed[name] for name in REACHED}


def test_a_sync_may_finish_what_an_interrupted_retry_began(
    insurance: Trial, insurance_undisturbed: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_with_the_fault(insurance, monkeypatch)
    insurance.reopen(page_limit=10)
    retry_interrupted(insurance, RetryScope(SETTLEMENTS), after_pages=2)
    assert insurance.sync().exit_code == 0
    assert refused(insurance) == 0
    assert reached(insurance) == {name: insurance_undisturbed[name] for name in REACHED}


@pytest.fixture
def justice(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """A site that reads justice alone, from a drop folder of its own."""
    shutil.copytree(supplies.drop, tmp_path / "drop")
    with open_trial(tmp_path, supplies, start=imported, departments=["justice"]) as opened:
        yield opened


def test_a_dropped_file_is_read_again_as_long_as_it_lies_in_its_folder(
    justice: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = read_with_the_fault(justice, monkeypatch) or refused(justice, field="RJRQ")
    before = justice.reach()
    planned = planned_retry(justice.station, RetryScope(PRISONS))
    number = planned[-1].seq
    away = tmp_path / "away"
    away.mkdir()
    moved = [shutil.move(file, away) for file in justice.site.drop.glob(f"{PRISONS}_*_{number:04}.*")]
    assert len(moved) == 3
    said = f"file number {number} is not in the folder any more: ask justice to drop it again"
    assert planned_retry(justice.station, RetryScope(PRISONS))[-1].state == said
    report = retry(justice.station, RetryScope(PRISONS))
    assert report.warnings == [f"{PRISONS}: {said}"]
    left = refused(justice, field="RJRQ")
    assert (report.accepted, report.not_seen) == (count - left, left)
    assert 0 < left < count
    for file in moved:
        shutil.move(file, justice.site.drop)
    last = retry(justice.station, RetryScope(PRISONS))
    assert (last.accepted, refused(justice, field="RJRQ")) == (left, 0)
    assert justice.reach() == before


def test_a_mended_row_says_what_only_a_part_of_it_said(
    supplies: Supplies, imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_trial(tmp_path, supplies, start=imported, departments=["civil_affairs"]) as trial:
        trial.sync()
        whole = reached(trial)
    folder = tmp_path / "again"
    with open_trial(folder, supplies, start=imported, departments=["civil_affairs"]) as trial:
        with monkeypatch.context() as patch:
            patch.setattr(page, "build_host", half_deaf)
            trial.sync()
        assert reached(trial)["evidence"] != whole["evidence"]
        report = retry(trial.station, RetryScope("marriages"))
        assert report.accepted > 0
        assert reached(trial) == whole


def half_deaf() -> Host:
    """The departments, of which civil affairs cannot read the number of either bride."""
    host = build_host()
    wrong: dict[str, type[SourceRow]] = {"marriages": DeafMarriage}
    civil = host.departments["civil_affairs"]
    datasets = tuple(replace(each, row=wrong.get(each.name, each.row)) for each in civil.datasets)
    return Host(host.departments | {"civil_affairs": replace(civil, datasets=datasets)})
