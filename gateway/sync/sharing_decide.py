"""A decision run that several instances share: each bucket is decided by one, one judges and publishes."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from gateway.decide import guard
from gateway.decide.engines import Engine
from gateway.evidence.columns import BUCKETS
from gateway.policy import Policy, load_policy
from gateway.store import runs
from gateway.store.proposals import drop_proposals
from gateway.store.steps import Outcome
from gateway.sync.deciding import (
    check_may_decide,
    conclude,
    decide_run,
    deciding,
    refuse_while_held,
    report_on,
    take_in,
)
from gateway.sync.engines import chosen_engine
from gateway.sync.monthly import MonthReport, run_month
from gateway.sync.progress import Progress, silent
from gateway.sync.proposing import Deciding, prepare, propose_group
from gateway.sync.publishing import finish_publishing, publish
from gateway.sync.report import DecideReport, add, as_summary, report_of
from gateway.sync.retaining import Class, retain_monthly
from gateway.sync.roster import stopped_in_import
from gateway.sync.run import Scope, check_ready
from gateway.sync.services import feeds
from gateway.sync.sharing import Joint, Share, Unit, shared, shares
from gateway.sync.sharing_sync import sync_together
from gateway.sync.shift import Progress as SyncProgress
from gateway.sync.shift import silent as silent_sync
from gateway.sync.sources import together
from gateway.sync.station import Station

_AT_MOST: Final = BUCKETS // 4
"""So many small buckets are decided at once."""


def decide_or_join(
    station: Station,
    as_of: date,
    progress: Progress = silent,
    *,
    full: bool = False,
    only_join: bool = False,
) -> DecideReport:
    """Decide every benefit, publish or hold it; joins the same run where it is under way and may be shared.

    `full`: this instance looks at everybody, whether or not anything has moved for them. `only_join`: begin
    no run.

    Raises:
        ConfigError: the rules have faults or are not those of the run, or a later day was decided already.
        RunHeld: an earlier run waits for a person's word.
        StoreError: the database or the disk failed, or this instance was replaced; what was committed stays.
    """
    if not shares(station, only_join=only_join):
        return decide_run(station, as_of, progress, full=full)
    policy = load_policy(station.settings.folder)

    def start(conn: Connection) -> int:
        return _begun(conn, station, as_of, policy)

    joint = Joint("decide", f"decide --as-of {as_of}", start, as_of, policy.version, only_join)
    with shared(station, joint) as share:
        return decide_together(share, policy, as_of, progress, full=full)


def run_or_join(
    station: Station,
    as_of: date,
    progress: SyncProgress = silent_sync,
    decided: Progress = silent,
    *,
    only_join: bool = False,
) -> MonthReport:
    """The monthly job: sync, decide, publish; joins the same job where it is under way and may be shared.

    `only_join`: begin none.

    Raises:
        ConfigError, PluginError, RunHeld, StoreError: as its two halves.
    """
    if not shares(station, only_join=only_join):
        return run_month(station, as_of, progress, decided)
    policy = load_policy(station.settings.folder)
    chosen = feeds(station.settings, station.host)

    def start(conn: Connection) -> int:
        refuse_while_held(conn)
        check_ready(conn, station)
        return runs.start_run(conn, "run", station.now(), as_of, policy.version)

    def sync_begun(conn: Connection) -> Outcome:
        return {"run_id": runs.start_run(conn, "sync", station.now())}

    def decide_begun(conn: Connection) -> Outcome:
        return {"run_id": _begun(conn, station, as_of, policy)}

    def retain(own: Station) -> Outcome:
        return _retained(own, report.run_id)

    def ended(conn: Connection) -> Outcome:
        runs.finish_run(conn, share.run_id, "done", station.now())
        return {}

    joint = Joint("run", f"run --as-of {as_of}", start, as_of, policy.version, only_join)
    with shared(station, joint) as share:
        share.once("publish what was left", _published_left)
        reading = share.of(share.agreed("sync", sync_begun)["run_id"])
        synced = sync_together(reading, chosen, Scope(), progress)
        deciding_part = share.of(share.agreed("decide", decide_begun)["run_id"])
        report = decide_together(deciding_part, policy, as_of, decided)
        retained = [] if report.held else share.once("retain", retain)["classes"]
        share.agreed("end", ended)
    return MonthReport(synced, report, [Class(**each) for each in retained])


def decide_together(
    share: Share, policy: Policy, as_of: date, progress: Progress, *, full: bool = False
) -> DecideReport:
    """One instance's part in a decision run, from its first step to its last; the report is of all."""
    share.once("take in", lambda own: _taken_in(own, share.run_id, as_of))
    run = _deciding(share, policy, as_of, full=full)
    groups = _steps_of(share.agreed("group", _groups)["groups"])
    _propose(share, run, groups, progress)
    share.once("judge", lambda own: _judged(own, run, _outcomes(share, groups)))
    share.once("publish", lambda own: _published(own, share.run_id, progress))
    with share.station.store.read() as conn:
        return report_of(runs.get(conn, share.run_id))


