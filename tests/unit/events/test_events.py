import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.errors import GatewayError
from gateway.events import (
    BenefitEvent,
    CertificationOverdue,
    CertificationRenewed,
    EligibilitySuspected,
    EvidenceWithdrawn,
    LifeSource,
    Origin,
    SuspicionCleared,
    draft,
    serialise,
    series,
    told,
)
from gateway.testing.event_examples import examples

ORIGIN = Origin("/gateway", "cn.hunan.rst.", datetime(2026, 6, 30, 16, 0, tzinfo=UTC), "run-7")


def renewed(**given: Any) -> CertificationRenewed:
    told = {
        "person_no": "P1",
        "benefit_id": "B1",
        "benefit": "employee_pension",
        "county": "990101",
        "as_of": date(2026, 6, 30),
        "certified_on": date(2026, 6, 20),
        "valid_until": date(2027, 6, 20),
        "clauses": ["二（二）"],
        "policy_version": "1",
        "evidence": [LifeSource(department="health", strength="strong")],
    }
    return CertificationRenewed(**(told | given))


def test_an_event_is_a_cloud_event_in_structured_json() -> None:
    event = json.loads(serialise(draft(renewed(), ORIGIN, "evt_before"), 42))
    data = event.pop("data")
    assert event.pop("id").startswith("evt_")
    assert event == {
        "specversion": "1.0",
        "source": "/gateway",
        "type": "cn.hunan.rst.certification.renewed",
        "subject": "B1",
        "time": "2026-07-01T00:00:00.000+08:00",
        "datacontenttype": "application/json",
        "sequence": "00000000000000000042",
        "partitionkey": "B1",
        "correlationid": "run-7",
        "causationid": "evt_before",
    }
    assert data["method"] == "data_matching"
    assert data["decision"] == "certified"
    assert "replaces" not in data


def test_a_first_event_has_no_cause() -> None:
    assert "causationid" not in json.loads(serialise(draft(renewed(), ORIGIN, None), 1))


def test_the_id_does_not_depend_on_the_run_its_time_or_its_number() -> None:
    later = Origin("/gateway", "cn.hunan.rst.", datetime(2026, 8, 1, tzinfo=UTC), "run-8")
    one, other = draft(renewed(), ORIGIN, None), draft(renewed(), later, None)
    assert one.event_id == other.event_id
    assert json.loads(serialise(one, 1))["id"] == json.loads(serialise(one, 2))["id"]


def test_the_id_depends_on_content_type_and_predecessor() -> None:
    other_prefix = Origin("/gateway", "cn.test.", ORIGIN.time, "run-7")
    drafts = [
        draft(renewed(), ORIGIN, None),
        draft(renewed(), ORIGIN, "evt_before"),
        draft(renewed(certified_on=date(2026, 6, 21)), ORIGIN, None),
        draft(renewed(), other_prefix, None),
    ]
    assert len({event.event_id for event in drafts}) == 4


def test_ids_of_one_day_and_bucket_begin_alike_and_are_as_long_as_all() -> None:
    beside = replace(ORIGIN, series=series(date(2026, 6, 30), 11))
    told = [draft(renewed(), beside, previous).event_id for previous in (None, "evt_before")]
    assert {own_id[:14] for own_id in told} == {"evt_202606300b"}
    assert len({*told}) == 2
    assert all(re.fullmatch("evt_[0-9a-f]{32}", own_id) for own_id in told)


def test_the_same_event_gives_the_same_bytes() -> None:
    assert serialise(draft(renewed(), ORIGIN, None), 1) == serialise(draft(renewed(), ORIGIN, None), 1)


def test_an_event_that_is_too_large_is_refused_without_its_content() -> None:
    event = draft(renewed(clauses=["二（二）" * 5000]), ORIGIN, None)
    with pytest.raises(GatewayError) as caught:
        serialise(event, 1)
    assert "二" not in str(caught.value)


def test_a_renewal_cannot_carry_more_about_its_evidence() -> None:
    with pytest.raises(ValidationError):
        renewed(evidence=[{"department": "health", "strength": "strong", "kind": "hospital_stay"}])


def test_a_suspicion_needs_a_confidence() -> None:
    with pytest.raises(ValidationError):
        EligibilitySuspected(
            **renewed().model_dump(exclude={"method", "decision", "evidence"}), reason="death"
        )


def test_matched_data_renew_only_what_they_certify() -> None:
    with pytest.raises(ValidationError, match="data matching renews only"):
        renewed(decision="suspected")
    with pytest.raises(ValidationError, match="data matching renews only"):
        renewed(valid_until=None)
    assert renewed(decision="suspected", method="verification", evidence=[]).decision == "suspected"


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (SuspicionCleared, {"reason": "death", "decision": "suspected"}),
        (CertificationOverdue, {"suggested_channel": "community", "decision": "certified"}),
        (EvidenceWithdrawn, {"decision": "dead"}),
        (SuspicionCleared, {"reason": "gambling", "decision": "uncovered"}),
    ],
)
def test_a_type_takes_its_own_words_only(model: type[BenefitEvent], wrong: dict[str, Any]) -> None:
    common = renewed().model_dump(exclude={"method", "decision", "evidence", "restoration"})
    with pytest.raises(ValidationError):
        model(**common | wrong)


@pytest.mark.parametrize("data", examples(), ids=lambda data: data.type_name)
def test_an_event_that_was_put_away_comes_back_the_same(data: BenefitEvent) -> None:
    body = json.dumps(told(data))
    assert type(data).model_validate_json(body) == data
    assert "null" not in body
