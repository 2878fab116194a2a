"""One decision run: everything is decided, judged as a whole, and only then published."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import islice

from sqlalchemy import Connection

from gateway.clock import CHINA
from gateway.decide.compared import Gaps, gaps
from gateway.decide.engines import DIALECTS
from gateway.decide.guard import Findings, from_json, judge
from gateway.errors import ConfigError, RunHeld
from gateway.events import Origin
from gateway.evidence.columns import BUCKETS
from gateway.evidence.settle import settle
from gateway.policy import Policy, load_policy
from gateway.store import runs
from gateway.store.alarms import Alarm, settle_alarms
from gateway.store.bases import keep_basis
from gateway.store.parts import live_parts
from gateway.store.proposals import drop_proposals
from gateway.store.windows import compared_until
from gateway.sync.lock import at_work
from gateway.sync.progress import Progress, silent
from gateway.sync.proposing import Deciding, propose
from gateway.sync.publishing import finish_publishing, publish
from gateway.sync.queries import kept_queries
from gateway.sync.report import DecideReport, as_summary
from gateway.sync.roster import match_again, stopped_in_import
from gateway.sync.since import basis_now, since_last
from gateway.sync.statements import take_statements
from gateway.sync.station import Station, failing_loudly


def decide_run(
    station: Station, as_of: date, progress: Progress = silent, *, full: bool = False
) -> DecideReport:
    """Decide every benefit as of a day (Asia/Shanghai) and publish what changed, or hold it.

    Only whom something has moved for since the last run is looked at again, unless `full`: the decisions are
    the same.

    A run that stops while deciding has changed nothing; one that stops while publishing is finished by the
    next, before that decides anew.

    Raises:
        ConfigError: the rules have faults, there is no roster, or a later day was decided already.
        RunHeld: an earlier run waits for a person's word.
        StoreError: the database or the disk failed; what was committed stays.
    """
    policy = load_policy(station.settings.folder)
    with at_work(station):
        finish_publishing(station, progress)
        with station.store.begin() as conn:
            runs.end_stopped_runs(conn, station.now())
            check_may_decide(conn, as_of)
            drop_proposals(conn, station.now())
            resume_import = stopped_in_import(conn)
            run_id = runs.start_run(conn, "decide", station.now(), as_of, policy.version)
        with failing_loudly(station, run_id):
            take_in(station, run_id, resume_import=resume_import)
            report = _decide(deciding(station, policy, as_of, run_id, station.now(), full=full), progress)
            if not report.held:
                publish(station, run_id, progress)
    return report


def check_may_decide(conn: Connection, as_of: date) -> None:
    """Check that a day can be decided now.

    Raises:
        ConfigError: there is no roster, or a later day was decided already.
        RunHeld: an earlier run waits for a person's word.
    """
    if not live_parts(conn, "roster"):
        raise ConfigError("there is no roster yet: run `gateway roster import FILE` first")
    latest = runs.last_decided(conn)
    if latest and latest > as_of:
        raise ConfigError(f"{latest} was decided already: a decision run never goes back to {as_of}")
    refuse_while_held(conn)


def refuse_while_held(conn: Connection) -> None:
    """No later run overtakes one that is held.

    Raises:
        RunHeld: there is one.
    """
    held = runs.unpublished(conn)
    if held and held.state == "held":
        steps = f"see `gateway runs show {held.run_id}`, then `gateway runs approve` or `discard` it"
        raise RunHeld(f"run {held.run_id}, as of {held.as_of}, is held and nothing overtakes it: {steps}")


def take_in(station: Station, run_id: int, *, resume_import: bool) -> None:
    """Make evidence of what was said, settle what arrived, and finish an import that stopped."""
    take_statements(station, run_id)
    memory_mb = station.settings.gateway.decide_memory_mb
    settle(station.store, station.evidence, run_id, station.now(), memory_mb)
    if resume_import:
        match_again(station, run_id)


def _decide(run: Deciding, progress: Progress) -> DecideReport:
    report = report_on(run)
    benefits = propose(run, BUCKETS, report, progress)
    conclude(run, report, benefits)
    return report


def deciding(
    station: Station, policy: Policy, as_of: date, run_id: int, at: datetime, *, full: bool = False
) -> Deciding:
    """What a run decides by, and whom; its events say that they are of the instant `at`."""
    with station.store.read() as conn:
        found = gaps(policy, compared_until(conn), as_of)
    queries = kept_queries(station.work, policy, as_of, found, DIALECTS[station.settings.gateway.engine])
    with station.store.read() as conn:
        basis = basis_now(conn, run_id, as_of, queries.rules)
        since = since_last(conn, station.evidence, basis, asked=_why_full(station, full=full))
    told = station.settings.gateway.events
    origin = Origin(told.source, told.type_prefix, at.replace(tzinfo=CHINA), f"run-{run_id}")
    return Deciding(station, policy, as_of, run_id, origin, found, queries, basis, since)


def _why_full(station: Station, *, full: bool) -> str | None:
    """Why everybody is decided whatever has come; null where nothing asks for it."""
    if full:
        return "asked for"
    return "a cluster decides everybody" if station.settings.gateway.engine == "spark" else None


def report_on(run: Deciding) -> DecideReport:
    """An empty report of a run, to be filled."""
    not_compared = run.gaps.uncompared, run.gaps.of_life
    return DecideReport(run.run_id, run.as_of, run.policy.version, *not_compared, full=run.since.why_full)


def conclude(run: Deciding, report: DecideReport, benefits: Mapping[str, int]) -> None:
    """Judge what is proposed as a whole: from here on the run is held, or publishing."""
    now = run.now()
    with run.station.store.begin() as conn:
        report.held = _judged(conn, report.findings, benefits, run.policy)
        keep_basis(conn, run.basis)
        state: runs.State = "held" if report.held else "publishing"
        reason = "; ".join(report.held) or None
        runs.finish_run(conn, run.run_id, state, now, reason=reason, summary=as_summary(report))
        settle_alarms(conn, {"uncompared"}, _not_compared(run.gaps), now)


def _not_compared(found: Gaps) -> Iterator[Alarm]:
    """Each dataset that stands in the way (rule 0), until a run finds it compared again."""
    for dataset in dict.fromkeys((*found.uncompared, *found.of_life)):
        stopped = "renewed or found overdue" if dataset in found.uncompared else "found overdue"
        step = f"look at `gateway runs list` and run `gateway sync --dataset {dataset}`"
        yield Alarm("uncompared", dataset, f"was not compared in time, so nothing is {stopped}: {step}")


def _judged(
    conn: Connection, findings: Findings, benefits: Mapping[str, int], policy: Policy
) -> tuple[str, ...]:
    """Why the run must be held; a run that changed nothing is no measure of what is usual."""
    first = next(runs.published(conn), None) is None
    kept = (run.summary for run in runs.published(conn) if run.summary and run.summary["changed"])
    most = policy.mass_guard.median_of_runs.value
    history = [from_json(summary["findings"]) for summary in islice(kept, most)]
    return tuple(judge(findings, benefits, history, policy, first=first))
