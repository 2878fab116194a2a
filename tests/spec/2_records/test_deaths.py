"""POLICY 2: which deaths are first-hand, which are echoes, and on which day a death can have been."""

import pytest

from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
ALONE = {"decision": "suspected", "reason": "death", "confidence": "single_source"}
TWICE = {"decision": "suspected", "reason": "death", "confidence": "corroborated"}
FIRST_HAND = [
    "medical_certificate",
    "died_in_hospital",
    "cremation",
    "died_in_custody",
    "declared_by_court",
    "community_report",
]
ECHO = ["register_cancelled", "insurance_terminated"]


def test_a_death_is_first_hand_or_an_echo(policy: Policy) -> None:
    assert (policy.death.first_hand.value, policy.death.echo.value) == (FIRST_HAND, ECHO)


@pytest.mark.parametrize("basis", [*FIRST_HAND, *ECHO])
def test_one_reported_death_of_any_basis_is_suspected_on_a_single_source(
    decides: Decides, basis: str
) -> None:
    decides(
        f"kind | basis | happened_on\ndeath | {basis} | 2026-05-01",
        roster=PENSION,
        **ALONE,
        causes=["death"],
        holds=["death"],
        valid_until="2027-03-01",
        events=["eligibility.suspected"],
        opens=["death"],
    )


def test_a_death_of_an_unknown_day_counts_from_the_latest_it_can_have(decides: Decides) -> None:
    bounded = "kind | basis | latest\ndeath | cremation | {}"
    decides(bounded.format("2026-06-30"), roster=PENSION, **ALONE)
    decides(bounded.format("2026-07-01"), roster=PENSION, decision="certified", events=[])


def test_a_reported_range_counts_from_its_latest_day(decides: Decides) -> None:
    decides(
        """
        kind  | basis             | earliest   | latest
        death | declared_by_court | 2026-01-01 | 2026-06-30
        """,
        roster=PENSION,
        **ALONE,
        disputed_from=None,
    )


@pytest.mark.parametrize(
    "basis", ["died_in_hospital", "cremation", "died_in_custody", "declared_by_court", "community_report"]
)
def test_two_first_hand_deaths_of_different_departments_corroborate(decides: Decides, basis: str) -> None:
    decides(
        f"""
        kind  | department | basis               | happened_on | certificate
        death | health     | medical_certificate | 2026-05-01  | c1
        death | another    | {basis}             | 2026-05-01  | c2
        """,
        roster=PENSION,
        **TWICE,
        disputed_from=None,
        rests_on_voided=False,
    )


def test_two_first_hand_deaths_of_one_department_do_not(decides: Decides) -> None:
    decides(
        """
        kind  | department | basis               | happened_on | certificate
        death | health     | medical_certificate | 2026-05-01  | c1
        death | health     | died_in_hospital    | 2026-05-01  |
        """,
        roster=PENSION,
        **ALONE,
    )


def test_an_echo_never_adds_an_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department        | basis                | happened_on
        death | health            | medical_certificate  | 2026-05-01
        death | police            | register_cancelled   | 2026-05-01
        death | medical_insurance | insurance_terminated | 2026-05-01
        """,
        roster=PENSION,
        **ALONE,
    )


def test_three_departments_that_repeat_one_certificate_are_one_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate | derived_from
        death | health        | medical_certificate | 2026-05-01  | c1          |
        death | civil_affairs | cremation           | 2026-05-01  | c2          | c1
        death | police        | register_cancelled  | 2026-05-01  |             | c1
        """,
        roster=PENSION,
        **ALONE,
    )


def test_two_deaths_with_the_same_certificate_number_are_one_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department | basis               | happened_on | certificate
        death | health     | medical_certificate | 2026-05-01  | c1
        death | justice    | died_in_custody     | 2026-05-01  | c1
        """,
        roster=PENSION,
        **ALONE,
    )


def test_two_deaths_that_rest_on_one_missing_certificate_are_one_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis           | happened_on | derived_from
        death | justice       | died_in_custody | 2026-05-01  | c1
        death | civil_affairs | cremation       | 2026-05-01  | c1
        """,
        roster=PENSION,
        **ALONE,
    )


def test_a_chain_of_certificates_is_followed_to_its_end(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate | derived_from
        death | health        | medical_certificate | 2026-05-01  | c1          |
        death | police        | register_cancelled  | 2026-05-01  | c2          | c1
        death | police        | register_cancelled  | 2026-05-01  | c3          | c2
        death | civil_affairs | cremation           | 2026-05-01  |             | c3
        """,
        roster=PENSION,
        **ALONE,
    )


def test_a_third_independent_origin_corroborates_beside_a_derived_one(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate | derived_from
        death | health        | medical_certificate | 2026-05-01  | c1          |
        death | civil_affairs | cremation           | 2026-05-01  | c2          | c1
        death | courts        | declared_by_court   | 2026-05-01  |             |
        """,
        roster=PENSION,
        **TWICE,
    )


def test_deaths_without_any_certificate_number_share_none(decides: Decides) -> None:
    decides(
        """
        kind  | department | basis             | happened_on
        death | justice    | died_in_custody   | 2026-05-01
        death | courts     | declared_by_court | 2026-05-01
        """,
        roster=PENSION,
        **TWICE,
    )


def test_a_death_that_has_not_happened_yet_corroborates_nothing(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate
        death | health        | medical_certificate | 2026-05-01  | c1
        death | civil_affairs | cremation           | 2026-07-01  | c2
        """,
        roster=PENSION,
        **ALONE,
    )


def test_and_the_end_may_be_far(decides: Decides) -> None:
    links = "\n".join(
        f"death | police | register_cancelled | 2026-05-01 | c{number} | c{number + 1}"
        for number in range(1, 12)
    )
    decides(
        f"""
        kind  | department    | basis               | happened_on | certificate | derived_from
        death | civil_affairs | cremation           | 2026-05-01  |             | c1
        death | health        | medical_certificate | 2026-05-01  | c12         |
        {links}
        """,
        roster=PENSION,
        confidence="single_source",
    )
