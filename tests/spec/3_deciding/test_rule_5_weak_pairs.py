"""POLICY 3.5 with `weak_pairs_certify: true`, not the default: two departments' weak evidence certifies."""

import pytest

from gateway.policy import Policy
from tests.spec.deciders import deciding
from tests.spec.manual import Decides
from tests.support.policies import with_weak_pairs

RAN_OUT = {"benefit": "employee_pension", "last_certified_on": "2025-06-20"}
PAIR = """
kind             | department        | strength | happened_on
settlement       | medical_insurance | weak     | 2026-06-20
outpatient_visit | health            | weak     | 2026-05-10
"""


@pytest.fixture(scope="module")
def decides(policy: Policy) -> Decides:
    return deciding(with_weak_pairs(policy))


def test_two_departments_certify_on_the_earlier_of_their_newest_days(decides: Decides) -> None:
    decides(
        PAIR + "outpatient_visit | health | weak | 2026-03-01",
        roster=RAN_OUT,
        decision="certified",
        certified_by="evidence",
        certified_on="2026-05-10",
        events=["certification.renewed"],
        says={
            "evidence": [
                {"department": "health", "strength": "weak"},
                {"department": "medical_insurance", "strength": "weak"},
            ]
        },
    )


def test_one_department_alone_never_certifies_by_weak_evidence(decides: Decides) -> None:
    decides(
        """
        kind       | department        | strength | happened_on
        settlement | medical_insurance | weak     | 2026-06-20
        settlement | medical_insurance | weak     | 2026-05-10
        """,
        roster=RAN_OUT,
        decision="uncovered",
        renewed=False,
    )


def test_strong_evidence_after_the_pair_certifies_by_itself(decides: Decides) -> None:
    decides(
        PAIR + "border_crossing | police | strong | 2026-05-20",
        roster=RAN_OUT,
        certified_on="2026-05-20",
        says={"evidence": [{"department": "police", "strength": "strong"}]},
    )


def test_a_pair_does_not_speak_against_a_death(decides: Decides) -> None:
    decides(
        PAIR + "death | civil_affairs | | 2026-05-01",
        roster=RAN_OUT,
        decision="suspected",
        reason="death",
    )
