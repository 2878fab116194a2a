"""POLICY 2: which fact puts which benefit in doubt, benefit by benefit."""

from typing import get_args

import pytest

from gateway.policy import GroundName, Policy, effect_of
from tests.spec.manual import Decides

CERTIFIED = {"last_certified_on": "2026-05-01", "started_on": "2020-01-01", "spouse_survivor": True}
RECORDS = {
    "death": "kind | basis | happened_on\ndeath | cremation | 2026-06-01",
    "absence": "kind | happened_on\nabsence | 2026-06-01",
    "detention": "kind | basis | began_on\ncustody | detention | 2026-06-01",
    "sentence": "kind | basis | began_on\ncustody | sentence | 2026-06-01",
    "sentence_outside_prison": "kind | happened_on\ncommunity_correction | 2026-06-01",
    "emigration": "kind | happened_on\nemigration | 2026-06-01",
    "remarriage": "kind | department | happened_on\nmarriage | civil_affairs | 2026-06-01",
    "enlisted": "kind | happened_on\nenlisted | 2026-06-01",
}
SUSPECTS = {
    "employee_pension": ["death", "absence", "detention", "sentence"],
    "institution_pension": ["death", "absence", "detention", "sentence"],
    "resident_pension": ["death", "absence", "detention", "sentence"],
    "injury_long_term": ["death", "absence"],
    "survivor_allowance": ["death", "absence", "sentence", "remarriage", "enlisted"],
    "unemployment_benefit": ["death", "absence", "sentence", "emigration", "enlisted", "also_pension"],
}
HOLDS_ONLY = {"injury_long_term": ["sentence"]}


def effect(benefit: str, ground: str) -> str:
    if ground in SUSPECTS[benefit]:
        return "yes"
    return "hold_only" if ground in HOLDS_ONLY.get(benefit, ()) else "no"


def test_the_table_of_grounds_is_the_one_in_the_rules(policy: Policy) -> None:
    for benefit, entry in policy.benefits.items():
        named = {ground: effect_of(entry, ground) for ground in get_args(GroundName)}
        assert named == {ground: effect(benefit, ground) for ground in named}


@pytest.mark.parametrize("benefit", SUSPECTS)
@pytest.mark.parametrize("ground", RECORDS)
def test_a_fact_puts_in_doubt_the_benefits_it_is_a_ground_of(
    decides: Decides, benefit: str, ground: str
) -> None:
    suspects = effect(benefit, ground) == "yes"
    told = decides(
        RECORDS[ground],
        roster=CERTIFIED | {"benefit": benefit},
        reason=ground if suspects else None,
        confidence="single_source" if suspects else None,
    )
    assert (told.row["decision"] == "suspected") is suspects
    assert ("eligibility.suspected" in [event.data.type_name for event in told.events]) is suspects
    assert bool(told.row["causes"]) is (effect(benefit, ground) != "no")


@pytest.mark.parametrize("benefit", SUSPECTS)
def test_a_sentence_served_outside_prison_is_a_ground_of_no_benefit(decides: Decides, benefit: str) -> None:
    decides(
        "kind | department | happened_on\ncommunity_correction | justice | 2026-06-01",
        roster=CERTIFIED | {"benefit": benefit},
        reason=None,
        causes=[],
        holds=[],
    )


def test_a_sentence_only_holds_the_long_term_benefit_of_an_injury(decides: Decides) -> None:
    decides(
        """
        kind       | department | basis    | began_on   | happened_on
        custody    | justice    | sentence | 2026-06-01 |
        """,
        roster=CERTIFIED | {"benefit": "injury_long_term"},
        decision="uncovered",
        reason=None,
        confidence=None,
        causes=["custody"],
        holds=["custody"],
        events=[],
        opens=["custody"],
    )


def test_every_ground_names_the_law_it_rests_on(policy: Policy) -> None:
    for benefit in policy.benefits.values():
        grounds = [entry for entry in vars(benefit.grounds).values() if entry]
        assert all(entry.cite for entry in grounds)


def test_back_pay_is_said_where_the_law_says_it(policy: Policy) -> None:
    pension = policy.benefits["employee_pension"].grounds
    assert (pension.detention.back_pay, pension.sentence.back_pay) == ("if_acquitted", "no")
