import json
from datetime import date
from typing import Any

import pytest

from gateway.decide.compared import Gaps
from gateway.decide.explanation import explained
from tests.unit.decide.decided import AS_OF, POLICY, Row, changed, reference, was

COMPARED = Gaps()
CERTIFIED = {
    "decision": "certified",
    "certified_on": date(2026, 6, 20),
    "certified_by": "evidence",
    "valid_until": date(2027, 6, 20),
}
CUSTODY = {"role": "custody", "kind": "custody", "basis": "sentence", "standing": "open"}


def body(*behind: Row, gaps: Gaps = COMPARED, **given: Any) -> dict[str, Any]:
    found = explained(changed(*behind, **given), AS_OF, gaps)
    assert json.loads(json.dumps(found)) == found, "an explanation is stored as JSON"
    return found


def cause(name: str, *behind: Row, **given: Any) -> dict[str, Any]:
    return next(found for found in body(*behind, **given)["causes"] if found["cause"] == name)


def test_an_explanation_says_everything_that_was_decided() -> None:
    found = body(reference(1), decision="suspected", causes=["death"], holds=["death"])
    assert {name: found[name] for name in found if name not in {"causes", "evidence", "would_change"}} == {
        "decision": "suspected",
        "rule": "POLICY 3.2",
        "reason": "death",
        "confidence": "single_source",
        "as_of": "2026-06-30",
        "certified_on": None,
        "certified_by": None,
        "valid_until": None,
        "holds": ["death"],
        "uncompared": [],
        "of_life_uncompared": [],
        "unmatchable": False,
        "notice": None,
        "restoration": None,
        "suggested_channel": "self_service",
        "policy_version": POLICY.version,
    }


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (CERTIFIED, "POLICY 3.5"),
        ({"decision": "uncovered"}, "POLICY 3.6"),
        ({"decision": "uncompared"}, "POLICY 3.0"),
        ({"decision": "conflicting"}, "POLICY 3.2"),
        ({"decision": "suspected", "reason": "absence"}, "POLICY 3.3"),
        ({"decision": "suspected", "reason": "detention"}, "POLICY 3.4"),
        ({"decision": "suspected", "reason": "enlisted"}, "POLICY 2"),
    ],
)
def test_the_rule_that_was_taken_is_named(given: dict[str, Any], rule: str) -> None:
    assert body(**given)["rule"] == rule


def test_a_cause_that_was_taken_says_what_stands_against_it_and_by_which_clause() -> None:
    found = cause("death", reference(1), decision="conflicting", causes=["death"], likely_alive=True)
    assert found == {
        "cause": "death",
        "rule": "POLICY 3.2",
        "clauses": ["湘人社办发〔2026〕10号 二（五）", "社会保险经办条例 26"],
        "taken": True,
        "standing": "conflicting",
        "why": "conflicting: strong evidence of life stands against it",
        "priority": "likely_alive",
    }


DIED = {"decision": "suspected", "causes": ["custody", "death"]}


@pytest.mark.parametrize(
    ("given", "name", "standing", "why"),
    [
        (DIED, "custody", "live", "comes after the cause taken"),
        (DIED | {"benefit": "injury_long_term"}, "custody", "live", "only holds certification"),
        (
            {"causes": ["custody"], "benefit": "injury_long_term"},
            "custody",
            "live",
            "only holds certification",
        ),
        (
            {"causes": ["identity_doubt"]},
            "identity_doubt",
            "live",
            "the name differs, or its certificate names somebody else: only holds certification",
        ),
        (
            {"holds": ["death"]},
            "death",
            "held",
            "its ground has ended; a person has not closed its entry as eligible",
        ),
        ({"decision": "suspected", "confirmed": True}, "death", "suspected", "a person confirmed the loss"),
        (
            {"decision": "suspected", "reason": "also_pension", "causes": ["also_pension"]},
            "also_pension",
            "suspected",
            "suspected: the roster has a pension of the same person",
        ),
        (
            {"benefit": "survivor_allowance"},
            "custody",
            "over",
            "not a ground for this benefit, or before its last certification",
        ),
    ],
)
def test_a_cause_says_why_it_was_taken_or_not(
    given: dict[str, Any], name: str, standing: str, why: str
) -> None:
    found = cause(name, reference(1), reference(2, **CUSTODY), **given)
    assert (found["standing"], found["why"]) == (standing, why)


def test_a_custody_that_is_over_says_so() -> None:
    assert cause("custody", reference(1, **CUSTODY | {"standing": "over"}))["why"].startswith("ended")


def test_what_is_particular_about_a_cause_is_said() -> None:
    disputed = {
        "disputed_from": date(2026, 5, 1),
        "disputed_until": date(2026, 6, 1),
        "rests_on_voided": True,
    }
    died = cause("death", reference(1), decision="suspected", causes=["death"], **disputed)
    assert (died["date_disputed"], died["rests_on_voided"]) == (["2026-05-01", "2026-06-01"], True)
    held = cause("custody", reference(1, **CUSTODY), causes=["custody"], release_unconfirmed=True)
    assert held["release_unconfirmed"] is True


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (CERTIFIED, "valid until 2027-06-20"),
        ({"benefit": "unemployment_benefit"}, "this benefit is never certified"),
        ({"decision": "conflicting"}, "death comes first, nothing certifies while it stands"),
        (
            {"decision": "suspected", "reason": "remarriage"},
            "remarriage comes first, nothing certifies while it stands",
        ),
        ({"decision": "uncompared", "gaps": Gaps(("cremations",))}, "not compared: cremations"),
        ({"holds": ["custody", "death"]}, "held: custody, death"),
        ({}, "no certification known"),
        ({"valid_until": date(2026, 1, 1)}, "ran out on 2026-01-01"),
    ],
)
def test_the_certification_says_why(given: dict[str, Any], why: str) -> None:
    assert cause("certification", **given)["why"] == why


