"""What is put away between deciding and publishing comes back as it was."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from gateway.decide.changes import DecisionRow
from gateway.decide.findings import LiveCause
from gateway.decide.proposal import CHANGES, Change, as_batches, as_changes, followed, schema_after
from gateway.events import EligibilitySuspected, EventDraft, EvidenceReference, Origin, draft, serialise

ORIGIN = Origin("urn:x", "cn.hunan.rst.", datetime(2026, 9, 30, 19, 5, 1, 250_000, tzinfo=UTC), "run-1")
DAY = date(2026, 9, 30)


def decision(benefit_id: str) -> DecisionRow:
    body = {"rule": "POLICY 3.2", "holds": ["death"], "name": "丧葬"}
    return DecisionRow(benefit_id, "P1", "suspected", "death", "single_source", DAY, None, body)


def suspected(benefit_id: str, previous: str | None = None) -> EventDraft:
    data = EligibilitySuspected(
        person_no="P1",
        benefit_id=benefit_id,
        benefit="employee_pension",
        as_of=DAY,
        clauses=["二（五）"],
        policy_version="1",
        reason="death",
        confidence="single_source",
        suggested_channel="home_visit",
        date_disputed=[DAY, DAY],
        evidence=[EvidenceReference(id="ev_1", department="health", kind="death", happened_on=DAY)],
    )
    return draft(data, ORIGIN, previous)


def cause(benefit_id: str) -> LiveCause:
    return LiveCause(
        benefit_id=benefit_id,
        person=7,
        person_no="P1",
        benefit="employee_pension",
        county=None,
        cause="death",
        reason="death",
        suspected=True,
        contents=[-(2**63), 5],
        datasets=["cremations"],
        evidence=[{"id": "ev_1", "happened_on": "2026-08-20"}],
    )


def test_a_change_comes_back_with_its_events_in_order_and_its_causes() -> None:
    first = suspected("B1")
    change = Change(decision("B1"), [first, suspected("B1", first.event_id)], [cause("B1")])
    quiet = Change(decision("B2"), [], [])
    (batch,) = as_batches([change.decision, quiet.decision], change.events, change.causes)
    assert batch.schema == CHANGES
    assert list(as_changes(batch)) == [change, quiet]


def test_the_bytes_of_an_event_are_the_same_as_if_it_had_never_been_put_away() -> None:
    event = suspected("B1", "evt_0")
    (batch,) = as_batches([decision("B1")], [event], [])
    (again,) = as_changes(batch)
    assert serialise(again.events[0], 12) == serialise(event, 12)


def test_many_changes_are_put_away_a_bounded_number_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.decide.proposal._AT_ONCE", 2)
    batches = list(as_batches(map(decision, ["B1", "B2", "B3", "B4"]), [], []))
    assert [batch.num_rows for batch in batches] == [2, 2, 0]


def test_a_proposal_names_the_revisions_its_decisions_follow() -> None:
    schema = schema_after([9, 4])
    assert schema.equals(CHANGES)
    assert followed(schema) == [4, 9]
    assert followed(pa.schema(CHANGES, metadata=schema_after([]).metadata)) == []
