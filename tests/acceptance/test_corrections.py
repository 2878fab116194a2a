"""What a department takes back, and what the roster corrects, reaches the right person."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gateway.sandbox.drop import write_drop
from gateway.sandbox.province import Province
from gateway.store.decisions import current
from gateway.store.outbox import events_about
from gateway.sync import deciding
from tests.acceptance.cast import (
    AFTER_OCTOBER,
    BUCKETS_IN_USE,
    LATER,
    LI,
    LOADED,
    OCTOBER,
    REGISTER,
    SEPTEMBER,
    SETTLEMENTS,
    WANG,
    ZHAO,
    Somebody,
    death,
    settlement,
)
from tests.support.site import START, Supplies, Trial, open_trial, put, records_of, write_roster


@pytest.fixture
def desk(supplies: Supplies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """A site whose province loads nothing but what a test puts there; Wang and Li are on the roster."""
    monkeypatch.setattr(deciding, "BUCKETS", BUCKETS_IN_USE)
    province = Province(1, 0, START, history_months=1)
    roster = write_roster(tmp_path / "roster.csv", WANG.on_roster(), LI.on_roster())
    own = Supplies(province, supplies.keys, roster, tmp_path / "empty")
    own.drop.mkdir()
    with open_trial(tmp_path, own) as trial:
        trial.take_roster(roster)
        yield trial


def people(trial: Trial, dataset: str = REGISTER, key: str = "99RK1") -> list[str | None]:
    """Whom the live records of a row are about, by the roster's number."""
    return [record["person_no"] for record in records_of(trial, dataset, key)]


def told(trial: Trial, about: Somebody) -> list[str]:
    """The types of the events about somebody, in order, without their common prefix."""
    with trial.station.store.read() as conn:
        return [event.type.removeprefix("cn.hunan.rst.") for event in events_about(conn, about.benefit_id)]


def decided(trial: Trial, about: Somebody) -> tuple[str, str | None]:
    with trial.station.store.read() as conn:
        found = current(conn, about.benefit_id)
    assert found
    return found.decision, found.reason


def run(trial: Trial, as_of: date) -> None:
    """The monthly job, with justice's files of the month in their folder."""
    write_drop(trial.site.drop, trial.province, trial.keys, until=trial.clock.now)
    report = trial.sync()
    assert (report.exit_code, report.warnings) == (0, [])
    trial.decide(as_of)


def test_a_correction_moves_a_death_to_another_person(desk: Trial) -> None:
    death(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    assert people(desk) == [WANG.person_no]
    assert decided(desk, WANG) == ("suspected", "death")
    death(desk.province, LI, LATER, "U")
    desk.clock.now = AFTER_OCTOBER
    run(desk, OCTOBER)
    assert people(desk) == [LI.person_no]
    assert decided(desk, WANG)[0] != "suspected"
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    assert told(desk, LI) == ["eligibility.suspected"]


@pytest.mark.parametrize("key_alone", [True, False])
def test_a_deleted_row_is_withdrawn(desk: Trial, *, key_alone: bool) -> None:
    death(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    if key_alone:
        put(desk.province, REGISTER, LATER, "D", RKBS="99RK1")
    else:
        death(desk.province, WANG, LATER, "D")
    desk.clock.now = AFTER_OCTOBER
    run(desk, OCTOBER)
    assert people(desk) == []
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]


def test_a_deletion_that_is_known_first_leaves_nothing_either(desk: Trial) -> None:
    """The hub shows the last version only: whoever reads late sees the deletion alone."""
    death(desk.province, WANG, LOADED)
    put(desk.province, REGISTER, LATER, "D", RKBS="99RK1")
    desk.clock.now = AFTER_OCTOBER
    run(desk, OCTOBER)
    assert people(desk) == []
    assert told(desk, WANG) == []


def test_a_refund_takes_its_settlement_back(desk: Trial) -> None:
    settlement(desk.province, "99JS1", LOADED)
    run(desk, SEPTEMBER)
    assert decided(desk, WANG)[0] == "certified"
    assert told(desk, WANG) == ["certification.renewed"]
    settlement(desk.province, "99JS2", LATER, init_setl_id="99JS1", refd_setl_flag="1")
    desk.clock.now = AFTER_OCTOBER
    run(desk, OCTOBER)
    assert people(desk, SETTLEMENTS, "99JS1") == [WANG.person_no]
    assert told(desk, WANG) == ["certification.renewed", "evidence.withdrawn"]


def test_a_death_known_before_somebody_joins_is_not_lost(desk: Trial, tmp_path: Path) -> None:
    death(desk.province, ZHAO, LOADED)
    run(desk, SEPTEMBER)
    assert people(desk) == [None]
    joined = [WANG.on_roster(), LI.on_roster(), ZHAO.on_roster()]
    taken = desk.take_roster(write_roster(tmp_path / "joined.csv", *joined))
    assert (taken.imported.new, taken.rematched) == (1, 1)
    assert people(desk) == [ZHAO.person_no]
    desk.decide(OCTOBER)
    assert decided(desk, ZHAO) == ("suspected", "death")
    assert told(desk, ZHAO) == ["eligibility.suspected"]


def test_a_corrected_id_number_finds_its_death_and_lets_go_of_another(desk: Trial, tmp_path: Path) -> None:
    """Li stands on the roster under Zhao's number; Zhao dies, and then the roster is corrected."""
    mistaken = [WANG.on_roster(), LI.on_roster(id_number=ZHAO.id_number)]
    desk.take_roster(write_roster(tmp_path / "mistaken.csv", *mistaken))
    death(desk.province, ZHAO, LOADED)
    put(desk.province, REGISTER, LOADED, RKBS="99RK2", GMSFHM=LI.id_number, XM=LI.name,
        ZXLB="01", SWRQ="20260821", SLSJ="2026-09-04 09:00:00")  # fmt: skip
    desk.sync()
    before = people(desk), people(desk, key="99RK2")
    assert before == ([LI.person_no], [None])
    assert records_of(desk, REGISTER, "99RK1")[0]["identity"] == "doubt"
    taken = desk.take_roster(write_roster(tmp_path / "corrected.csv", WANG.on_roster(), LI.on_roster()))
    assert taken.rematched == 2
    assert (people(desk), people(desk, key="99RK2")) == ([None], [LI.person_no])
    assert records_of(desk, REGISTER, "99RK2")[0]["identity"] == "match"


def test_an_id_number_that_two_people_have_reaches_both(desk: Trial, tmp_path: Path) -> None:
    shared = [WANG.on_roster(), LI.on_roster(other_id_numbers=WANG.id_number)]
    desk.take_roster(write_roster(tmp_path / "shared.csv", *shared))
    death(desk.province, WANG, LOADED)
    desk.sync()
    assert Counter(people(desk)) == {WANG.person_no: 1, LI.person_no: 1}
    told_apart = {record["person_no"]: record["identity"] for record in records_of(desk, REGISTER, "99RK1")}
    assert told_apart == {WANG.person_no: "match", LI.person_no: "doubt"}
