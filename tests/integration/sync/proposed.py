"""A decide run that has proposed something, made by hand: no rules, no roster, no hub."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from gateway.clock import CHINA
from gateway.decide.changes import DecisionText
from gateway.decide.columns import DECIDED
from gateway.decide.findings import LiveCause
from gateway.decide.proposal import as_batches, schema_after
from gateway.events import EligibilitySuspected, EventDraft, Origin, SuspicionUnresolved, draft
from gateway.evidence.files import Written, as_part, write_batches, write_part
from gateway.store import runs
from gateway.store.parts import Part
from gateway.store.proposals import CHANGES, STATE, Proposal, add_proposal
from gateway.sync.report import DecideReport, as_summary
from gateway.sync.station import Station

AS_OF = date(2026, 9, 30)
NOW = datetime(2026, 10, 1, 6, tzinfo=CHINA)
ORIGIN = Origin("urn:x", "cn.hunan.rst.", NOW, "run-1")
_COMMON: dict[str, Any] = {
    "person_no": "P1",
    "benefit": "employee_pension",
    "as_of": AS_OF,
    "clauses": [],
    "policy_version": "1",
    "decision": "suspected",
    "reason": "death",
    "confidence": "single_source",
    "suggested_channel": "home_visit",
    "evidence": [],
}


@dataclass(frozen=True)
class Proposed:
    """What a run proposes about one bucket; `follows` are the revisions its decisions were made after."""

    bucket: int
    benefits: tuple[str, ...]
    events: tuple[EventDraft, ...] = ()
    follows: tuple[int, ...] = ()


def suspected(benefit_id: str) -> EventDraft:
    return draft(EligibilitySuspected(benefit_id=benefit_id, **_COMMON), ORIGIN, None)


def unresolved(benefit_id: str) -> EventDraft:
    data = SuspicionUnresolved(benefit_id=benefit_id, verify_within_days=30, **_COMMON)
    return draft(data, ORIGIN, suspected(benefit_id).event_id)


def cause(benefit_id: str, bucket: int) -> LiveCause:
    return LiveCause(
        benefit_id=benefit_id,
        person=bucket,
        person_no="P1",
        benefit="employee_pension",
        county="990101",
        cause="death",
        reason="death",
        suspected=True,
        contents=[1],
        datasets=["cremations"],
        evidence=[],
    )


def propose(station: Station, *proposed: Proposed, state: runs.State = "publishing") -> int:
    """Note a decide run that has proposed this, and how it was judged."""
    with station.store.begin() as conn:
        run_id = runs.start_run(conn, "decide", station.now(), AS_OF, "1")
        summary = as_summary(DecideReport(run_id, AS_OF, "1"))
        reason = "too many" if state == "held" else None
        runs.finish_run(conn, run_id, state, station.now(), reason=reason, summary=summary)
    for each in proposed:
        _put_away(station, run_id, each)
    return run_id


def _put_away(station: Station, run_id: int, proposed: Proposed) -> None:
    def part(written: Written, stage: str) -> Part:
        return as_part(written, stage, proposed.bucket, run_id, station.now())

    causes = [cause(benefit_id, proposed.bucket) for benefit_id in proposed.benefits]
    batches = as_batches(map(decided, proposed.benefits), proposed.events, causes)
    changes = write_batches(station.evidence, CHANGES, schema_after(proposed.follows), batches)
    rows = [state_row(benefit_id) for benefit_id in proposed.benefits]
    state = write_part(station.evidence, "decided", pa.Table.from_pylist(rows, DECIDED))
    with station.store.begin() as conn:
        add_proposal(conn, Proposal(part(state, STATE), part(changes, CHANGES)))


def decided(benefit_id: str) -> DecisionText:
    return DecisionText(benefit_id, "P1", "suspected", "death", "single_source", None, None, '{"holds":[]}')


def state_row(benefit_id: str) -> dict[str, Any]:
    empty: dict[str, Any] = {
        field.name: [] if pa.types.is_list(field.type) else False for field in DECIDED if not field.nullable
    }
    return empty | {"benefit_id": benefit_id, "decision": "suspected"}