def _begun(conn: Connection, station: Station, as_of: date, policy: Policy) -> int:
    check_may_decide(conn, as_of)
    return runs.start_run(conn, "decide", station.now(), as_of, policy.version)


def _retained(own: Station, run_id: int) -> Outcome:
    """Let go of what is past its retention, where the month's turn has come."""
    return {"classes": [asdict(each) for each in retain_monthly(own, f"run-{run_id}")]}


def _published_left(own: Station) -> Outcome:
    """Publish the rest of a run that stopped while publishing."""
    return {"run_id": finish_publishing(own)}


def _taken_in(own: Station, run_id: int, as_of: date) -> Outcome:
    """What has to be done before the first bucket is decided; done again it changes nothing."""
    finish_publishing(own)
    with own.store.begin() as conn:
        check_may_decide(conn, as_of)
        drop_proposals(conn, own.now())
        resume_import = stopped_in_import(conn)
    take_in(own, run_id, resume_import=resume_import)
    return {}


def _deciding(share: Share, policy: Policy, as_of: date, *, full: bool) -> Deciding:
    """As every instance decides: by the same rules, and of the instant at which the run began."""
    with share.station.store.read() as conn:
        began = runs.get(conn, share.run_id).started_at
    return deciding(share.station, policy, as_of, share.run_id, began, full=full)


def _groups(conn: Connection) -> Outcome:
    """The buckets that are decided at once: few enough, however small, for several instances to have some."""
    alike = together(conn, range(BUCKETS))
    cut = [group[start : start + _AT_MOST] for group in alike for start in range(0, len(group), _AT_MOST)]
    return {"groups": cut}


def _steps_of(groups: Sequence[Sequence[int]]) -> dict[str, Sequence[int]]:
    """The steps of deciding, each with its buckets."""
    named = ((f"{group[0]}" if len(group) == 1 else f"{group[0]} to {group[-1]}", group) for group in groups)
    return {f"decide bucket {name}": group for name, group in named}


def _propose(share: Share, run: Deciding, groups: Mapping[str, Sequence[int]], progress: Progress) -> None:
    """Decide the buckets that nobody else has taken on, until all are decided."""
    waiting = False
    with chosen_engine(run.station) as engine:
        while (standing := share.standing(list(groups))).left:
            progress("deciding", BUCKETS - sum(len(groups[step]) for step in standing.left), BUCKETS)
            unit = next(filter(None, map(share.take, standing.free)), None)
            if unit:
                waiting = False
                unit.done(_proposed(unit, run, engine, groups[unit.step]))
                continue
            if not waiting:
                waiting = True
                share.say_waiting(standing)
            time.sleep(share.pause_s)
    progress("deciding", BUCKETS, BUCKETS)


def _proposed(unit: Unit, run: Deciding, engine: Engine, group: Sequence[int]) -> Outcome:
    """Decide some buckets anew: what an instance that died at them has proposed is dropped."""
    own = replace(run, station=unit.station)
    with own.station.store.begin() as conn:
        drop_proposals(conn, own.now(), group)
    report = report_on(own)
    _, made = prepare(own, engine)
    benefits = propose_group(own, engine, group, made, report)
    return {"report": as_summary(report), "benefits": dict(benefits)}


def _outcomes(share: Share, steps: Iterable[str]) -> list[Outcome]:
    done = share.outcomes()
    return [done[step] for step in steps]


def _judged(own: Station, run: Deciding, proposed: Sequence[Outcome]) -> Outcome:
    """Judge what all have proposed, as a whole."""
    report, benefits = summed(run, proposed)
    conclude(replace(run, station=own), report, benefits)
    return {"held": list(report.held)}


def summed(run: Deciding, proposed: Sequence[Outcome]) -> tuple[DecideReport, Counter[str]]:
    """The report on all buckets, and how many benefits each county has."""
    report, benefits = report_on(run), Counter[str]()
    for outcome in proposed:
        part: Mapping[str, Any] = outcome["report"]
        counts = {name: part[name] for name in ("decisions", "changed", "events", "reconsidered")}
        add(report, replace(report_on(run), **counts, findings=guard.from_json(part["findings"])))
        benefits += Counter(outcome["benefits"])
    return report, benefits


def _published(own: Station, run_id: int, progress: Progress) -> Outcome:
    """Publish what was proposed, unless the run is held or all is published already."""
    with own.store.read() as conn:
        state = runs.get(conn, run_id).state
    if state == "publishing":
        publish(own, run_id, progress)
    return {}
