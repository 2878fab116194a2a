"""What a department corrects, and what the roster corrects, reaches the right person."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.cast import (
    LATER,
    LI,
    LOADED,
    OCTOBER,
    REGISTER,
    SEPTEMBER,
    WANG,
    ZHAO,
    death,
)
from tests.acceptance.desk import decided, october, open_desk, people, run, told
from tests.support.site import Supplies, Trial, put, records_of, write_roster


@pytest.fixture
def desk(supplies: Supplies, tmp_path: Path) -> Iterator[Trial]:
    """A site with Wang and Li on the roster, where nothing was reported yet."""
    with open_desk(tmp_path, supplies) as trial:
        yield trial


def test_a_correction_moves_a_death_to_another_person(desk: Trial) -> None:
    death(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    assert people(desk) == [WANG.person_no]
    assert decided(desk, WANG) == ("suspected", "death")
    death(desk.province, LI, LATER, "U")
    october(desk)
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
    october(desk)
    assert people(desk) == []
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]


def test_a_deletion_that_is_known_first_leaves_nothing_either(desk: Trial) -> None:
    """The hub shows the last version only: whoever reads late sees the deletion alone."""
    death(desk.province, WANG, LOADED)
    put(desk.province, REGISTER, LATER, "D", RKBS="99RK1")
    october(desk)
    assert people(desk) == []
    assert told(desk, WANG) == []


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
