"""A run, a late correction, a run: the events that follow from it, each naming what it replaces."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.acceptance.cast import (
    LATER,
    LI,
    LOADED,
    OCTOBER,
    REGISTER,
    SEPTEMBER,
    SETTLEMENTS,
    WANG,
    death,
    settlement,
)
from tests.acceptance.desk import (
    certificate,
    cremation,
    data_of,
    decided,
    declaration,
    everything_told,
    marriage,
    october,
    open_desk,
    people,
    run,
    told,
)
from tests.support.site import Supplies, Trial, put, write_roster

NOVEMBER = date(2026, 11, 30)
NOVEMBER_5 = datetime(2026, 11, 5, 9)  # noqa: DTZ001 - the province's local wall time
AFTER_NOVEMBER = datetime(2026, 12, 1, 6)  # noqa: DTZ001 - the same

UNRESOLVED = "eligibility.suspicion.unresolved"
"""Nobody has closed the entry of September by the end of October: 31 days."""


@pytest.fixture
def desk(supplies: Supplies, tmp_path: Path) -> Iterator[Trial]:
    """A site with Wang and Li on the roster, where nothing was reported yet."""
    with open_desk(tmp_path, supplies) as trial:
        yield trial


def test_what_is_cleared_and_what_is_suspected_anew_name_what_they_replace(desk: Trial) -> None:
    death(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    death(desk.province, LI, LATER, "U")
    october(desk)
    suspected, cleared = data_of(desk, WANG)
    (other,) = data_of(desk, LI)
    assert (cleared["replaces"], cleared["reason"]) == (suspected["id"], "death")
    assert "replaces" not in other
    assert sorted(everything_told(desk)) == [
        (WANG.benefit_id, "eligibility.suspected"),
        (WANG.benefit_id, "eligibility.suspicion.cleared"),
        (LI.benefit_id, "eligibility.suspected"),
    ]


def test_a_correction_to_an_id_number_that_is_none_frees_whom_it_named(desk: Trial) -> None:
    """The ledger's entry, and its hold, stay until a person has looked."""
    death(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    put(desk.province, REGISTER, LATER, "U", RKBS="99RK1", GMSFHM="99010119500301", XM=WANG.name,
        ZXLB="01", SWRQ="20260820", SLSJ="2026-09-04 09:00:00")  # fmt: skip
    settlement(desk.province, "99JS1", LATER)
    october(desk)
    assert people(desk) == []
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    assert decided(desk, WANG) == ("uncovered", None)


def test_a_voided_certificate_leaves_what_rests_on_it_and_makes_it_less_certain(desk: Trial) -> None:
    certificate(desk.province, WANG, LOADED)
    cremation(desk.province, WANG, LOADED)
    declaration(desk.province, WANG, LOADED, "99TB1", XGLX="2", SWRQ="20260820")
    run(desk, SEPTEMBER)
    certificate(desk.province, WANG, LATER, "U", CANCEL_STATUS="1")
    october(desk)
    first, second, _ = data_of(desk, WANG)
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspected", UNRESOLVED]
    assert (first["reason"], first["confidence"]) == ("death", "corroborated")
    assert (second["reason"], second["confidence"]) == ("death", "single_source")
    assert "rests_on_voided" not in first
    assert second["rests_on_voided"] is True
    assert second["replaces"] == first["id"]
    assert {each["kind"] for each in second["evidence"]} >= {"death"}
    assert len(everything_told(desk)) == 3


def test_a_marriage_that_is_undone_no_longer_speaks_against_a_survivor(desk: Trial, tmp_path: Path) -> None:
    survivor = {"benefit": "survivor_allowance", "spouse_survivor": "1", "last_certified_on": "2026-08-01"}
    desk.take_roster(write_roster(tmp_path / "survivor.csv", WANG.on_roster(), LI.on_roster(**survivor)))
    marriage(desk.province, LOADED, "I", "IA")
    run(desk, SEPTEMBER)
    assert decided(desk, LI) == ("suspected", "remarriage")
    assert told(desk, WANG) == ["certification.renewed"]
    marriage(desk.province, LATER, "U", "ID")
    october(desk)
    assert told(desk, LI) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    assert told(desk, WANG) == ["certification.renewed", "evidence.withdrawn"]
    suspected, cleared = data_of(desk, LI)
    assert (cleared["replaces"], cleared["reason"]) == (suspected["id"], "remarriage")
    assert len(everything_told(desk)) == 4


def test_a_revocation_that_is_revoked_lets_the_declaration_stand_again(desk: Trial) -> None:
    declaration(desk.province, WANG, LOADED, "99TB1", XGLX="1")
    run(desk, SEPTEMBER)
    declaration(desk.province, WANG, LATER, "99TB2", XGLX="3", YAH="99TB1")
    october(desk)
    declaration(desk.province, WANG, NOVEMBER_5, "99TB3", XGLX="3", YAH="99TB2")
    desk.clock.now = AFTER_NOVEMBER
    run(desk, NOVEMBER)
    assert decided(desk, WANG) == ("suspected", "absence")
    assert told(desk, WANG) == [
        "eligibility.suspected",
        "eligibility.suspicion.cleared",
        "eligibility.suspected",
        UNRESOLVED,
    ]


def test_a_refund_takes_its_settlement_back(desk: Trial) -> None:
    settlement(desk.province, "99JS1", LOADED)
    run(desk, SEPTEMBER)
    assert decided(desk, WANG)[0] == "certified"
    assert told(desk, WANG) == ["certification.renewed"]
    settlement(desk.province, "99JS2", LATER, init_setl_id="99JS1", refd_setl_flag="1")
    october(desk)
    assert people(desk, SETTLEMENTS, "99JS1") == [WANG.person_no]
    assert told(desk, WANG) == ["certification.renewed", "evidence.withdrawn"]
    renewed, withdrawn = data_of(desk, WANG)
    assert withdrawn["replaces"] == renewed["id"]
    assert (renewed["certified_on"], withdrawn["certified_on"]) == ("2026-09-01", "2026-01-10")
    assert withdrawn["valid_until"] == "2027-01-10"
    assert len(everything_told(desk)) == 2


def test_a_refund_that_is_reversed_leaves_the_settlement(desk: Trial) -> None:
    settlement(desk.province, "99JS1", LOADED)
    settlement(desk.province, "99JS2", LOADED, init_setl_id="99JS1", refd_setl_flag="1")
    run(desk, SEPTEMBER)
    assert told(desk, WANG) == []
    settlement(desk.province, "99JS3", LATER, init_setl_id="99JS2", refd_setl_flag="1")
    october(desk)
    assert told(desk, WANG) == ["certification.renewed"]


def test_a_run_again_after_a_correction_has_nothing_to_say(desk: Trial) -> None:
    certificate(desk.province, WANG, LOADED)
    cremation(desk.province, WANG, LOADED)
    run(desk, SEPTEMBER)
    certificate(desk.province, WANG, LATER, "U", CANCEL_STATUS="1")
    october(desk)
    before = everything_told(desk)
    run(desk, OCTOBER)
    assert everything_told(desk) == before
