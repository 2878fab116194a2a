"""POLICY 3.4: an open custody that strong in-person evidence outside hospital contradicts is a conflict."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
SERVING = {"decision": "suspected", "reason": "sentence", "confidence": "single_source"}
CONFLICTING = {"decision": "conflicting", "reason": "sentence", "confidence": "single_source"}


@pytest.mark.parametrize(
    "kind", ["identity_card", "border_crossing", "marriage", "divorce", "health_check", "community_visit"]
)
def test_somebody_seen_in_person_elsewhere_contradicts_an_open_custody(decides: Decides, kind: str) -> None:
    decides(
        f"""
        kind    | basis    | began_on   | happened_on
        custody | sentence | 2026-02-01 |
        {kind}  |          |            | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
        causes=["custody"],
        holds=["custody"],
        renewed=False,
        events=["certification.conflict.found"],
        opens=["custody"],
    )


@pytest.mark.parametrize("kind", ["hospital_stay", "outpatient_visit", "settlement"])
def test_a_prisoner_may_be_brought_to_hospital(decides: Decides, kind: str) -> None:
    decides(
        f"""
        kind    | basis    | began_on   | happened_on
        custody | sentence | 2026-02-01 |
        {kind}  |          |            | 2026-05-20
        """,
        roster=PENSION,
        **SERVING,
    )


@pytest.mark.parametrize(
    "life",
    [
        "identity_card |  |  | 2026-05-20 | weak   | match",
        "identity_card |  |  | 2026-05-20 | strong | doubt",
        "identity_card |  |  | 2026-02-01 | strong | match",
        "identity_card |  |  | 2026-07-01 | strong | match",
    ],
    ids=["weak", "another name", "the day it began", "not yet"],
)
def test_what_does_not_contradict_a_custody(decides: Decides, life: str) -> None:
    decides(
        f"""
        kind    | basis    | began_on   | happened_on | strength | identity
        custody | sentence | 2026-02-01 |             |          | match
        {life}
        """,
        roster=PENSION,
        **SERVING,
    )


@pytest.mark.parametrize(
    ("method", "decision"),
    [
        ("self_service", "suspected"),
        ("employer", "suspected"),
        ("counter", "conflicting"),
        ("home_visit", "conflicting"),
        ("community", "conflicting"),
        ("consulate", "conflicting"),
    ],
)
def test_of_the_other_channels_those_do_where_a_person_was_seen(
    decides: Decides, method: str, decision: str
) -> None:
    decides(
        f"""
        kind                    | basis    | began_on   | happened_on
        custody                 | sentence | 2026-02-01 |
        certification_elsewhere | {method} |            | 2026-05-20
        """,
        roster=PENSION,
        decision=decision,
        reason="sentence",
    )


def test_the_rosters_own_certification_at_the_counter_does_too(decides: Decides) -> None:
    decides(
        "kind | basis | began_on\ncustody | sentence | 2026-02-01",
        roster=PENSION | {"last_certified_on": "2026-05-20", "last_method": "counter"},
        **CONFLICTING,
    )


def test_where_both_are_contradicted_the_reason_is_the_sentence(decides: Decides) -> None:
    decides(
        """
        kind          | department | basis     | began_on   | happened_on
        custody       | police     | detention | 2026-02-01 |
        custody       | courts     | sentence  | 2026-04-01 |
        identity_card | police     |           |            | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
        causes=["custody"],
    )


def test_a_custody_that_nothing_contradicts_is_suspected_beside_one_that_is(decides: Decides) -> None:
    decides(
        """
        kind          | department | basis     | began_on   | happened_on
        custody       | police     | detention | 2026-02-01 |
        identity_card | police     |           |            | 2026-03-20
        custody       | courts     | sentence  | 2026-04-01 |
        """,
        roster=PENSION,
        **SERVING,
    )


def test_a_contradicted_detention_is_no_conflict_of_a_benefit_it_is_no_ground_of(decides: Decides) -> None:
    decides(
        """
        kind          | basis     | began_on   | happened_on
        custody       | detention | 2026-05-02 |
        identity_card |           |            | 2026-06-20
        """,
        roster={"benefit": "survivor_allowance", "last_certified_on": "2026-05-01"},
        decision="certified",
        certified_on="2026-06-20",
        causes=[],
    )


def test_a_conflict_that_ends_is_cleared_as_a_conflict(decides: Decides) -> None:
    seen = "kind | basis | began_on | happened_on\nidentity_card | | | 2026-05-20"
    last = decides(seen + "\ncustody | sentence | 2026-02-01 |", roster=PENSION, **CONFLICTING)
    decides(
        seen,
        roster=PENSION,
        last=last,
        ledger={"held": ["custody"]},
        decision="uncovered",
        holds=["custody"],
        renewed=False,
        events=["certification.conflict.cleared"],
        says={"reason": "sentence", "replaces": last.events[0].event_id},
    )
