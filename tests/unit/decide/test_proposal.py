"""What is put away between deciding and publishing comes back as it was."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.decide.changes import DecisionText
from gateway.decide.findings import LiveCause
from gateway.decide.proposal import (
    CHANGES,
    Changes,
    as_batches,
    as_changes,
    followed,
    schema_after,
)
from gateway.events import (
    EligibilitySuspected,
    EventDraft,
    EvidenceReference,
    Origin,
    SuspicionUnresolved,
    draft,
    enveloped,
    serialise,
)
from gateway.evidence.files import write_batches

ORIGIN = Origin("urn:x", "cn.hunan.rst.", datetime(2026, 9, 30, 19, 5, 1, 250_000, tzinfo=UTC), "run-1")
DAY = date(2026, 9, 30)


def decision(benefit_id: str) -> DecisionText:
    body = '{"rule":"POLICY 3.2","holds":["death"],"name":"丧葬"}'
    return DecisionText(benefit_id, "P1", "suspected", "death", "single_source", DAY, None, body)


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


def unresolved(benefit_id: str) -> SuspicionUnresolved:
    return SuspicionUnresolved(
        person_no="P1",
        benefit_id=benefit_id,
        benefit="employee_pension",
        decision="suspected",
        as_of=DAY,
        clauses=[],
        policy_version="1",
        reason="sentence",
        confidence="single_source",
        verify_within_days=30,
        suggested_channel="home_visit",
        evidence=[],
    )


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


def test_changes_come_back_with_their_events_in_order_and_their_causes() -> None:
    decisions, first = [decision("B1"), decision("B2"), decision("B3")], suspected("B1")
    events = [first, suspected("B1", first.event_id), suspected("B3")]
    (batch,) = as_batches(decisions, events, [cause("B1")])
    assert batch.schema == CHANGES
    envelopes = [enveloped(each) for each in events]
    assert as_changes(batch) == Changes(decisions, envelopes, [cause("B1")], [])
    assert as_changes(batch, {"B1", "B9"}) == Changes(decisions[1:], envelopes[2:], [], [])
    assert as_changes(batch, {"B1", "B2", "B3"}) == Changes([], [], [], [])


def test_what_is_told_to_be_open_too_long_comes_back_by_its_cause() -> None:
    late = draft(unresolved("B1"), ORIGIN, None)
    (batch,) = as_batches([decision("B1"), decision("B2")], [late], [])
    assert as_changes(batch).unresolved == [("B1", "custody")]


def test_the_bytes_of_an_event_are_the_same_as_if_it_had_never_been_put_away() -> None:
    event = suspected("B1", "evt_0")
    (batch,) = as_batches([decision("B1")], [event], [])
    (again,) = as_changes(batch).events
    assert again.serialise(12) == serialise(event, 12)


def test_no_dictionary_is_written_of_texts_that_are_each_ones_own(tmp_path: Path) -> None:
    batches = as_batches([decision("B1"), decision("B2")], [suspected("B1"), suspected("B2")], [])
    written = write_batches(tmp_path, "changes", CHANGES, batches)
    with pq.ParquetFile(tmp_path / written.path) as file:
        group = file.metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    listed = {each.path_in_schema for each in columns if "RLE_DICTIONARY" in each.encodings}
    assert {"decision", "events.list.element.type", "causes.list.element"} <= listed
    assert not listed & {"body", "benefit_id", "events.list.element.before", "events.list.element.event_id"}


def test_an_explanation_is_in_no_repr() -> None:
    assert "丧葬" not in repr(decision("B1")) + repr(enveloped(suspected("B1")))
    (batch,) = as_batches([decision("B1")], [suspected("B1")], [cause("B1")])
    assert "B1" not in repr(as_changes(batch))


def test_many_changes_are_put_away_a_bounded_number_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.decide.proposal._AT_ONCE", 2)
    batches = list(as_batches(map(decision, ["B1", "B2", "B3", "B4"]), [], []))
    assert [batch.num_rows for batch in batches] == [2, 2, 0]


def test_a_proposal_names_the_revisions_its_decisions_follow() -> None:
    schema = schema_after([9, 4])
    assert schema.equals(CHANGES)
    assert followed(schema) == [4, 9]
    assert followed(pa.schema(CHANGES, metadata=schema_after([]).metadata)) == []
