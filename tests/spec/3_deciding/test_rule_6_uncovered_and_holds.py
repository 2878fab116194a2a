"""POLICY 3.6 and Holds: who is not covered; what was once suspected stays held until a person closes it."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-08-01"}
DEATH = "kind | basis | happened_on\ndeath | cremation | 2026-06-01"
VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"


def test_a_benefit_without_evidence_or_certification_is_uncovered(decides: Decides) -> None:
    decides(roster={"benefit": "survivor_allowance"}, decision="uncovered", holds=[], valid_until=None)


def test_a_benefit_that_no_rule_knows_is_uncovered_and_not_lost(decides: Decides) -> None:
    decides(VISIT, roster={"benefit": "another_benefit"}, decision="uncovered", certified_on=None)


def test_a_suspected_benefit_renews_nothing(decides: Decides) -> None:
    decides(
        """
        kind          | basis     | happened_on
        death         | cremation | 2026-06-01
        hospital_stay |           | 2026-05-20
        """,
        roster=PENSION,
        decision="suspected",
        renewed=False,
        certified_on="2025-08-01",
    )


def test_a_ground_that_ends_leaves_the_benefit_held_and_uncovered(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        decision="uncovered",
        reason=None,
        causes=[],
        holds=["death"],
        renewed=False,
        valid_until="2026-08-01",
    )


def test_holds_add_up_and_stay(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    custody = "kind | basis | began_on\ncustody | detention | 2026-06-01"
    last = decides(custody, roster=PENSION, last=last, reason="detention", holds=["custody", "death"])
    decides(roster=PENSION, last=last, decision="uncovered", holds=["custody", "death"])


def test_a_held_benefit_keeps_even_a_renewal_whose_evidence_is_gone(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, renewed=True)
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        decision="suspected",
        withdrawn=False,
        valid_until="2027-06-20",
    )


def test_a_hold_outlasts_a_run_that_could_not_compare(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(
        roster=PENSION, last=last, uncompared=["cremations"], decision="uncompared", holds=["death"]
    )
    decides(VISIT, roster=PENSION, last=last, decision="uncovered", holds=["death"])
