"""POLICY 2, Identity: a record counts when the ID number matches and so does the normalised name."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
SURVIVOR = {"benefit": "survivor_allowance", "last_certified_on": "2026-05-01"}
DOUBTED: dict[str, object] = {"decision": "uncovered", "reason": None, "events": [], "renewed": False}


@pytest.mark.parametrize("identity", ["doubt", "unchecked"])
def test_evidence_of_life_under_a_differing_or_unknown_name_never_certifies(
    decides: Decides, identity: str
) -> None:
    decides(
        f"kind | happened_on | identity\nhospital_stay | 2026-06-20 | {identity}",
        roster=PENSION,
        decision="certified",
        certified_on="2026-03-01",
        causes=[],
        events=[],
    )


@pytest.mark.parametrize(
    "record",
    [
        "kind | identity | basis | happened_on\ndeath | doubt | cremation | 2026-06-01",
        "kind | identity | happened_on\nabsence | doubt | 2026-06-01",
        "kind | identity | basis | began_on\ncustody | doubt | sentence | 2026-06-01",
    ],
    ids=["death", "absence", "custody"],
)
def test_adverse_evidence_under_a_differing_name_holds_and_is_no_suspicion(
    decides: Decides, record: str
) -> None:
    decides(
        record,
        roster=PENSION,
        **DOUBTED,
        causes=["identity_doubt"],
        holds=["identity_doubt"],
        opens=["identity_doubt"],
    )


def test_a_doubt_about_a_fact_that_is_no_ground_for_the_benefit_holds_nothing(decides: Decides) -> None:
    decides(
        "kind | identity | basis | began_on\ncustody | doubt | detention | 2026-06-01",
        roster=SURVIVOR,
        decision="certified",
        causes=[],
        events=[],
    )


def test_a_custody_under_a_differing_name_that_ended_holds_nothing(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | began_on   | identity | released_on
        custody | sentence | 2026-03-02 | doubt    | 2026-04-01
        """,
        roster=PENSION,
        decision="certified",
        causes=[],
        events=[],
    )


def test_a_doubt_stands_beside_a_suspicion_and_never_takes_its_place(decides: Decides) -> None:
    decides(
        """
        kind    | identity | basis     | happened_on | began_on
        death   | doubt    | cremation | 2026-06-01  |
        custody | match    | sentence  |             | 2026-06-01
        """,
        roster=PENSION,
        decision="suspected",
        reason="sentence",
        causes=["custody", "identity_doubt"],
        holds=["custody", "identity_doubt"],
        opens=["custody", "identity_doubt"],
        events=["eligibility.suspected"],
    )


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("kind | identity | basis | happened_on\ndeath | unchecked | cremation | 2026-06-01", "death"),
        ("kind | identity | happened_on\nabsence | unchecked | 2026-06-01", "absence"),
        ("kind | identity | basis | began_on\ncustody | unchecked | sentence | 2026-06-01", "sentence"),
    ],
    ids=["death", "absence", "custody"],
)
def test_adverse_evidence_of_a_dataset_without_names_is_suspected_on_a_single_source(
    decides: Decides, record: str, reason: str
) -> None:
    decides(record, roster=PENSION, decision="suspected", reason=reason, confidence="single_source")


def test_a_death_without_a_checked_name_never_corroborates(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | identity  | happened_on
        death | health        | medical_certificate | match     | 2026-05-01
        death | civil_affairs | cremation           | unchecked | 2026-05-01
        """,
        roster=PENSION,
        decision="suspected",
        confidence="single_source",
    )


def test_a_death_under_a_differing_name_corroborates_nothing(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | identity | happened_on
        death | health        | medical_certificate | match    | 2026-05-01
        death | civil_affairs | cremation           | doubt    | 2026-05-01
        """,
        roster=PENSION,
        decision="suspected",
        confidence="single_source",
        causes=["death", "identity_doubt"],
    )


def test_a_benefit_whose_person_cannot_match_keeps_its_cycle_and_its_notices(decides: Decides) -> None:
    unmatchable = {"benefit": "employee_pension", "matchable": False}
    decides(
        roster=unmatchable | {"last_certified_on": "2026-03-01"},
        decision="certified",
        valid_until="2027-03-01",
        matchable=False,
        events=[],
    )
    decides(
        roster=unmatchable | {"last_certified_on": "2025-07-10"},
        decision="certified",
        events=["certification.due"],
    )
    decides(
        roster=unmatchable | {"last_certified_on": "2025-06-10"},
        decision="uncovered",
        events=["certification.overdue"],
        says={"suggested_channel": "self_service"},
    )
