"""POLICY 3.5: strong evidence of life moves a certification on; what is worth telling is announced."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-08-01"}
ANNOUNCED = {"decision": "certified", "certified_by": "evidence", "renewed": True}
NO_CHANNEL = {"last_method": "data_matching"}


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
    )


def test_the_newest_qualifying_record_is_the_day(decides: Decides) -> None:
    decides(
        """
        kind            | happened_on
        border_crossing | 2026-06-20
        identity_card   | 2026-05-20
        """,
        roster=PENSION,
        **ANNOUNCED,
        certified_on="2026-06-20",
    )


@pytest.mark.parametrize(
    "records",
    [
        "kind | strength | happened_on\nsettlement | weak | 2026-06-20",
        "kind | strength | happened_on\nsettlement | weak | 2026-06-20\nmarriage | weak | 2026-06-21",
        "kind | identity | happened_on\nhospital_stay | doubt | 2026-06-20",
        "kind | identity | happened_on\nhospital_stay | unchecked | 2026-06-20",
        "kind | happened_on\nwelfare_payment | 2026-06-20",
        "kind | happened_on\nhospital_stay | 2026-07-01",
    ],
    ids=["weak", "two weak", "name differs", "no name", "neutral", "not yet"],
)
def test_what_never_certifies(decides: Decides, records: str) -> None:
    decides(records, roster=PENSION, renewed=False, certified_on="2025-08-01", decision="certified")


def test_the_last_day_of_validity_is_included(decides: Decides) -> None:
    decides(roster=PENSION, as_of="2026-08-01", decision="certified", valid_until="2026-08-01")
    decides(roster=PENSION, as_of="2026-08-02", decision="uncovered", valid_until="2026-08-01")


def test_evidence_older_than_a_cycle_certifies_nothing(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-06-29",
        roster={"benefit": "employee_pension"},
        decision="uncovered",
        certified_on=None,
    )


def test_evidence_on_the_first_day_of_the_window_still_does(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-06-30",
        roster={"benefit": "employee_pension"},
        **ANNOUNCED,
        valid_until="2026-06-30",
    )


def test_a_renewal_of_less_than_thirty_days_long_before_the_end_changes_nothing(decides: Decides) -> None:
    early = {"benefit": "employee_pension", "last_certified_on": "2026-05-22"}
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-20",
        roster=early,
        renewed=False,
        valid_until="2027-05-22",
    )
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-21", roster=early, renewed=True, valid_until="2027-06-21"
    )


def test_a_benefit_due_within_ninety_days_is_renewed_however_little(decides: Decides) -> None:
    visit = "kind | happened_on\nhospital_stay | 2025-09-29"
    due = {"benefit": "employee_pension", "last_certified_on": "2025-09-28"}
    decides(visit, roster=due, renewed=True, valid_until="2026-09-29")
    later = {"benefit": "employee_pension", "last_certified_on": "2025-09-29"}
    decides(
        "kind | happened_on\nhospital_stay | 2025-09-30",
        roster=later,
        renewed=False,
        valid_until="2026-09-29",
    )


def test_a_certification_the_roster_brings_moves_it_in_silence(decides: Decides) -> None:
    last = decides(roster=PENSION)
    decides(
        roster=PENSION | {"last_certified_on": "2026-06-25", "last_method": "counter"},
        last=last,
        renewed=False,
        certified_by="roster",
        valid_until="2027-06-25",
    )


def test_a_certification_of_the_roster_after_the_as_of_date_is_not_seen_yet(decides: Decides) -> None:
    decides(roster=PENSION | {"last_certified_on": "2026-07-01"}, decision="uncovered", certified_on=None)


def test_the_same_evidence_again_renews_nothing(decides: Decides) -> None:
    visit = "kind | happened_on\nhospital_stay | 2026-06-20"
    last = decides(visit, roster=PENSION, renewed=True)
    decides(visit, roster=PENSION, last=last, renewed=False, valid_until="2027-06-20")


def test_withdrawn_evidence_takes_the_renewal_back_to_what_is_live(decides: Decides) -> None:
    last = decides("kind | happened_on\nhospital_stay | 2026-06-20", roster=PENSION, renewed=True)
    decides(
        roster=PENSION,
        last=last,
        withdrawn=True,
        certified_by="roster",
        certified_on="2025-08-01",
        valid_until="2026-08-01",
    )


def test_older_evidence_that_still_lives_is_what_is_restored(decides: Decides) -> None:
    older = "kind | happened_on\nhospital_stay | 2026-06-10"
    last = decides(older + "\nmarriage | 2026-06-20", roster=PENSION, certified_on="2026-06-20")
    decides(older, roster=PENSION, last=last, withdrawn=True, renewed=False, certified_on="2026-06-10")


def test_withdrawing_what_nothing_rested_on_changes_nothing(decides: Decides) -> None:
    newer = "kind | happened_on\nhospital_stay | 2026-06-20"
    last = decides(newer + "\nmarriage | 2026-06-10", roster=PENSION)
    decides(newer, roster=PENSION, last=last, withdrawn=False, certified_on="2026-06-20")


def test_a_renewal_that_comes_back_in_the_roster_does_not_outlive_its_evidence(decides: Decides) -> None:
    last = decides("kind | happened_on\nhospital_stay | 2026-06-20", roster=PENSION, renewed=True)
    echo = PENSION | NO_CHANNEL | {"last_certified_on": "2026-06-20"}
    restored = decides(roster=echo, last=last, withdrawn=True, certified_on="2025-08-01")
    decides(roster=echo, last=restored, renewed=False, withdrawn=False, certified_on="2025-08-01")


def test_a_certification_at_the_counter_on_that_day_does(decides: Decides) -> None:
    last = decides("kind | happened_on\nhospital_stay | 2026-06-20", roster=PENSION, renewed=True)
    counter = PENSION | {"last_certified_on": "2026-06-20", "last_method": "counter"}
    decides(roster=counter, last=last, withdrawn=False, certified_on="2026-06-20")
