"""POLICY 3.2: a death is suspected, or in conflict with later evidence of life; dates may be disputed."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
SUSPECTED = {"decision": "suspected", "reason": "death", "likely_alive": False}
CONFLICTING = {"decision": "conflicting", "reason": "death"}


def test_evidence_of_life_up_to_three_days_after_the_death_leaves_it_suspected(decides: Decides) -> None:
    decides(
        """
        kind            | basis     | happened_on
        death           | cremation | 2026-05-01
        border_crossing |           | 2026-05-04
        """,
        roster=PENSION,
        **SUSPECTED,
        certified_on="2026-03-01",
        renewed=False,
        events=["eligibility.suspected"],
    )


def test_evidence_of_life_on_the_fourth_day_is_a_conflict(decides: Decides) -> None:
    decides(
        """
        kind            | basis     | happened_on
        death           | cremation | 2026-05-01
        border_crossing |           | 2026-05-05
        """,
        roster=PENSION,
        **CONFLICTING,
        confidence="single_source",
        likely_alive=False,
        causes=["death"],
        holds=["death"],
        certified_on="2026-03-01",
        renewed=False,
        events=["certification.conflict.found"],
        opens=["death"],
    )


def test_the_department_that_reported_the_death_may_contradict_itself(decides: Decides) -> None:
    decides(
        """
        kind             | department | basis               | happened_on
        death            | health     | medical_certificate | 2026-05-01
        outpatient_visit | health     |                     | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
    )


@pytest.mark.parametrize(
    "life",
    [
        "settlement    | weak   | match     | 2026-05-20",
        "hospital_stay | strong | doubt     | 2026-05-20",
        "hospital_stay | strong | unchecked | 2026-05-20",
        "welfare_payment |      | match     | 2026-05-20",
        "hospital_stay | strong | match     | 2026-07-01",
    ],
    ids=["weak", "another name", "no name", "neutral", "not yet"],
)
def test_what_does_not_contradict_a_death(decides: Decides, life: str) -> None:
    decides(
        f"""
        kind  | strength | identity | happened_on | basis
        death |          | match    | 2026-05-01  | cremation
        {life} |
        """,
        roster=PENSION,
        **SUSPECTED,
    )


def test_the_days_of_grace_begin_after_the_latest_day_the_death_can_have(decides: Decides) -> None:
    bounded = """
        kind          | basis             | earliest   | latest     | happened_on
        death         | declared_by_court | 2026-04-01 | 2026-05-10 |
        hospital_stay |                   |            |            | {}
        """
    decides(bounded.format("2026-05-13"), roster=PENSION, **SUSPECTED)
    decides(bounded.format("2026-05-14"), roster=PENSION, **CONFLICTING)


def test_a_day_that_a_report_gives_exactly_narrows_the_bound_of_another(decides: Decides) -> None:
    decides(
        """
        kind          | department    | basis               | latest     | happened_on
        death         | health        | medical_certificate |            | 2026-05-01
        death         | civil_affairs | cremation           | 2026-05-10 |
        hospital_stay | health        |                     |            | 2026-05-05
        """,
        roster=PENSION,
        **CONFLICTING,
        disputed_from=None,
    )


def test_deaths_on_different_days_are_one_suspicion_with_disputed_dates(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | certificate
        death | health        | medical_certificate | 2026-05-01  | c1
        death | civil_affairs | cremation           | 2026-05-09  | c2
        """,
        roster=PENSION,
        **SUSPECTED,
        confidence="corroborated",
        disputed_from="2026-05-01",
        disputed_until="2026-05-09",
        events=["eligibility.suspected"],
        says={"date_disputed": ["2026-05-01", "2026-05-09"]},
    )


def test_a_bound_that_the_day_of_death_keeps_is_no_dispute(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | latest
        death | health        | medical_certificate | 2026-05-01  | 2026-05-01
        death | civil_affairs | cremation           |             | 2026-05-04
        """,
        roster=PENSION,
        **SUSPECTED,
        disputed_from=None,
        says={"date_disputed": None},
    )