def test_the_evidence_is_named_by_opaque_ids_with_its_role_and_standing() -> None:
    [found] = body(reference(1, **CUSTODY, ends_on=date(2028, 1, 1)))["evidence"]
    assert found == {
        "id": f"ev_{1:032x}00",
        "role": "custody",
        "standing": "open",
        "department": "health",
        "kind": "custody",
        "basis": "sentence",
        "strength": None,
        "identity": "match",
        "happened_on": "2026-06-01",
        "ends_on": "2028-01-01",
    }


@pytest.mark.parametrize(
    ("given", "notice"),
    [
        (
            {"notice_days": 15, "notice_for": date(2026, 7, 10)},
            {"told": "due", "within_days": 15, "valid_until": "2026-07-10"},
        ),
        ({"notice_days": 0, "notice_for": None}, {"told": "overdue", "valid_until": None}),
    ],
)
def test_the_last_notice_is_shown(given: dict[str, Any], notice: dict[str, Any]) -> None:
    assert body(**given)["notice"] == notice


def test_the_way_back_is_shown_when_it_was_told() -> None:
    suspended: Row = {"payment_status": "suspended", "suspended_on": date(2026, 3, 1)}
    assert body(**suspended)["restoration"] is None
    assert body(**suspended | CERTIFIED, renewed=True)["restoration"]["procedure"] == "automatic"
    assert body(**suspended | was("suspected"))["restoration"]["requires"] == ["commitment"]


def test_who_cannot_be_matched_is_told_of_other_channels_alone() -> None:
    found = body(matchable=False)
    assert found["unmatchable"] is True
    assert [said for said in found["would_change"] if "strong evidence" in said] == []
    assert "certification through another channel: self_service" in found["would_change"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"holds": ["death"]}, "a person closes the verification of death"),
        (
            {"gaps": Gaps(("cremations",), ("marriages",))},
            "a complete window of marriages that reaches 2026-05-21 or later",
        ),
        ({"causes": ["death"], "decision": "suspected"}, "the department withdraws or corrects its record"),
        (
            {"causes": ["custody"], "decision": "suspected"},
            "a release, or a correction check-in, dated after the custody began",
        ),
        (CERTIFIED, "2027-06-20 passes without newer evidence of life"),
        ({}, "strong evidence of life, at most 12 months old"),
        (
            {"benefit": "survivor_allowance"},
            "a report that is a ground for this benefit: death, absence, sentence, remarriage, enlisted",
        ),
    ],
)
def test_it_says_what_would_change_it(given: dict[str, Any], sentence: str) -> None:
    assert sentence in body(**given)["would_change"]


WITHDRAWN = "the department withdraws or corrects its record"
DIED_LATER = "strong evidence of life later than the death can be makes it a conflict"
SEEN_FREE = "strong evidence of life outside custody and hospital after it began makes it a conflict"
RELEASED = "a release, or a correction check-in, dated after the custody began"
FOUND: Row = {"decision": "suspected"}


@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        (
            FOUND | {"benefit": "survivor_allowance", "reason": "remarriage", "causes": ["remarriage"]},
            ["a person closes the verification of remarriage", WITHDRAWN],
        ),
        (
            FOUND | {"benefit": "unemployment_benefit", "reason": "also_pension", "causes": ["also_pension"]},
            [
                "a person closes the verification of also_pension",
                "the roster no longer has the other pension as paid",
            ],
        ),
        (
            FOUND | {"causes": ["death"], "holds": ["death"]},
            ["a person closes the verification of death", WITHDRAWN, DIED_LATER],
        ),
        (
            {"decision": "conflicting", "causes": ["death"], "holds": ["death"]},
            ["a person closes the verification of death", WITHDRAWN],
        ),
        (
            FOUND | {"reason": "absence", "causes": ["absence"]},
            [
                "a person closes the verification of absence",
                WITHDRAWN,
                "strong evidence of life after the declaration",
            ],
        ),
        (
            FOUND | {"reason": "sentence", "causes": ["custody"], "holds": ["custody"]},
            ["a person closes the verification of custody", WITHDRAWN, RELEASED, SEEN_FREE],
        ),
        (
            FOUND
            | {
                "reason": "sentence",
                "causes": ["custody"],
                "holds": ["custody"],
                "release_unconfirmed": True,
            },
            [
                "a person closes the verification of custody",
                WITHDRAWN,
                RELEASED,
                "strong evidence of life after the planned end of the custody",
            ],
        ),
        (
            {"decision": "conflicting", "reason": "sentence", "causes": ["custody"], "holds": ["custody"]},
            ["a person closes the verification of custody", WITHDRAWN, RELEASED],
        ),
    ],
)
def test_of_what_is_suspected_only_that_is_said_which_changes_it(given: Row, sentences: list[str]) -> None:
    assert body(**given)["would_change"] == sentences


def test_every_cause_with_an_entry_can_be_closed_and_none_is_said_twice() -> None:
    said = body(**FOUND, causes=["custody", "death"], holds=["custody", "death", "identity_doubt"])[
        "would_change"
    ]
    assert [each for each in said if each.startswith("a person closes")] == [
        f"a person closes the verification of {cause}" for cause in ("custody", "death", "identity_doubt")
    ]
