"""POLICY 3.6 and Holds: who is not covered; what an open entry of the ledger keeps from being certified."""

import pytest

from gateway.decide.compared import Gaps
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-10-01"}
DEATH = "kind | basis | happened_on\ndeath | cremation | 2026-06-01"
VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"


def test_a_benefit_without_evidence_or_certification_is_uncovered(decides: Decides) -> None:
    decides(roster={"benefit": "survivor_allowance"}, decision="uncovered", holds=[], valid_until=None)


def test_so_is_one_that_ran_out(decides: Decides) -> None:
    decides(
        roster={"benefit": "employee_pension", "last_certified_on": "2025-06-29"},
        decision="uncovered",
        valid_until="2026-06-29",
    )


def test_weak_evidence_alone_leaves_it_uncovered(decides: Decides) -> None:
    decides(
        "kind | strength | happened_on\nsettlement | weak | 2026-06-20",
        roster={"benefit": "employee_pension", "last_certified_on": "2025-06-29"},
        decision="uncovered",
    )


def test_a_suspected_benefit_renews_nothing(decides: Decides) -> None:
    decides(
        """
        kind          | basis     | happened_on
        death         | cremation | 2026-06-01
        hospital_stay |           | 2026-05-20
        """,
        roster=PENSION,
        decision="suspected",
        certified_on="2025-10-01",
        events=["eligibility.suspected"],
    )


@pytest.mark.parametrize("cause", ["death", "custody", "identity_doubt"])
def test_an_open_entry_holds_the_certification_of_its_benefit(decides: Decides, cause: str) -> None:
    decides(
        VISIT,
        roster=PENSION,
        ledger={"held": [cause]},
        decision="uncovered",
        reason=None,
        causes=[],
        holds=[cause],
        renewed=False,
        valid_until="2026-10-01",
        events=[],
    )


@pytest.mark.parametrize("cause", ["absence", "remarriage", "enlisted", "emigration", "also_pension"])
def test_an_open_entry_of_another_cause_holds_nothing_and_a_confirmed_one_does(
    decides: Decides, cause: str
) -> None:
    decides(VISIT, roster=PENSION, ledger={"held": [cause]}, decision="certified", holds=[], renewed=True)
    decides(
        VISIT,
        roster=PENSION,
        ledger={"held": [cause], "confirmed": [cause]},
        decision="uncovered",
        holds=[cause],
        renewed=False,
    )


def test_it_holds_no_other_benefit_of_the_person(decides: Decides) -> None:
    told = decides(
        VISIT, roster=PENSION, beside=[PENSION], ledger={"held": ["custody"]}, decision="uncovered"
    )
    assert [state["decision"] for state in told.states if state["benefit_id"] == "B2"] == ["certified"]


def test_a_ground_that_ends_in_the_data_is_cleared_at_once_and_its_entry_holds_on(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected", opens=["death"])
    last = decides(
        VISIT,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="uncovered",
        holds=["death"],
        valid_until="2026-10-01",
        events=["eligibility.suspicion.cleared"],
    )
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="uncovered",
        holds=["death"],
        events=[],
    )


def test_holds_add_up(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, holds=["death"])
    last = decides(
        "kind | basis | began_on\ncustody | detention | 2026-06-01",
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        reason="detention",
        holds=["custody", "death"],
    )
    decides(
        roster=PENSION,
        last=last,
        ledger={"held": ["custody", "death"]},
        decision="uncovered",
        holds=["custody", "death"],
    )


def test_a_held_benefit_loses_a_renewal_whose_evidence_is_withdrawn(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, renewed=True)
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        decision="suspected",
        withdrawn=True,
        valid_until="2026-10-01",
        events=["eligibility.suspected", "evidence.withdrawn"],
    )


def test_what_another_channel_certified_counts_in_spite_of_a_hold(decides: Decides) -> None:
    ran_out = {"benefit": "employee_pension", "last_certified_on": "2025-06-20"}
    held = {"held": ["custody"]}
    last = decides(roster=ran_out, as_of="2026-06-10", ledger=held, valid_until="2026-06-20")
    decides(
        roster=ran_out | {"last_certified_on": "2026-06-15", "last_method": "counter"},
        last=last,
        ledger=held,
        decision="uncovered",
        holds=["custody"],
        valid_until="2027-06-15",
        overdue=False,
        events=[],
    )


def test_a_hold_outlasts_a_run_that_could_not_compare(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        gaps=Gaps(uncompared=("cremations",)),
        decision="uncompared",
        holds=["death"],
    )
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="uncovered",
        holds=["death"],
        events=[],
    )


def test_a_benefit_is_certified_again_once_a_person_closed_its_entry(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(VISIT, roster=PENSION, last=last, ledger={"held": ["death"]}, decision="uncovered")
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        ledger={},
        decision="certified",
        holds=[],
        events=["certification.renewed"],
    )
