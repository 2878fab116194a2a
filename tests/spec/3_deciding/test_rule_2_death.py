"""POLICY 3.2 and 2: a death makes a suspicion; two independent first-hand deaths corroborate it."""

from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
ALONE = {"decision": "suspected", "reason": "death", "confidence": "single_source"}
TWICE = {"decision": "suspected", "reason": "death", "confidence": "corroborated"}


def test_one_reported_death_is_suspected_on_a_single_source(decides: Decides) -> None:
    decides(
        """
        kind  | department | basis               | happened_on
        death | health     | medical_certificate | 2026-05-01
        """,
        roster=PENSION,
        **ALONE,
        causes=["death"],
        holds=["death"],
        valid_until="2027-03-01",
    )


def test_every_benefit_knows_death_as_a_ground(decides: Decides, policy: Policy) -> None:
    for benefit in policy.benefits:
        decides(
            "kind | basis | happened_on\ndeath | insurance_terminated | 2026-05-01",
            roster={"benefit": benefit},
            **ALONE,
        )


def test_a_death_after_the_as_of_date_has_not_happened_yet(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-07-01",
        roster=PENSION,
        decision="certified",
        holds=[],
    )


def test_a_death_that_is_only_bounded_counts_from_its_latest_day(decides: Decides) -> None:
    bounded = "kind | basis | latest\ndeath | cremation | 2026-06-30"
    decides(bounded, roster=PENSION, as_of="2026-06-30", **ALONE)
    decides(bounded, roster=PENSION, as_of="2026-06-29", decision="certified")


def test_two_first_hand_deaths_of_different_departments_corroborate(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate
        death | health        | medical_certificate | 2026-05-01  | c1
        death | civil_affairs | cremation           | 2026-05-01  | c2
        """,
        roster=PENSION,
        **TWICE,
        disputed_from=None,
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


def test_one_certificate_reported_twice_is_one_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate | derived_from
        death | health        | medical_certificate | 2026-05-01  | c1          |
        death | civil_affairs | cremation           | 2026-05-01  | c2          | c1
        """,
        roster=PENSION,
        **ALONE,
    )


def test_two_deaths_that_rest_on_one_missing_certificate_are_one_origin(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis             | happened_on | derived_from
        death | justice       | died_in_custody   | 2026-05-01  | c1
        death | civil_affairs | cremation         | 2026-05-01  | c1
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


def test_a_death_without_a_checked_name_is_single_source_at_most(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | identity  | happened_on
        death | health        | medical_certificate | match     | 2026-05-01
        death | civil_affairs | cremation           | unchecked | 2026-05-01
        """,
        roster=PENSION,
        **ALONE,
    )


def test_a_death_under_a_differing_name_holds_and_is_no_suspicion(decides: Decides) -> None:
    decides(
        """
        kind  | department | basis               | identity | happened_on
        death | health     | medical_certificate | doubt    | 2026-05-01
        """,
        roster=PENSION,
        decision="uncovered",
        reason=None,
        causes=["identity_doubt"],
        holds=["identity_doubt"],
    )


def test_deaths_on_different_days_are_one_suspicion_with_disputed_dates(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate
        death | health        | medical_certificate | 2026-05-01  | c1
        death | civil_affairs | cremation           | 2026-05-09  | c2
        """,
        roster=PENSION,
        **TWICE,
        disputed_from="2026-05-01",
        disputed_until="2026-05-09",
    )


def test_a_bound_that_the_day_of_death_keeps_is_no_dispute(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | latest
        death | health        | medical_certificate | 2026-05-01  | 2026-05-01
        death | civil_affairs | cremation           |             | 2026-05-04
        """,
        roster=PENSION,
        **TWICE,
        disputed_from=None,
    )


def test_a_bound_before_the_day_of_death_is_a_dispute(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | latest
        death | health        | medical_certificate | 2026-05-08  |
        death | civil_affairs | cremation           |             | 2026-05-04
        """,
        roster=PENSION,
        disputed_from="2026-05-04",
        disputed_until="2026-05-08",
    )


def test_death_comes_before_custody_and_both_hold(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis              | happened_on | began_on
        death   | police     | register_cancelled | 2026-05-01  |
        custody | justice    | sentence           |             | 2026-02-01
        """,
        roster=PENSION,
        **ALONE,
        causes=["custody", "death"],
        holds=["custody", "death"],
    )
