"""The first half of a decide run: every bucket is decided, and what that would change is put away."""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import pyarrow as pa

from gateway.decide import guard
from gateway.decide.behind import pieces
from gateway.decide.changes import EventIds, with_ids
from gateway.decide.columns import DECIDED
from gateway.decide.compared import Gaps
from gateway.decide.engine import Queries
from gateway.decide.engines import Engine
from gateway.decide.outcome import BucketOutcome
from gateway.decide.patterns import Pattern, Telling
from gateway.decide.proposal import schema_after
from gateway.decide.telling import tell
from gateway.events import Origin, series
from gateway.evidence.files import Written, as_part, write_batches, write_part
from gateway.policy import Policy
from gateway.store.bases import Basis
from gateway.store.parts import Part
from gateway.store.proposals import CHANGES, LAYER, STATE, Proposal, add_proposal
from gateway.sync.engines import at_once, chosen_engine
from gateway.sync.lanes import side_by_side
from gateway.sync.layers import is_to_be_folded
from gateway.sync.moving import MOVED, follow
from gateway.sync.progress import Progress
from gateway.sync.report import DecideReport, add, summed
from gateway.sync.since import Since
from gateway.sync.sources import Before, BucketInput, bucket_input, together
from gateway.sync.station import Station
from gateway.sync.touching import TOUCHED
from gateway.sync.whom import look


@dataclass(frozen=True)
class Deciding:
    """A decide run under way: what it is decided from, and what has come since the last.

    `known` are the patterns by which its changes are told, filled as shapes are `met`.
    """

    station: Station
    policy: Policy
    as_of: date
    run_id: int
    origin: Origin
    gaps: Gaps
    queries: Queries
    basis: Basis
    since: Since
    known: MutableMapping[str, Pattern | None] = field(default_factory=dict, repr=False)
    met: Counter[int] = field(default_factory=Counter, repr=False)

    def now(self) -> datetime:
        return self.station.now()


def propose(run: Deciding, buckets: int, report: DecideReport, progress: Progress) -> Mapping[str, int]:
    """Decide bucket by bucket and fill the report; nothing that is decided counts yet.

    Returns how many benefits each county has.
    """
    by_county: Counter[str] = Counter()
    with chosen_engine(run.station) as engine:
        share, made = prepare(run, engine)
        with run.station.store.read() as conn:
            groups = [*together(conn, range(buckets), at_once(run.station), share)]
        lanes, work = engine.lanes(len(groups)), partial(_proposed, run, made, replace(report))
        with closing(side_by_side(lanes, groups, work)) as decided:
            for group, part, benefits in decided:
                add(report, part)
                by_county += benefits
                progress("deciding", group[-1] + 1, buckets)
    return by_county


def _proposed(
    run: Deciding, made: Sequence[str], empty: DecideReport, engine: Engine, group: Sequence[int]
) -> tuple[Sequence[int], DecideReport, Counter[str]]:
    part = replace(empty)
    return group, part, propose_group(run, engine, group, made, part)


def prepare(run: Deciding, engine: Engine) -> tuple[float, Sequence[str]]:
    """Make the tables that all groups read, once an engine.

    Gives the share of the benefits that are looked at, and the tables there are of TOUCHED and MOVED.
    """
    share = look(run.station, engine, run)
    there = {TOUCHED: run.since.why_full is None, MOVED: follow(run.station, engine, run)}
    return share, [name for name, is_made in there.items() if is_made]


def propose_group(
    run: Deciding, engine: Engine, group: Sequence[int], made: Sequence[str], report: DecideReport
) -> Counter[str]:
    """Decide some buckets at once and add them to the report; returns how many benefits each county has.

    `made` are the tables that `prepare` made.
    """
    with run.station.store.read() as conn:
        given = bucket_input(run.station, conn, engine, group, run.policy, run.as_of, made=made)
    if all(before.is_empty for before in given.before.values()):
        return Counter()
    for bucket, outcome in engine.decide(given.sources, run.queries, group):
        _Bucket(run, engine, bucket, given.before[bucket], outcome).propose(report)
    benefits = _benefits_by_county(engine, given)
    report.reconsidered += _count(engine, given.sources.roster) if TOUCHED in made else benefits.total()
    return benefits


