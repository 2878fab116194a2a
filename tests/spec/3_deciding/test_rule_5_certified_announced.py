"""POLICY 3.5: a renewal is announced when it is worth telling; until then nothing changes."""

from gateway.policy import Policy
from tests.spec.manual import Decides

EARLY = {"benefit": "employee_pension", "last_certified_on": "2026-05-22"}


def test_thirty_days_more_or_due_within_ninety_is_worth_telling(policy: Policy) -> None:
    rules = policy.certification
    assert (rules.min_extension_days.value, rules.renew_when_due_within_days.value) == (30, 90)


def test_a_renewal_by_less_than_thirty_days_long_before_the_end_changes_nothing(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-20",
        roster=EARLY,
        certified_on="2026-05-22",
        valid_until="2027-05-22",
        events=[],
    )


def test_a_renewal_by_thirty_days_is_announced(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-21",
        roster=EARLY,
        valid_until="2027-06-21",
        events=["certification.renewed"],
    )


def test_a_benefit_due_within_ninety_days_is_renewed_however_little(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2025-09-29",
        roster={"benefit": "employee_pension", "last_certified_on": "2025-09-28"},
        valid_until="2026-09-29",
        events=["certification.renewed"],
    )
    decides(
        "kind | happened_on\nhospital_stay | 2025-09-30",
        roster={"benefit": "employee_pension", "last_certified_on": "2025-09-29"},
        valid_until="2026-09-29",
        events=[],
    )


def test_what_was_not_announced_adds_up_until_it_is(decides: Decides) -> None:
    visits = "kind | happened_on\nhospital_stay | 2026-06-05"
    last = decides(visits, roster=EARLY, certified_on="2026-05-22", events=[])
    decides(
        visits + "\nhospital_stay | 2026-06-25",
        roster=EARLY,
        last=last,
        certified_on="2026-06-25",
        events=["certification.renewed"],
    )


def test_the_extension_is_counted_from_what_was_announced_last(decides: Decides) -> None:
    first = "kind | happened_on\nhospital_stay | 2026-06-01"
    roster = {"benefit": "employee_pension", "last_certified_on": "2025-12-01"}
    last = decides(first, roster=roster, renewed=True)
    decides(
        first + "\nhospital_stay | 2026-06-25",
        roster=roster,
        last=last,
        certified_on="2026-06-01",
        events=[],
    )


def test_a_renewal_says_only_which_department_and_how_strong(decides: Decides) -> None:
    decides(
        """
        kind          | department | happened_on
        hospital_stay | health     | 2026-06-25
        """,
        roster=EARLY,
        events=["certification.renewed"],
        says={"evidence": [{"department": "health", "strength": "strong"}], "reason": None},
    )
