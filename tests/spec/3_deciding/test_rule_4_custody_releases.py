"""POLICY 3.4: a release ends every custody begun before it, in any department; moving to prison does not."""

import pytest

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
SERVING = {"decision": "suspected", "reason": "sentence", "holds": ["custody"]}
FREE: dict[str, object] = {"decision": "certified", "reason": None, "causes": [], "holds": []}


@pytest.mark.parametrize("released_to", ["outside", "unknown", "death", ""])
def test_a_real_end_ends_its_own_custody_even_on_its_first_day(decides: Decides, released_to: str) -> None:
    decides(
        f"""
        kind    | basis     | began_on   | released_on | released_to
        custody | detention | 2026-02-01 | 2026-02-01  | {released_to}
        """,
        roster=PENSION,
        **FREE,
    )


def test_a_release_after_the_as_of_date_ends_nothing_yet(decides: Decides) -> None:
    decides(
        """
        kind    | basis    | began_on   | released_on | released_to
        custody | sentence | 2026-02-01 | 2026-07-01  | outside
        """,
        roster=PENSION,
        **SERVING,
    )


def test_a_move_to_prison_ends_no_custody(decides: Decides) -> None:
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
        certified_on="2026-03-01",
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


def test_a_release_of_a_dataset_without_names_ends_custody_and_certifies_nothing(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis    | began_on   | happened_on | identity
        custody | courts     | sentence | 2025-04-01 |             | match
        release | justice    |          |            | 2026-03-01  | unchecked
        """,
        roster=PENSION,
        **FREE,
        certified_on="2026-01-15",
    )


def test_a_release_clears_the_suspicion_at_once_and_the_hold_stays(decides: Decides) -> None:
    sentence = "kind | basis | began_on | happened_on\ncustody | sentence | 2026-02-01 |"
    last = decides(sentence, roster=PENSION, **SERVING)
    decides(
        sentence + "\nrelease | | | 2026-06-20",
        roster=PENSION,
        last=last,
        ledger={"held": ["custody"]},
        decision="uncovered",
        reason=None,
        causes=[],
        holds=["custody"],
        certified_on="2026-01-15",
        events=["eligibility.suspicion.cleared"],
        says={"reason": "sentence", "replaces": last.events[0].event_id},
    )
