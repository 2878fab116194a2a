"""POLICY 2: every record has a polarity, and only strong evidence of life certifies."""

import pytest

from gateway.policy import Policy
from tests.spec.deciders import deciding
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
OF_LIFE = [
    "release",
    "community_correction",
    "hospital_stay",
    "outpatient_visit",
    "health_check",
    "settlement",
    "identity_card",
    "border_crossing",
    "marriage",
    "divorce",
    "certification_elsewhere",
    "community_visit",
]
NEUTRAL = ["welfare_payment", "emigration", "enlisted", "register_duplicate", "unclassified"]


def test_every_kind_of_record_has_a_polarity(policy: Policy) -> None:
    said = {kind: entry.polarity for kind, entry in policy.records.items()}
    assert {kind for kind in said if said[kind] == "adverse"} == {"death", "absence", "custody"}
    assert {kind for kind in said if said[kind] == "of_life"} == set(OF_LIFE)
    assert {kind for kind in said if said[kind] == "neutral"} >= {*NEUTRAL, "withdrawal"}


@pytest.mark.parametrize("kind", OF_LIFE)
def test_strong_evidence_of_life_certifies(decides: Decides, kind: str) -> None:
    decides(
        f"kind | happened_on | strength\n{kind} | 2026-06-20 | strong",
        roster=PENSION,
        certified_on="2026-06-20",
        certified_by="evidence",
        events=["certification.renewed"],
    )


@pytest.mark.parametrize("kind", OF_LIFE)
def test_weak_evidence_never_does(decides: Decides, kind: str) -> None:
    decides(
        f"kind | happened_on | strength\n{kind} | 2026-06-20 | weak",
        roster=PENSION,
        certified_on="2026-03-01",
        events=[],
    )


OWN_KIND = """
    kind              | department | polarity | happened_on | strength
    real_name_journey | transport  | of_life  | 2026-06-20  | strong
    """


def test_a_kind_that_a_department_brings_certifies_nobody_while_it_is_not_listed(decides: Decides) -> None:
    decides(OWN_KIND, roster=PENSION, certified_on="2026-03-01", events=[])


def test_a_kind_that_a_department_brings_certifies_once_it_is_listed_so(policy: Policy) -> None:
    listed = {**policy.records, "real_name_journey": policy.records["border_crossing"]}
    deciding(policy.model_copy(update={"records": listed}))(
        OWN_KIND, roster=PENSION, certified_on="2026-06-20", events=["certification.renewed"]
    )


def test_two_weak_records_are_no_strong_one(decides: Decides) -> None:
    decides(
        """
        kind       | department        | happened_on | strength
        settlement | medical_insurance | 2026-06-20  | weak
        marriage   | civil_affairs     | 2026-06-20  | weak
        """,
        roster=PENSION,
        certified_on="2026-03-01",
        events=[],
    )


@pytest.mark.parametrize("kind", NEUTRAL)
def test_neutral_records_are_counted_and_decide_nothing_for_a_pension(decides: Decides, kind: str) -> None:
    decides(
        f"kind | happened_on\n{kind} | 2026-06-20",
        roster=PENSION,
        decision="certified",
        certified_on="2026-03-01",
        causes=[],
        events=[],
    )


def test_what_happened_after_the_as_of_date_is_not_seen_yet(decides: Decides) -> None:
    decides(
        """
        kind          | basis     | happened_on | began_on
        hospital_stay |           | 2026-07-01  |
        death         | cremation | 2026-07-01  |
        absence       |           | 2026-07-01  |
        custody       | sentence  |             | 2026-07-01
        """,
        roster=PENSION,
        decision="certified",
        certified_on="2026-03-01",
        causes=[],
        events=[],
    )


def test_what_happened_on_the_as_of_date_counts(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-30",
        roster=PENSION,
        certified_on="2026-06-30",
        events=["certification.renewed"],
    )
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-06-30",
        roster=PENSION,
        decision="suspected",
        events=["eligibility.suspected"],
    )


def test_marriage_and_divorce_registered_in_person_are_strong(decides: Decides) -> None:
    decides(
        """
        kind    | department    | happened_on | strength
        divorce | civil_affairs | 2026-06-20  | strong
        """,
        roster=PENSION,
        says={"evidence": [{"department": "civil_affairs", "strength": "strong"}]},
        events=["certification.renewed"],
    )


def test_a_certification_of_another_channel_is_evidence_of_the_agency(decides: Decides) -> None:
    decides(
        """
        kind                    | department | basis      | happened_on
        certification_elsewhere | agency     | home_visit | 2026-06-20
        """,
        roster=PENSION,
        certified_on="2026-06-20",
        decision="certified",
    )
