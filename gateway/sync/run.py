"""One sync, start to end: every dataset that is on is read, then what arrived is settled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from gateway.errors import ConfigError, GatewayError, HubError, HubRefused
from gateway.evidence.belonging import check_belongs
from gateway.evidence.files import sweep
from gateway.evidence.settle import Settled, settle
from gateway.hub.client import HubClient
from gateway.intake.pool import IntakePool
from gateway.policy import load_policy
from gateway.roster.fingerprint import check_fingerprint
from gateway.roster.keymap import keymap_here
from gateway.store import runs
from gateway.store.counts import Counts, counts
from gateway.store.parts import known_paths, live_parts
from gateway.sync.compacting import compact_where_it_pays
from gateway.sync.drift import judged_drift, note_drift
from gateway.sync.drops import take_files
from gateway.sync.lock import at_work
from gateway.sync.reading import read_service
from gateway.sync.services import Feed, feeds
from gateway.sync.shift import Progress, Shift, silent
from gateway.sync.station import Station, failing_loudly

Read = Callable[[Shift, Feed], Awaitable[list[str]]]
"""Reads what a run wants of one dataset; gives warnings, a line each."""

_GRACE: Final = timedelta(days=1)
"""A retired part's file stays so long: a reader may still be at it."""


@dataclass(frozen=True)
class Scope:
    """What to read: everything that is on, or one department, one dataset, one stretch of load time."""

    department: str | None = None
    dataset: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class SyncReport:
    """What one sync came to; `stops` holds why a dataset or department stopped, by its name."""

    run_id: int
    counts: dict[str, Counts]
    settled: Settled
    warnings: list[str] = field(default_factory=list)
    stops: dict[str, GatewayError] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0, or the gravest stop's."""
        return max((stop.exit_code for stop in self.stops.values()), default=0)


def sync(station: Station, scope: Scope | None = None, progress: Progress = silent) -> SyncReport:
    """Read everything new and settle it.

    Raises:
        ConfigError, PluginError: nothing was read.
        StoreError: the database or the disk failed; what was committed stays.
    """
    scope = scope or Scope()
    chosen = feeds(station.settings, station.host, scope.department, scope.dataset)
    with at_work(station):
        return _sync(station, scope, chosen, progress)


def _sync(station: Station, scope: Scope, chosen: Sequence[Feed], progress: Progress) -> SyncReport:
    pool = prepare(station)
    with station.store.begin() as conn:
        run_id = runs.start_run(conn, "sync", station.now())
    warnings, stops, settled = work(station, chosen, pool, run_id, progress, new_of(scope))
    with station.store.read() as conn:
        return SyncReport(run_id, counts(conn, run_id), settled, warnings, stops)


def new_of(scope: Scope) -> Read:
    """Reads everything new of a dataset, as far as the scope goes."""

    async def new(shift: Shift, feed: Feed) -> list[str]:
        if feed.dataset.shape == "file_drop":
            return await take_files(shift, feed)
        return await read_service(shift, feed, scope.since, scope.until)

    return new


def work(
    station: Station, chosen: Sequence[Feed], bench: IntakePool, run_id: int, progress: Progress, read: Read
) -> tuple[list[str], dict[str, GatewayError], Settled]:
    """Read the chosen datasets, settle what came, note how it ended; gives warnings, stops, what is new."""
    with failing_loudly(station, run_id):
        warnings, stops = asyncio.run(_read_all(station, chosen, bench, run_id, progress, read))
        memory_mb = station.settings.gateway.decide_memory_mb
        settled = settle(station.store, station.evidence, run_id, station.now(), memory_mb)
        compact_where_it_pays(station, f"run-{run_id}")
    return [*warnings, *finish(station, chosen, run_id, stops)], stops, settled


