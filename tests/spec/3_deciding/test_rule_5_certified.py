"""POLICY 3.5: strong evidence of life inside the window certifies, from the day of the newest record."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-10-01"}
NEVER = {"benefit": "employee_pension", "first_seen_on": "2026-06-01"}
ANNOUNCED = {"decision": "certified", "certified_by": "evidence", "events": ["certification.renewed"]}


def test_strong_evidence_renews_to_the_same_day_a_cycle_later(decides: Decides) -> None:
    decides(
        """
        kind             | department | happened_on
        outpatient_visit | health     | 2026-06-20
        """,
        roster=PENSION,
        **ANNOUNCED,
        certified_on="2026-06-20",
        valid_until="2027-06-20",
        says={"certified_on": "2026-06-20", "valid_until": "2027-06-20", "method": "data_matching"},
    )


def test_the_newest_qualifying_record_is_the_day(decides: Decides) -> None:
    decides(
        """
        kind            | happened_on | strength
        settlement      | 2026-06-28  | weak
        border_crossing | 2026-06-20  | strong
        identity_card   | 2026-05-20  | strong
        """,
        roster=PENSION,
        **ANNOUNCED,
        certified_on="2026-06-20",
    )


def test_evidence_before_the_last_certification_never_moves_it_back(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-09-20",
        roster=PENSION,
        decision="certified",
        certified_by="roster",
        certified_on="2025-10-01",
        events=[],
    )


def test_evidence_older_than_a_cycle_certifies_nothing(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-06-29",
        roster=NEVER,
        decision="uncovered",
        certified_on=None,
        events=[],
    )


def test_evidence_on_the_first_day_of_the_window_still_does(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-06-30",
        roster=NEVER,
        decision="certified",
        renewed=True,
        valid_until="2026-06-30",
    )


def test_the_window_is_as_long_as_the_cycle_of_the_benefit(decides: Decides) -> None:
    survivor = NEVER | {"benefit": "survivor_allowance"}
    decides("kind | happened_on\nhospital_stay | 2025-12-30", roster=survivor, renewed=True)
    decides("kind | happened_on\nhospital_stay | 2025-12-29", roster=survivor, decision="uncovered")


def test_a_benefit_that_ran_out_is_certified_by_later_evidence(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-20",
        roster={"benefit": "employee_pension", "last_certified_on": "2024-01-01"},
        **ANNOUNCED,
        certified_on="2026-06-20",
    )


def test_between_renewals_it_is_certified_as_long_as_it_is_valid(decides: Decides) -> None:
    decides(roster=PENSION, decision="certified", valid_until="2026-10-01", events=[])


def test_a_certification_the_roster_brings_moves_it_in_silence(decides: Decides) -> None:
    last = decides(roster=PENSION)
    decides(
        roster=PENSION | {"last_certified_on": "2026-06-25", "last_method": "counter"},
        last=last,
        certified_by="roster",
        valid_until="2027-06-25",
        events=[],
    )


def test_a_certification_of_the_roster_after_the_as_of_date_is_not_seen_yet(decides: Decides) -> None:
    decides(roster=NEVER | {"last_certified_on": "2026-07-01"}, decision="uncovered", certified_on=None)


def test_the_same_evidence_again_renews_nothing(decides: Decides) -> None:
    visit = "kind | happened_on\nhospital_stay | 2026-06-20"
    last = decides(visit, roster=PENSION, renewed=True)
    decides(visit, roster=PENSION, last=last, valid_until="2027-06-20", changed=False, events=[])
