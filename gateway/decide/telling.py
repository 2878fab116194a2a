"""What some changed decisions come to: the changes as they are put away, and what is counted of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from gateway.decide import guard
from gateway.decide.alike import in_order, told_alike
from gateway.decide.behind import changed_decisions
from gateway.decide.changes import EventIds, drafts_of, event_ids, rows_of_decisions
from gateway.decide.findings import causes_live
from gateway.decide.outcome import BucketOutcome
from gateway.decide.patterns import Telling
from gateway.decide.proposal import as_batches


@dataclass(frozen=True)
class Told:
    """Changes as CHANGES, their events' ids as DECIDED remembers them, and what there is of each kind."""

    changes: Sequence[pa.RecordBatch] = field(repr=False)
    ids: Sequence[EventIds] = field(repr=False)
    types: Counter[str]
    findings: guard.Findings


def tell(piece: BucketOutcome, telling: Telling) -> Told:
    """Tell of the changed decisions of a piece: those that are alike by patterns, the others one by one."""
    alike, others, places = told_alike(piece, telling)
    decisions = list(changed_decisions(others, telling.policy))
    events, causes = drafts_of(decisions, telling.as_of, telling.origin), causes_live(decisions)
    found = guard.counted(guard.new_findings(events, causes, _was(others)))
    written = as_batches(rows_of_decisions(decisions, telling.as_of, telling.gaps), events, causes)
    return Told(
        in_order(alike, written, places).to_batches(),
        (event_ids(others, events), alike.event_ids()),
        Counter(event.type for event in events) + Counter(alike.types),
        guard.added(found, guard.overdues(alike.overdue_by_county)),
    )


def _was(outcome: BucketOutcome) -> dict[str, str | None]:
    """The decision before this run's, of the benefits it changes."""
    changed = outcome.changed
    return dict(zip(changed["benefit_id"].to_pylist(), changed["was_decision"].to_pylist(), strict=True))
