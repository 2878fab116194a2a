"""POLICY 5, notice 二（三）（四）（五）: which other channel is suggested to whom."""

import pytest

from tests.spec.manual import Decides

DUE = {"benefit": "employee_pension", "last_certified_on": "2025-08-20"}
ABROAD = "kind | department | happened_on\nemigration | police | 2024-06-10"
DEATH = "kind | basis | happened_on\ndeath | cremation | 2026-06-01"
SENTENCE = "kind | basis | began_on\ncustody | sentence | 2026-06-01"


@pytest.mark.parametrize(
    ("roster", "channel"),
    [
        ({}, "self_service"),
        ({"needs_assistance": True}, "home_visit"),
        ({"birth_on": "1946-06-30"}, "home_visit"),
        ({"birth_on": "1946-07-01"}, "self_service"),
        ({"benefit": "institution_pension"}, "employer"),
        ({"benefit": "institution_pension", "birth_on": "1940-01-01"}, "home_visit"),
    ],
    ids=["anybody", "needs assistance", "80 today", "80 tomorrow", "institution", "institution and 86"],
)
def test_the_channel_suits_the_person(decides: Decides, roster: dict[str, object], channel: str) -> None:
    decides(roster=DUE | roster, events=["certification.due"], says={"suggested_channel": channel})


@pytest.mark.parametrize(
    ("benefit", "channel"),
    [
        ("employee_pension", "consular_app"),
        ("resident_pension", "consular_app"),
        ("injury_long_term", "consular_app"),
    ],
)
def test_who_settled_abroad_uses_the_consular_app(decides: Decides, benefit: str, channel: str) -> None:
    decides(ABROAD, roster=DUE | {"benefit": benefit}, says={"suggested_channel": channel})


def test_after_a_first_notice_without_effect_the_community_helps(decides: Decides) -> None:
    last = decides(roster=DUE, says={"suggested_channel": "self_service"})
    decides(
        roster=DUE,
        last=last,
        as_of="2026-08-15",
        events=["certification.due"],
        says={"within_days": 15, "suggested_channel": "community"},
    )


def test_suspected_people_are_told_too(decides: Decides) -> None:
    decides(
        DEATH,
        roster=DUE,
        events=["eligibility.suspected"],
        says={"notify": True, "suggested_channel": "self_service"},
    )


@pytest.mark.parametrize("age", [{}, {"birth_on": "1940-01-01"}, {"needs_assistance": True}])
def test_somebody_suspected_of_custody_goes_to_the_agency_whatever_their_age(
    decides: Decides, age: dict[str, object]
) -> None:
    decides(SENTENCE, roster=DUE | age, says={"notify": True, "suggested_channel": "counter"})
