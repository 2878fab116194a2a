"""POLICY 3.4: custody that is open on the as-of date makes a suspicion; what ends it, ends it everywhere."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
SERVING = {"decision": "suspected", "reason": "sentence", "confidence": "single_source", "holds": ["custody"]}
FREE: dict[str, object] = {"decision": "certified", "reason": None, "causes": [], "holds": []}


def test_an_open_sentence_is_suspected(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis    | began_on   | ends_on
        custody | justice    | sentence | 2026-02-01 | 2027-02-01
        """,
        roster=PENSION,
        **SERVING,
        release_unconfirmed=False,
    )


def test_a_custody_that_begins_after_the_as_of_date_is_a_plan(decides: Decides) -> None:
    decides(
        "kind | basis | began_on\ncustody | sentence | 2026-07-01",
        roster=PENSION,
        **FREE,
    )


def test_detention_and_sentence_are_one_cause_whose_reason_is_the_sentence(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on
        custody | police     | detention | 2026-02-01
        custody | courts     | sentence  | 2026-04-01
        """,
        roster=PENSION,
        **SERVING,
        causes=["custody"],
    )


def test_a_release_the_same_row_names_ends_its_custody_even_on_its_first_day(decides: Decides) -> None:
    decides(
        """
        kind    | basis     | began_on   | released_on | released_to
        custody | detention | 2026-02-01 | 2026-02-01  | outside
        """,
        roster=PENSION,
        **FREE,
    )


def test_an_end_of_unknown_way_ends_custody(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | began_on   | released_on | released_to
        custody | sentence | 2026-02-01 | 2026-05-01  |
        custody | sentence | 2026-02-01 | 2026-05-01  | unknown
        """,
        roster=PENSION,
        **FREE,
    )


def test_a_planned_release_after_the_as_of_date_ends_nothing_yet(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | began_on   | released_on | released_to
        custody | sentence | 2026-02-01 | 2026-07-01  | outside
        """,
        roster=PENSION,
        **SERVING,
    )


def test_moved_to_prison_does_not_end_a_detention(decides: Decides) -> None:
    decides(
        """
        kind    | basis     | began_on   | released_on | released_to
        custody | detention | 2026-02-01 | 2026-04-01  | prison
        """,
        roster=PENSION,
        decision="suspected",
        reason="detention",
    )


def test_a_release_ends_every_custody_begun_before_it_in_any_department(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on   | released_on | released_to | happened_on
        custody | police     | detention | 2025-02-01 | 2025-04-01  | prison      |
        custody | courts     | sentence  | 2025-04-01 |             |             |
        release | justice    |           |            |             |             | 2026-03-01
        """,
        roster=PENSION,
        **FREE,
    )


def test_the_real_end_of_one_custody_ends_the_others_begun_before(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on   | released_on | released_to
        custody | courts     | sentence  | 2025-04-01 |             |
        custody | justice    | sentence  | 2025-05-01 | 2026-03-01  | outside
        """,
        roster=PENSION,
        **FREE,
    )


def test_a_check_in_with_the_correction_office_ends_custody(decides: Decides) -> None:
    decides(
        """
        kind                 | department | basis    | began_on   | happened_on
        custody              | courts     | sentence | 2025-04-01 |
        community_correction | justice    |          |            | 2026-03-01
        """,
        roster=PENSION,
        **FREE,
    )


def test_a_release_does_not_end_a_custody_begun_on_that_day_or_later(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis    | began_on   | happened_on
        release | justice    |          |            | 2026-03-01
        custody | justice    | sentence | 2026-03-01 |
        """,
        roster=PENSION,
        **SERVING,
    )


def test_a_release_under_a_differing_name_ends_nothing(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis    | began_on   | happened_on | identity
        custody | courts     | sentence | 2025-04-01 |             | match
        release | justice    |          |            | 2026-03-01  | doubt
        """,
        roster=PENSION,
        **SERVING,
    )


def test_a_planned_end_on_the_as_of_date_has_not_passed(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | ends_on\ncustody | sentence | 2025-02-01 | 2026-06-30",
        roster=PENSION,
        **SERVING,
        release_unconfirmed=False,
    )


def test_a_planned_end_that_passed_without_a_release_is_unconfirmed(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | ends_on\ncustody | sentence | 2025-02-01 | 2026-05-01",
        roster=PENSION,
        **SERVING,
        release_unconfirmed=True,
    )


def test_a_planned_end_before_the_last_certification_is_history(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | ends_on\ncustody | sentence | 2024-02-01 | 2026-01-15",
        roster=PENSION,
        **FREE,
    )


def test_a_planned_end_with_strong_evidence_after_it_is_history(decides: Decides) -> None:
    decides(
        """
        kind             | basis    | began_on   | ends_on    | happened_on
        custody          | sentence | 2025-02-01 | 2026-05-01 |
        outpatient_visit |          |            |            | 2026-05-20
        """,
        roster=PENSION,
        **FREE,
    )


def test_weak_evidence_after_a_planned_end_does_not_make_it_history(decides: Decides) -> None:
    decides(
        """
        kind             | basis    | began_on   | ends_on    | happened_on | strength
        custody          | sentence | 2025-02-01 | 2026-05-01 |             |
        outpatient_visit |          |            |            | 2026-05-20  | weak
        """,
        roster=PENSION,
        **SERVING,
        release_unconfirmed=True,
    )


@pytest.mark.parametrize(
    ("benefit", "basis", "decision"),
    [
        ("employee_pension", "detention", "suspected"),
        ("institution_pension", "detention", "suspected"),
        ("resident_pension", "detention", "suspected"),
        ("injury_long_term", "detention", "certified"),
        ("survivor_allowance", "detention", "certified"),
        ("unemployment_benefit", "detention", "uncovered"),
        ("survivor_allowance", "sentence", "suspected"),
        ("unemployment_benefit", "sentence", "suspected"),
    ],
)
def test_the_grounds_of_each_benefit(decides: Decides, benefit: str, basis: str, decision: str) -> None:
    decides(
        f"kind | basis | began_on\ncustody | {basis} | 2026-06-01",
        roster={"benefit": benefit, "last_certified_on": "2026-05-01"},
        decision=decision,
    )


def test_a_sentence_only_holds_the_long_term_benefit_of_an_injury(decides: Decides) -> None:
    decides(
        "kind | basis | began_on\ncustody | sentence | 2026-06-01",
        roster={"benefit": "injury_long_term", "last_certified_on": "2026-05-01"},
        decision="uncovered",
        reason=None,
        confidence=None,
        causes=["custody"],
        holds=["custody"],
    )


def test_a_custody_under_a_differing_name_holds_while_it_is_open(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | identity\ncustody | sentence | 2026-06-01 | doubt",
        roster=PENSION,
        decision="uncovered",
        holds=["identity_doubt"],
    )


def test_a_custody_under_a_differing_name_that_ended_holds_nothing(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | began_on   | identity | released_on
        custody | sentence | 2026-02-01 | doubt    | 2026-04-01
        """,
        roster=PENSION,
        **FREE,
    )


def test_a_custody_without_a_checked_name_is_suspected(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | identity\ncustody | sentence | 2026-06-01 | unchecked",
        roster=PENSION,
        **SERVING,
    )
