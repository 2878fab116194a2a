"""POLICY 3.4: custody that is open on the as-of date makes a suspicion; what ends it, ends it everywhere."""

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
        events=["eligibility.suspected"],
        opens=["custody"],
    )


def test_an_open_detention_is_suspected(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on
        custody | police     | detention | 2026-02-01
        """,
        roster=PENSION,
        decision="suspected",
        reason="detention",
        events=["eligibility.suspected"],
    )


def test_a_custody_that_begins_after_the_as_of_date_is_a_plan(decides: Decides) -> None:
    decides(
        "kind | basis | began_on\ncustody | sentence | 2026-07-01",
        roster=PENSION,
        **FREE,
        events=[],
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
        opens=["custody"],
        events=["eligibility.suspected"],
    )


def test_who_is_surely_inside_comes_before_a_sentence_whose_release_nobody_told(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on   | ends_on
        custody | justice    | sentence  | 2025-02-01 | 2026-03-01
        custody | police     | detention | 2026-05-01 |
        """,
        roster=PENSION,
        decision="suspected",
        reason="detention",
        release_unconfirmed=False,
        events=["eligibility.suspected"],
    )


def test_a_detention_that_becomes_a_sentence_is_told_again(decides: Decides) -> None:
    detained = "kind | department | basis | began_on\ncustody | police | detention | 2026-02-01"
    last = decides(detained, roster=PENSION, reason="detention")
    decides(
        detained + "\ncustody | courts | sentence | 2026-04-01",
        roster=PENSION,
        last=last,
        ledger={"held": ["custody"]},
        **SERVING,
        events=["eligibility.suspected"],
        says={"reason": "sentence", "replaces": last.events[0].event_id},
    )


def test_a_custody_without_a_checked_name_is_suspected(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | identity\ncustody | sentence | 2026-06-01 | unchecked",
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
        says={"release_unconfirmed": True},
    )


def test_one_that_is_still_open_beside_it_is_what_counts(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis     | began_on   | ends_on
        custody | police     | detention | 2026-02-01 | 2026-05-01
        custody | justice    | sentence  | 2026-05-01 | 2028-05-01
        """,
        roster=PENSION,
        **SERVING,
        release_unconfirmed=False,
    )


def test_a_planned_end_up_to_the_last_certification_is_history(decides: Decides) -> None:
    decides(
        "kind | basis | began_on | ends_on\ncustody | sentence | 2024-02-01 | 2026-01-15",
        roster=PENSION,
        **FREE,
        events=[],
    )


def test_a_benefit_granted_after_the_planned_end_was_looked_at_then(decides: Decides) -> None:
    served = "kind | basis | began_on | ends_on\ncustody | sentence | 2014-03-01 | 2016-03-01"
    never_certified = {"benefit": "employee_pension", "started_on": "2024-06-01"}
    decides(served, roster=never_certified, decision="uncovered", causes=[])
    decides(
        served, roster=never_certified | {"started_on": "2015-06-01"}, **SERVING, release_unconfirmed=True
    )


def test_so_is_a_judgment_ten_years_old(decides: Decides) -> None:
    decides(
        """
        kind    | department | basis    | began_on   | ends_on
        custody | courts     | sentence | 2014-03-01 | 2016-03-01
        """,
        roster=PENSION,
        **FREE,
        events=[],
    )


def test_a_planned_end_with_strong_evidence_after_it_is_history(decides: Decides) -> None:
    decides(
        """
        kind            | basis    | began_on   | ends_on    | happened_on
        custody         | sentence | 2025-02-01 | 2026-05-01 |
        border_crossing |          |            |            | 2026-05-20
        """,
        roster=PENSION,
        **FREE,
    )


def test_weak_evidence_after_a_planned_end_does_not_make_it_history(decides: Decides) -> None:
    decides(
        """
        kind       | basis    | began_on   | ends_on    | happened_on | strength
        custody    | sentence | 2025-02-01 | 2026-05-01 |             |
        settlement |          |            |            | 2026-05-20  | weak
        """,
        roster=PENSION,
        **SERVING,
        release_unconfirmed=True,
    )


def test_a_release_that_is_missing_holds_only_the_benefits_certified_before_it(decides: Decides) -> None:
    lapsed = "kind | basis | began_on | ends_on\ncustody | sentence | 2025-02-01 | 2026-05-01"
    survivor = {"benefit": "survivor_allowance", "last_certified_on": "2026-05-02"}
    decides(lapsed, roster=PENSION, beside=[survivor], **SERVING)
    decides(lapsed, roster=survivor, beside=[PENSION], **FREE)
