"""POLICY 3.1: each cause is decided by itself, and a benefit takes the first of them in their order."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
SURVIVOR = {
    "benefit": "survivor_allowance",
    "last_certified_on": "2026-01-15",
    "started_on": "2020-01-01",
    "spouse_survivor": True,
}


def test_a_suspected_death_comes_before_an_absence_and_a_custody(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis              | happened_on | began_on
        death   | police     | register_cancelled | 2026-05-01  |
        absence | courts     |                    | 2026-05-10  |
        custody | justice    | sentence           |             | 2026-02-01
        """,
        roster=PENSION,
        decision="suspected",
        reason="death",
        causes=["absence", "custody", "death"],
        holds=["custody", "death"],
        opens=["absence", "custody", "death"],
        events=["eligibility.suspected"],
    )


def test_a_contradicted_death_comes_before_an_absence(decides: Decides) -> None:
    decides(
        """
        kind            | basis     | happened_on
        death           | cremation | 2026-05-01
        border_crossing |           | 2026-05-20
        absence         |           | 2026-06-01
        """,
        roster=PENSION,
        decision="conflicting",
        reason="death",
        causes=["absence", "death"],
        events=["certification.conflict.found"],
    )


def test_a_contradicted_death_comes_before_a_custody_that_is_suspected(decides: Decides) -> None:
    decides(
        """
        kind            | basis     | happened_on | began_on
        death           | cremation | 2026-05-01  |
        border_crossing |           | 2026-05-20  |
        custody         | sentence  |             | 2026-06-01
        """,
        roster=PENSION,
        decision="conflicting",
        reason="death",
        causes=["custody", "death"],
    )


def test_an_absence_comes_before_a_custody(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | happened_on | began_on
        absence |          | 2026-05-10  |
        custody | sentence |             | 2026-02-01
        """,
        roster=PENSION,
        decision="suspected",
        reason="absence",
        causes=["absence", "custody"],
        holds=["custody"],
    )


def test_a_custody_comes_before_the_other_grounds(decides: Decides) -> None:
    decides(
        """
        kind     | basis    | happened_on | began_on
        enlisted |          | 2026-05-10  |
        custody  | sentence |             | 2026-06-01
        """,
        roster=SURVIVOR,
        decision="suspected",
        reason="sentence",
        causes=["custody", "enlisted"],
    )


def test_even_a_contradicted_custody_comes_before_them(decides: Decides) -> None:
    decides(
        """
        kind     | department    | basis    | happened_on | began_on
        custody  | justice       | sentence |             | 2026-02-01
        marriage | civil_affairs |          | 2026-05-10  |
        """,
        roster=SURVIVOR,
        decision="conflicting",
        reason="sentence",
        causes=["custody", "remarriage"],
    )


def test_another_ground_comes_before_a_certification(decides: Decides) -> None:
    decides(
        """
        kind     | department    | happened_on
        marriage | civil_affairs | 2026-06-10
        """,
        roster=SURVIVOR,
        decision="suspected",
        reason="remarriage",
        certified_on="2026-01-15",
        events=["eligibility.suspected"],
    )


def test_a_cause_not_taken_is_taken_when_the_first_one_ends(decides: Decides) -> None:
    custody = "kind | basis | happened_on | began_on\ncustody | sentence | | 2026-02-01"
    last = decides(custody + "\ndeath | cremation | 2026-05-01 |", roster=PENSION, reason="death")
    decides(
        custody,
        roster=PENSION,
        last=last,
        ledger={"held": ["custody", "death"]},
        decision="suspected",
        reason="sentence",
        holds=["custody", "death"],
        events=["eligibility.suspected"],
        says={"reason": "sentence", "replaces": last.events[0].event_id},
    )
