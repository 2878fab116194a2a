"""POLICY 5, notice 二（六）: who is reminded that a certification ends soon, once per threshold and cycle."""

import pytest

from gateway.decide.compared import Gaps
from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension"}
IN_60_DAYS = PENSION | {"last_certified_on": "2025-08-29"}
IN_15_DAYS = PENSION | {"last_certified_on": "2025-07-15"}
LATER = "2026-08-15"
VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"


def test_the_thresholds_are_sixty_and_fifteen_days(policy: Policy) -> None:
    assert policy.notices.due_within_days.value == [60, 15]


@pytest.mark.parametrize(
    ("last_certified_on", "threshold", "events"),
    [
        ("2025-08-30", None, []),
        ("2025-08-29", 60, ["certification.due"]),
        ("2025-07-16", 60, ["certification.due"]),
        ("2025-07-15", 15, ["certification.due"]),
        ("2025-06-30", 15, ["certification.due"]),
    ],
    ids=["61 days", "60 days", "16 days", "15 days", "the last day"],
)
def test_a_certification_that_ends_within_a_threshold_is_due_at_the_tightest(
    decides: Decides, last_certified_on: str, threshold: int | None, events: list[str]
) -> None:
    decides(
        roster=PENSION | {"last_certified_on": last_certified_on},
        decision="certified",
        notice_days=threshold,
        events=events,
    )


def test_the_notice_says_within_how_many_days(decides: Decides) -> None:
    decides(
        roster=IN_15_DAYS,
        events=["certification.due"],
        says={"within_days": 15, "valid_until": "2026-07-15", "notify": True},
    )


def test_each_threshold_is_told_once(decides: Decides) -> None:
    last = decides(roster=IN_60_DAYS, events=["certification.due"])
    last = decides(roster=IN_60_DAYS, last=last, due=False, changed=False, events=[])
    last = decides(
        roster=IN_60_DAYS,
        last=last,
        as_of=LATER,
        notice_days=15,
        events=["certification.due"],
        says={"within_days": 15},
    )
    decides(roster=IN_60_DAYS, last=last, as_of=LATER, changed=False, events=[])


def test_newer_evidence_renews_and_no_notice_is_sent(decides: Decides) -> None:
    decides(VISIT, roster=IN_15_DAYS, due=False, events=["certification.renewed"])


def test_nor_is_one_where_that_evidence_only_waits_for_a_comparison(decides: Decides) -> None:
    decides(
        VISIT,
        roster=IN_15_DAYS,
        gaps=Gaps(uncompared=("cremations",)),
        decision="uncompared",
        due=False,
        events=[],
    )


def test_nor_where_the_roster_brings_a_newer_certification_meanwhile(decides: Decides) -> None:
    last = decides(roster=PENSION | {"last_certified_on": "2025-09-15"}, events=[])
    decides(
        roster=PENSION | {"last_certified_on": "2026-06-25", "last_method": "counter"},
        last=last,
        gaps=Gaps(uncompared=("cremations",)),
        as_of=LATER,
        decision="uncompared",
        valid_until="2027-06-25",
        due=False,
        events=[],
    )


def test_after_a_renewal_that_was_taken_back_the_reminder_is_given_again(decides: Decides) -> None:
    visit = "kind | happened_on\nhospital_stay | 2026-06-20"
    last = decides(roster=IN_15_DAYS, events=["certification.due"])
    last = decides(visit, roster=IN_15_DAYS, last=last, events=["certification.renewed"])
    decides(roster=IN_15_DAYS, last=last, events=["evidence.withdrawn", "certification.due"])


def test_another_valid_until_is_another_cycle_with_notices_of_its_own(decides: Decides) -> None:
    last = decides(roster=IN_15_DAYS, notice_for="2026-07-15", events=["certification.due"])
    decides(
        roster=IN_60_DAYS | {"last_method": "counter"},
        last=last,
        notice_for="2026-08-29",
        events=["certification.due"],
        says={"within_days": 60},
    )


@pytest.mark.parametrize(
    ("records", "event"),
    [
        ("kind | basis | happened_on\ndeath | cremation | 2026-06-01", "eligibility.suspected"),
        (
            "kind | basis | happened_on\ndeath | cremation | 2026-05-01\nmarriage | | 2026-06-20",
            "certification.conflict.found",
        ),
    ],
    ids=["suspected", "conflicting"],
)
def test_nobody_is_reminded_while_suspected_or_conflicting(
    decides: Decides, records: str, event: str
) -> None:
    decides(records, roster=IN_15_DAYS, due=False, events=[event])


@pytest.mark.parametrize(
    ("status", "events"),
    [
        ("paying", ["certification.due"]),
        ("suspended", ["certification.due"]),
        (None, ["certification.due"]),
        ("stopped_after_verification", []),
        ("terminated", []),
    ],
)
def test_a_benefit_that_was_stopped_for_good_is_not_reminded(
    decides: Decides, status: str | None, events: list[str]
) -> None:
    decides(roster=IN_15_DAYS | {"payment_status": status}, events=events)
