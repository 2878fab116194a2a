"""Whom another channel reaches first: weak evidence certifies nobody, and orders the list."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.sync.outreach import Reach, outreach
from tests.integration.ledger.office import TODAY, Office, open_office

RAN_OUT = {"benefit": "employee_pension", "insured_county": "990101", "last_certified_on": "2025-08-01"}
PURCHASE = {
    "department": "medical_insurance",
    "dataset": "settlements",
    "kind": "settlement",
    "polarity": "of_life",
    "strength": "weak",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        found.on(TODAY).roster(
            {**RAN_OUT, "benefit_id": "bought lately"},
            {**RAN_OUT, "benefit_id": "never seen"},
            {**RAN_OUT, "benefit_id": "bought long ago", "needs_assistance": "1"},
            {**RAN_OUT, "benefit_id": "certified", "last_certified_on": "2026-08-01"},
            {**RAN_OUT, "benefit_id": "elsewhere", "insured_county": "990102"},
            {**RAN_OUT, "benefit_id": "ended", "payment_status": "terminated"},
        )
        yield found


def test_who_was_never_seen_or_longest_ago_comes_first(office: Office) -> None:
    for benefit_id, day in (("bought lately", date(2026, 9, 20)), ("bought long ago", date(2026, 3, 2))):
        office.evidence(benefit_id, benefit_id, **PURCHASE, happened_on=day)
    office.compared(TODAY)
    office.decide()
    listed = outreach(office.station, Reach("990101"))
    assert [(row["benefit_id"], row["weakly_seen_on"]) for row in listed] == [
        ("never seen", None),
        ("bought long ago", date(2026, 3, 2)),
        ("bought lately", date(2026, 9, 20)),
    ]
    assert [row["suggested_channel"] for row in listed] == ["self_service", "home_visit", "self_service"]
    assert len(outreach(office.station, Reach(limit=2))) == 2


def test_before_the_first_decision_there_is_no_list(office: Office) -> None:
    with pytest.raises(ConfigError, match="gateway run"):
        outreach(office.station, Reach())
