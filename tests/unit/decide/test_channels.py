from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.decide.channels import suggested_channel
from gateway.policy import load_policy

POLICY = load_policy(Path(__file__).parents[3] / "config")
ROW = {
    "benefit": "employee_pension",
    "reason": None,
    "needs_assistance": False,
    "birth_on": date(1950, 1, 1),
    "abroad": False,
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
        ({"abroad": True, "benefit": "resident_pension"}, "self_service"),
        ({"reason": "death"}, "self_service"),
        ({"reason": "sentence"}, "counter"),
        ({"reason": "detention", "needs_assistance": True}, "counter"),
        ({"reason": "sentence", "benefit": "institution_pension"}, "employer"),
    ],
)
def test_the_channel_suggested(given: dict[str, Any], channel: str) -> None:
    assert suggested_channel(ROW | given, POLICY, date(2026, 6, 30)) == channel
