"""POLICY 3.3: a declared absence is suspected until stronger, later evidence of life."""

import pytest

from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
ABSENT = {"decision": "suspected", "reason": "absence", "confidence": "single_source", "causes": ["absence"]}
PRESENT: dict[str, object] = {"decision": "certified", "reason": None, "causes": []}


def test_a_declared_absence_is_suspected(decides: Decides) -> None:
    decides(
        """
        kind    | department | happened_on
        absence | courts     | 2026-05-01
        """,
        roster=PENSION,
        **ABSENT,
        events=["eligibility.suspected"],
        opens=["absence"],
    )


def test_every_benefit_knows_it_as_a_ground(decides: Decides, policy: Policy) -> None:
    for benefit in policy.benefits:
        decides("kind | happened_on\nabsence | 2026-05-01", roster={"benefit": benefit}, **ABSENT)


def test_strong_evidence_of_life_after_the_declaration_ends_it(decides: Decides) -> None:
    decides(
        """
        kind          | happened_on
        absence       | 2026-05-01
        hospital_stay | 2026-05-02
        """,
        roster=PENSION,
        **PRESENT,
        certified_on="2026-05-02",
    )


@pytest.mark.parametrize(
    "life",
    ["hospital_stay | 2026-05-01 | strong", "hospital_stay | 2026-06-01 | weak"],
    ids=["same day", "weak"],
)
def test_what_does_not_end_it(decides: Decides, life: str) -> None:
    decides(f"kind | happened_on | strength\nabsence | 2026-05-01 |\n{life}", roster=PENSION, **ABSENT)


def test_a_certification_at_the_counter_ends_it_too(decides: Decides) -> None:
    decides(
        "kind | happened_on\nabsence | 2026-05-01",
        roster=PENSION | {"last_certified_on": "2026-05-20", "last_method": "counter"},
        **PRESENT,
    )


def test_a_newer_declaration_counts_again(decides: Decides) -> None:
    decides(
        """
        kind          | happened_on
        absence       | 2026-04-01
        hospital_stay | 2026-05-02
        absence       | 2026-06-01
        """,
        roster=PENSION,
        **ABSENT,
    )


def test_a_revoked_declaration_clears_the_suspicion(decides: Decides) -> None:
    last = decides("kind | happened_on\nabsence | 2026-05-01", roster=PENSION, **ABSENT)
    decides(
        roster=PENSION,
        last=last,
        ledger={"held": ["absence"]},
        **PRESENT,
        holds=[],
        events=["eligibility.suspicion.cleared"],
        says={"reason": "absence", "replaces": last.events[0].event_id},
    )


def test_an_absence_that_is_suspected_renews_nothing(decides: Decides) -> None:
    decides(
        """
        kind          | happened_on
        hospital_stay | 2026-05-02
        absence       | 2026-06-01
        """,
        roster=PENSION,
        **ABSENT,
        renewed=False,
        certified_on="2026-03-01",
    )