def prepare(station: Station) -> IntakePool:
    """Sweep what a stopped run left, and make ready to read by the live roster and the rules."""
    with station.store.begin() as conn:
        runs.end_stopped_runs(conn, station.now())
        # before the sweep: to a store that knows nothing, everything in the folder would be left over
        check_ready(conn, station)
        sweep(station.evidence, spared(conn, station))
    return intake_pool(station)


def check_ready(conn: Connection, station: Station) -> None:
    """Check that there is a roster to read by, of this identity key, and that store and folder fit.

    Raises:
        ConfigError: there is no roster, or it is of another key.
        StoreError: store and evidence folder do not belong together.
    """
    check_fingerprint(conn, station.keyer)
    if not live_parts(conn, "keymap"):
        raise ConfigError("there is no roster yet: run `gateway roster import FILE` first")
    check_belongs(conn, station.evidence)


def spared(conn: Connection, station: Station) -> set[str]:
    """The paths that a sweep must spare."""
    return known_paths(conn, retired_after=station.now() - _GRACE)


def intake_pool(station: Station) -> IntakePool:
    """What opens and reads, by the live roster and the rules."""
    tolerance = timedelta(days=load_policy(station.settings.folder).future_facts.tolerance_days.value)
    with station.store.read() as conn:
        keymap = live_parts(conn, "keymap")[-1]
    return IntakePool(station.settings, keymap_here(station.evidence, keymap), tolerance)


def finish(
    station: Station, chosen: Sequence[Feed], run_id: int, stops: Mapping[str, GatewayError]
) -> list[str]:
    """Note how the run ended and which datasets drift; returns warnings, a line each."""
    reason = "; ".join(str(stop) for stop in stops.values()) or None
    now = station.now()
    with station.store.begin() as conn:
        found = judged_drift(station.settings, chosen, counts(conn, run_id), stops)
        note_drift(conn, found, now)
        runs.finish_run(conn, run_id, "failed" if stops else "done", now, reason=reason)
    return [each.warning for each in found if each.warning]


async def _read_all(
    station: Station, chosen: Sequence[Feed], bench: IntakePool, run_id: int, progress: Progress, read: Read
) -> tuple[list[str], dict[str, GatewayError]]:
    stops: dict[str, GatewayError] = {}
    with bench as pool:
        async with HubClient(timing=station.timing) as client, asyncio.TaskGroup() as tasks:
            shift = Shift(station.settings, station.store, pool, client, run_id, station.clock, progress)
            departments = [
                tasks.create_task(begin_department(tasks, shift, read, list(own), stops))
                for _, own in groupby(chosen, key=lambda feed: feed.department)
            ]
    datasets = [dataset for department in departments for dataset in department.result()]
    return [warning for dataset in datasets for warning in dataset.result()], stops


async def begin_department(
    tasks: asyncio.TaskGroup, shift: Shift, read: Read, own: Sequence[Feed], stops: dict[str, GatewayError]
) -> list[asyncio.Task[list[str]]]:
    """Begin to read a department's datasets, each once the one before it has brought something or ended.

    They are read side by side, in tasks that give their warnings. After a refusal of the hub none is begun
    any more; those that it serves go on. Other faults stop one dataset.
    """
    reading = []
    for feed in own:
        if feed.department in stops:
            break
        begun = asyncio.Event()
        reading.append(tasks.create_task(_read_dataset(shift, read, feed, begun, stops)))
        await begun.wait()
    return reading


async def _read_dataset(
    shift: Shift, read: Read, feed: Feed, begun: asyncio.Event, stops: dict[str, GatewayError]
) -> list[str]:
    """Read one dataset; `begun` is set once it has brought something, or ended. Gives its warnings."""

    def progress(dataset: str, received: int, total: int) -> None:
        begun.set()
        shift.progress(dataset, received, total)

    try:
        return await read(replace(shift, progress=progress), feed)
    except HubRefused as refused:
        stops[feed.department] = refused
    except HubError as error:
        stops[feed.name] = error
    finally:
        begun.set()
    return []
