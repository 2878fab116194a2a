"""POLICY 2: what was derived from a certificate that is voided stands, alone, and says what it rests on."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-01"}
ALONE = {"decision": "suspected", "reason": "death", "confidence": "single_source"}


def test_a_record_derived_from_a_voided_certificate_stands_on_a_single_source(decides: Decides) -> None:
    decides(
        """
        kind               | department    | basis     | happened_on | certificate | derived_from
        voided_certificate | health        |           |             | c1          |
        death              | civil_affairs | cremation | 2026-05-01  | c2          | c1
        """,
        roster=PENSION,
        **ALONE,
        rests_on_voided=True,
        events=["eligibility.suspected"],
        says={"rests_on_voided": True},
    )


def test_it_corroborates_no_other_death(decides: Decides) -> None:
    decides(
        """
        kind               | department    | basis             | happened_on | certificate | derived_from
        voided_certificate | health        |                   |             | c1          |
        death              | civil_affairs | cremation         | 2026-05-01  | c2          | c1
        death              | courts        | declared_by_court | 2026-05-01  |             |
        """,
        roster=PENSION,
        **ALONE,
        rests_on_voided=True,
    )


def test_two_other_origins_still_corroborate(decides: Decides) -> None:
    decides(
        """
        kind               | department    | basis             | happened_on | certificate | derived_from
        voided_certificate | health        |                   |             | c1          |
        death              | civil_affairs | cremation         | 2026-05-01  | c2          | c1
        death              | courts        | declared_by_court | 2026-05-01  |             |
        death              | justice       | died_in_custody   | 2026-05-01  |             |
        """,
        roster=PENSION,
        decision="suspected",
        confidence="corroborated",
    )


def test_what_rests_on_it_through_others_rests_on_it_too(decides: Decides) -> None:
    decides(
        """
        kind               | department    | basis              | happened_on | certificate | derived_from
        voided_certificate | health        |                    |             | c1          |
        death              | police        | register_cancelled | 2026-05-01  | c2          | c1
        death              | civil_affairs | cremation          | 2026-05-01  |             | c2
        death              | courts        | declared_by_court  | 2026-05-01  |             |
        """,
        roster=PENSION,
        **ALONE,
        rests_on_voided=True,
    )


def test_a_voided_certificate_that_nothing_rests_on_decides_nothing(decides: Decides) -> None:
    decides(
        """
        kind               | department | certificate
        voided_certificate | health     | c1
        """,
        roster=PENSION,
        decision="certified",
        rests_on_voided=False,
        events=[],
    )


def test_a_death_of_its_own_beside_a_voided_certificate_does_not_rest_on_it(decides: Decides) -> None:
    decides(
        """
        kind               | department | basis             | happened_on | certificate
        voided_certificate | health     |                   |             | c1
        death              | courts     | declared_by_court | 2026-05-01  |
        """,
        roster=PENSION,
        **ALONE,
        rests_on_voided=False,
    )


def test_voiding_a_certificate_takes_back_the_corroboration_it_gave(decides: Decides) -> None:
    before = decides(
        """
        kind  | department    | basis               | happened_on | certificate | content
        death | health        | medical_certificate | 2026-05-01  | c1          | 1
        death | civil_affairs | cremation           | 2026-05-01  | c2          | 2
        death | courts        | declared_by_court   | 2026-05-01  |             | 3
        """,
        roster=PENSION,
        decision="suspected",
        confidence="corroborated",
    )
    decides(
        """
        kind               | department | basis             | happened_on | certificate | content
        voided_certificate | health     |                   |             | c1          | 4
        death              | courts     | declared_by_court | 2026-05-01  |             | 3
        """,
        roster=PENSION,
        last=before,
        ledger={"held": ["death"]},
        **ALONE,
        events=["eligibility.suspected"],
        says={"confidence": "single_source", "replaces": before.events[0].event_id},
    )
