"""The first half of a decide run: every bucket is decided, and what that would change is put away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa

from gateway.decide import guard
from gateway.decide.changes import decision_rows, drafts, next_state
from gateway.decide.compared import Gaps
from gateway.decide.engine import Queries, decide_buckets
from gateway.decide.findings import LiveCause, live_causes
from gateway.decide.outcome import BucketOutcome
from gateway.decide.proposal import as_batches, schema_after
from gateway.events import EventDraft, Origin
from gateway.evidence.engine import engine
from gateway.evidence.files import Written, as_part, write_batches, write_part
from gateway.policy import Policy
from gateway.store.parts import Part
from gateway.store.proposals import CHANGES, STATE, Proposal, add_proposal
from gateway.sync.progress import Progress
from gateway.sync.report import DecideReport
from gateway.sync.sources import Before, bucket_input, together
from gateway.sync.station import Station


@dataclass(frozen=True)
class Deciding:
    """A decide run under way."""

    station: Station
    policy: Policy
    as_of: date
    run_id: int
    origin: Origin
    gaps: Gaps
    queries: Queries

    def now(self) -> datetime:
        return self.station.now()


def propose(run: Deciding, buckets: int, report: DecideReport, progress: Progress) -> Mapping[str, int]:
    """Decide bucket by bucket and fill the report; nothing that is decided counts yet.

    Returns how many benefits each county has.
    """
    by_county: Counter[str] = Counter()
    with run.station.store.read() as conn:
        groups = [*together(conn, range(buckets))]
    with engine(run.station.evidence, run.station.settings.gateway.decide_memory_mb) as connection:
        for group in groups:
            by_county += _propose_group(run, connection, group, report)
            progress("deciding", group[-1] + 1, buckets)
    return by_county


def _propose_group(
    run: Deciding, connection: duckdb.DuckDBPyConnection, group: Sequence[int], report: DecideReport
) -> Counter[str]:
    with run.station.store.read() as conn:
        given = bucket_input(run.station, conn, connection, group, run.policy, run.as_of)
    if not any(before.roster_rows or before.decided_rows for before in given.before.values()):
        return Counter()
    for bucket, outcome in decide_buckets(connection, given.sources, run.queries, group):
        _propose_bucket(run, bucket, given.before[bucket], outcome, report)
    return _benefits_by_county(connection, given.sources.roster)


def _propose_bucket(
    run: Deciding, bucket: int, before: Before, outcome: BucketOutcome, report: DecideReport
) -> None:
    events = drafts(outcome, run.policy, run.as_of, run.origin)
    causes = live_causes(outcome, run.policy)
    _count(report, outcome, events, causes)
    if outcome.changed.num_rows or outcome.state.num_rows != before.decided_rows or before.revisions:
        _put_away(run, bucket, before, _Decided(outcome, events, causes))


@dataclass(frozen=True)
class _Decided:
    outcome: BucketOutcome
    events: Sequence[EventDraft]
    causes: Sequence[LiveCause]


def _put_away(run: Deciding, bucket: int, before: Before, found: _Decided) -> None:
    folder = run.station.evidence
    rows = decision_rows(found.outcome, run.policy, run.as_of, run.gaps)
    batches = as_batches(rows, found.events, found.causes)
    changes = write_batches(folder, CHANGES, schema_after(before.revisions), batches)
    # in the folder of the decided parts: publishing changes its stage, not its place
    state = write_part(folder, "decided", next_state(found.outcome, found.events))

    def part(written: Written, stage: str) -> Part:
        return as_part(written, stage, bucket, run.run_id, run.now())

    with run.station.store.begin() as conn:
        add_proposal(conn, Proposal(part(state, STATE), part(changes, CHANGES)))


def _count(
    report: DecideReport, outcome: BucketOutcome, events: Sequence[EventDraft], causes: Sequence[LiveCause]
) -> None:
    report.changed += outcome.changed.num_rows
    report.decisions = _summed(report.decisions, _by_decision(outcome.state))
    report.events = _summed(report.events, Counter(event.type for event in events))
    found = guard.counted(guard.new_findings(events, causes, _was(outcome)))
    report.findings = guard.added(report.findings, found)


def _was(outcome: BucketOutcome) -> dict[str, str | None]:
    """The decision before this run's, of the benefits it changes."""
    changed = outcome.changed
    return dict(zip(changed["benefit_id"].to_pylist(), changed["was_decision"].to_pylist(), strict=True))


def _by_decision(state: pa.Table) -> Counter[str]:
    counted = state.group_by(["decision", "reason"]).aggregate([([], "count_all")])
    return Counter(
        {
            f"{row['decision']} ({row['reason']})" if row["reason"] else row["decision"]: row["count_all"]
            for row in counted.to_pylist()
        }
    )


def _summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))


def _benefits_by_county(connection: duckdb.DuckDBPyConnection, roster: str) -> Counter[str]:
    counted = connection.sql(roster).aggregate("insured_county, count(*)", "insured_county")
    return Counter({county or guard.NO_COUNTY: count for county, count in counted.fetchall()})