def test_a_bound_before_the_day_of_death_is_a_dispute(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis               | happened_on | latest
        death | health        | medical_certificate | 2026-05-08  |
        death | civil_affairs | cremation           |             | 2026-05-04
        """,
        roster=PENSION,
        **SUSPECTED,
        disputed_from="2026-05-04",
        disputed_until="2026-05-08",
    )


def test_of_disputed_days_the_newest_is_the_latest_the_death_can_have(decides: Decides) -> None:
    disputed = """
        kind          | department    | basis               | happened_on
        death         | health        | medical_certificate | 2026-05-01
        death         | civil_affairs | cremation           | 2026-05-09
        hospital_stay | health        |                     | {}
        """
    decides(disputed.format("2026-05-12"), roster=PENSION, **SUSPECTED)
    decides(disputed.format("2026-05-13"), roster=PENSION, **CONFLICTING, disputed_until="2026-05-09")


@pytest.mark.parametrize(
    ("method", "likely_alive"),
    [
        ("self_service", False),
        ("employer", False),
        ("counter", True),
        ("home_visit", True),
        ("community", True),
        ("consulate", True),
    ],
)
def test_a_certification_elsewhere_after_the_death_is_a_conflict(
    decides: Decides, method: str, *, likely_alive: bool
) -> None:
    decides(
        f"""
        kind                    | department | basis     | happened_on
        death                   | health     | cremation | 2026-05-01
        certification_elsewhere | agency     | {method}  | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
        likely_alive=likely_alive,
        events=["certification.conflict.found"],
        says={"priority": "likely_alive" if likely_alive else None},
    )


@pytest.mark.parametrize(("method", "likely_alive"), [("self_service", False), ("counter", True)])
def test_so_is_one_that_only_the_roster_knows(decides: Decides, method: str, *, likely_alive: bool) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-05-01",
        roster=PENSION | {"last_certified_on": "2026-05-20", "last_method": method},
        **CONFLICTING,
        likely_alive=likely_alive,
    )


def test_a_certification_in_the_roster_of_no_channel_of_its_own_is_not(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-05-01",
        roster=PENSION | {"last_certified_on": "2026-05-20", "last_method": "data_matching"},
        **SUSPECTED,
    )


def test_somebody_seen_at_the_counter_within_the_days_of_grace_is_not_likely_alive(decides: Decides) -> None:
    decides(
        """
        kind                    | basis        | happened_on
        death                   | cremation    | 2026-05-01
        certification_elsewhere | counter      | 2026-05-04
        certification_elsewhere | self_service | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
        likely_alive=False,
    )


def test_two_origins_of_a_death_do_not_silence_the_evidence_against_it(decides: Decides) -> None:
    decides(
        """
        kind          | department | basis               | happened_on
        death         | health     | medical_certificate | 2026-05-01
        death         | courts     | declared_by_court   | 2026-05-01
        identity_card | police     |                     | 2026-05-20
        """,
        roster=PENSION,
        **CONFLICTING,
        confidence="corroborated",
        says={"confidence": "corroborated"},
    )


def test_a_suspected_death_becomes_a_conflict_when_life_is_seen_later(decides: Decides) -> None:
    death = "kind | basis | happened_on\ndeath | cremation | 2026-05-01"
    last = decides(death, roster=PENSION, **SUSPECTED)
    decides(
        death + "\nborder_crossing | | 2026-06-20",
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        **CONFLICTING,
        events=["certification.conflict.found"],
        says={"replaces": last.events[0].event_id},
    )


def test_a_conflict_becomes_a_suspicion_when_the_sign_of_life_is_withdrawn(decides: Decides) -> None:
    death = "kind | basis | happened_on\ndeath | cremation | 2026-05-01"
    last = decides(death + "\nborder_crossing | | 2026-06-20", roster=PENSION, **CONFLICTING)
    decides(
        death,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        **SUSPECTED,
        events=["eligibility.suspected"],
        says={"replaces": last.events[0].event_id},
    )


def test_a_bound_does_not_move_the_latest_day_that_two_reports_give(decides: Decides) -> None:
    decides(
        """
        kind            | department        | basis                | happened_on | latest
        death           | health            | medical_certificate  | 2026-05-01  |
        death           | civil_affairs     | cremation            | 2026-05-05  |
        death           | medical_insurance | insurance_terminated |             | 2026-06-20
        border_crossing | police            |                      | 2026-06-01  |
        """,
        roster=PENSION,
        **CONFLICTING,
        disputed_from="2026-05-01",
        disputed_until="2026-05-05",
    )
