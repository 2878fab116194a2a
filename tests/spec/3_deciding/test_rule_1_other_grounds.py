"""POLICY 2: remarriage and enlistment of survivors, emigration, and a pension beside unemployment benefit."""

import pytest

from tests.spec.manual import Decides

WIDOW = {
    "benefit": "survivor_allowance",
    "last_certified_on": "2026-05-01",
    "started_on": "2024-01-15",
    "spouse_survivor": True,
}
UNEMPLOYED = {"benefit": "unemployment_benefit"}
DRAWN = {"benefit": "employee_pension", "last_certified_on": "2026-05-01"}
MARRIED = """
kind     | department    | happened_on | strength
marriage | civil_affairs | 2026-06-10  | strong
"""


def test_a_spouse_who_survived_and_marries_again_is_suspected(decides: Decides) -> None:
    decides(
        MARRIED,
        roster=WIDOW,
        decision="suspected",
        reason="remarriage",
        confidence="single_source",
        causes=["remarriage"],
        renewed=False,
        events=["eligibility.suspected"],
        opens=["remarriage"],
    )


@pytest.mark.parametrize(
    "roster",
    [
        WIDOW | {"spouse_survivor": False},
        WIDOW | {"started_on": "2026-06-10"},
        WIDOW | {"benefit": "employee_pension"},
    ],
    ids=["a child or parent", "married before the benefit began", "another benefit"],
)
def test_whose_marriage_is_evidence_of_life_and_nothing_else(
    decides: Decides, roster: dict[str, object]
) -> None:
    decides(MARRIED, roster=roster, decision="certified", causes=[], certified_on="2026-06-10")


def test_the_marriage_that_made_the_spouse_a_survivor_is_no_remarriage(decides: Decides) -> None:
    decides(
        "kind | happened_on\nmarriage | 2001-05-01",
        roster=WIDOW,
        decision="certified",
        causes=[],
    )


@pytest.mark.parametrize(
    "record",
    [
        "kind | happened_on | strength\nmarriage | 2026-06-10 | weak",
        "kind | happened_on | identity\nmarriage | 2026-06-10 | doubt",
        "kind | happened_on\nmarriage | 2026-07-01",
        "kind | happened_on\ndivorce | 2026-05-20",
    ],
    ids=["a certificate reissued", "another name", "not yet", "a divorce"],
)
def test_what_is_no_remarriage(decides: Decides, record: str) -> None:
    decides(record, roster=WIDOW, decision="certified", causes=[])


@pytest.mark.parametrize("benefit", ["survivor_allowance", "unemployment_benefit"])
def test_joining_the_armed_forces_is_suspected(decides: Decides, benefit: str) -> None:
    decides(
        """
        kind     | department | happened_on
        enlisted | police     | 2026-06-10
        """,
        roster={"benefit": benefit},
        decision="suspected",
        reason="enlisted",
        confidence="single_source",
        events=["eligibility.suspected"],
        opens=["enlisted"],
    )


def test_settling_abroad_ends_unemployment_benefit_only(decides: Decides) -> None:
    emigrated = "kind | department | happened_on\nemigration | police | 2026-06-10"
    decides(emigrated, roster=UNEMPLOYED, decision="suspected", reason="emigration", opens=["emigration"])
    decides(emigrated, roster=DRAWN, decision="certified", causes=[], abroad=True, events=[])


def test_unemployment_benefit_beside_a_pension_is_suspected_from_the_roster(decides: Decides) -> None:
    decides(
        roster=UNEMPLOYED,
        beside=[DRAWN],
        decision="suspected",
        reason="also_pension",
        confidence="single_source",
        causes=["also_pension"],
        events=["eligibility.suspected"],
        opens=["also_pension"],
    )


def test_the_pension_beside_it_is_not(decides: Decides) -> None:
    decides(roster=DRAWN, beside=[UNEMPLOYED], decision="certified", causes=[], events=[])


@pytest.mark.parametrize("status", ["suspended", "stopped_after_verification", "terminated"])
def test_a_pension_that_is_not_paid_is_none(decides: Decides, status: str) -> None:
    decides(roster=UNEMPLOYED, beside=[DRAWN | {"payment_status": status}], decision="uncovered", causes=[])


def test_a_pension_of_unknown_payment_status_is_one(decides: Decides) -> None:
    decides(roster=UNEMPLOYED, beside=[DRAWN | {"payment_status": None}], reason="also_pension")


def test_a_long_term_benefit_of_an_injury_beside_it_is_no_pension(decides: Decides) -> None:
    injury = {"benefit": "injury_long_term", "last_certified_on": "2026-05-01"}
    decides(roster=UNEMPLOYED, beside=[injury], decision="uncovered", causes=[])


def test_a_ground_of_this_kind_that_ends_is_cleared_and_holds_nothing(decides: Decides) -> None:
    last = decides(MARRIED, roster=WIDOW, decision="suspected", holds=[])
    decides(
        roster=WIDOW,
        last=last,
        decision="certified",
        holds=[],
        events=["eligibility.suspicion.cleared"],
        says={"reason": "remarriage"},
    )