@dataclass(frozen=True)
class _Bucket:
    """One bucket as the rules decided it; `ids` are those of its events, filled as these are made."""

    run: Deciding
    engine: Engine
    number: int
    before: Before
    outcome: BucketOutcome
    ids: list[EventIds] = field(default_factory=list)

    def propose(self, report: DecideReport) -> None:
        """Put away what the bucket would change, and count it."""
        differing, gone = self.outcome.state, self._gone()
        report.changed += self.outcome.changed.num_rows
        self.engine.register("differing", differing.select(["benefit_id"]))
        for counted in (_by_decision(differing), self._others_by_decision()):
            report.decisions = summed(report.decisions, counted)
        if not (differing.num_rows or gone or self.before.revisions):
            return
        taken_in = [revision.revision_id for revision in self.before.revisions]
        folder = self.run.station.evidence
        changes = write_batches(folder, CHANGES, schema_after(taken_in), self._batches(report))
        # in the folder of the decided parts: publishing changes its stage, not its place
        if gone or is_to_be_folded(self.before.parts, differing.num_rows):
            whole = pa.concat_tables([self._others(), differing])
            self._keep(write_part(folder, "decided", with_ids(whole, self.ids)), STATE, changes)
        else:
            self._keep(write_part(folder, "decided", with_ids(differing, self.ids)), LAYER, changes)

    def _batches(self, report: DecideReport) -> Iterator[pa.RecordBatch]:
        """The changed decisions as they are put away, some thousands at a time: each takes kilobytes here."""
        run = self.run
        origin = replace(run.origin, series=series(run.as_of, self.number))
        telling = Telling(run.policy, run.as_of, origin, run.gaps, run.known, run.met)
        for told in (tell(piece, telling) for piece in pieces(self.outcome)):
            report.events = summed(report.events, told.types)
            report.findings = guard.added(report.findings, told.findings)
            self.ids.extend(told.ids)
            yield from told.changes

    def _gone(self) -> int:
        """How many decided benefits have left the bucket's roster."""
        if not self.run.since.roster_changed:
            return 0
        return _count(self.engine, self.before.gone)

    def _others(self) -> pa.Table:
        """The rows that stay as they are."""
        return self.engine.table(f"FROM ({self._staying()})").cast(DECIDED)

    def _others_by_decision(self) -> Counter[str]:
        """How many stay as they are, by decision."""
        if not self.before.parts:
            return Counter()
        counted = f"SELECT decision, reason, count(*) AS count_all FROM ({self._staying()}) GROUP BY ALL"  # noqa: S608 - our own SQL
        return _named(self.engine.table(counted).to_pylist())

    def _staying(self) -> str:
        """SQL of the decisions that stand and do not differ; what has left the roster is not among them."""
        stand = self.before.standing
        if self.run.since.roster_changed:
            stand = f"SELECT * FROM ({stand}) SEMI JOIN ({self.before.roster}) USING (benefit_id)"  # noqa: S608 - our own SQL
        return f"SELECT * FROM ({stand}) ANTI JOIN differing USING (benefit_id)"  # noqa: S608 - our own SQL

    def _keep(self, state: Written, stage: str, changes: Written) -> None:
        def part(written: Written, stage: str) -> Part:
            return as_part(written, stage, self.number, self.run.run_id, self.run.now())

        with self.run.station.store.begin() as conn:
            add_proposal(conn, Proposal(part(state, stage), part(changes, CHANGES)))


def _count(engine: Engine, rows: str) -> int:
    counted = engine.table(f"SELECT count(*) AS count_all FROM ({rows})")  # noqa: S608 - our own SQL
    return int(counted["count_all"][0].as_py())


def _by_decision(state: pa.Table) -> Counter[str]:
    return _named(state.group_by(["decision", "reason"]).aggregate([([], "count_all")]).to_pylist())


def _named(counted: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(
        {
            f"{row['decision']} ({row['reason']})" if row["reason"] else row["decision"]: row["count_all"]
            for row in counted
        }
    )


def _benefits_by_county(engine: Engine, given: BucketInput) -> Counter[str]:
    found: Counter[str] = Counter()
    for before in given.before.values():
        counted = engine.count_by(before.roster, "insured_county")
        found.update({county or guard.NO_COUNTY: count for county, count in counted.items()})
    return found
