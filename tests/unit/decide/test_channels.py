from datetime import date
from typing import Any

import pytest

from gateway.decide.channels import suggested_channel
from tests.unit.decide.decided import AS_OF, POLICY, row

TOLD = {
    "valid_until": date(2026, 8, 1),
    "was_notice_days": 60,
    "was_notice_for": date(2026, 8, 1),
}


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        ({}, "self_service"),
        ({"birth_on": None}, "self_service"),
        ({"needs_assistance": True}, "home_visit"),
        ({"birth_on": date(1946, 6, 30)}, "home_visit"),
        ({"birth_on": date(1946, 7, 1)}, "self_service"),
        ({"benefit": "institution_pension"}, "employer"),
        ({"benefit": "institution_pension", "needs_assistance": True}, "home_visit"),
        ({"abroad": True}, "consular_app"),
        ({"abroad": True, "benefit": "resident_pension"}, "consular_app"),
        ({"reason": "death"}, "self_service"),
        ({"reason": "sentence"}, "counter"),
        ({"reason": "detention", "needs_assistance": True}, "counter"),
        ({"reason": "sentence", "benefit": "institution_pension"}, "employer"),
        ({"holds": ["custody"]}, "counter"),
        ({"holds": ["death"]}, "self_service"),
    ],
)
def test_the_channel_suggested(given: dict[str, Any], channel: str) -> None:
    assert suggested_channel(row(**given), POLICY, AS_OF) == channel


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        (TOLD, "community"),
        (TOLD | {"was_notice_days": 0}, "community"),
        (TOLD | {"valid_until": None, "was_notice_for": None}, "community"),
        (TOLD | {"was_notice_for": date(2025, 8, 1)}, "self_service"),
        (TOLD | {"was_notice_days": None, "was_notice_for": None}, "self_service"),
        (TOLD | {"needs_assistance": True}, "home_visit"),
        (TOLD | {"abroad": True}, "consular_app"),
        (TOLD | {"benefit": "institution_pension"}, "employer"),
    ],
    ids=[
        "told 60 days before",
        "told overdue",
        "never certified and told",
        "told of the cycle before",
        "not told",
        "needs assistance",
        "abroad",
        "employer",
    ],
)
def test_after_a_notice_without_effect_the_community_is_suggested(
    given: dict[str, Any], channel: str
) -> None:
    assert suggested_channel(row(**given), POLICY, AS_OF) == channel
