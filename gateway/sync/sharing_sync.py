"""A sync that several instances share: each dataset is read by one of them, and one settles what came."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection

from gateway.errors import (
    ConfigError,
    EnvelopeError,
    GatewayError,
    HubError,
    HubRefused,
    HubUnavailable,
    RowsChanged,
)
from gateway.evidence.files import moment, sweep
from gateway.evidence.settle import Settled, settle
from gateway.hub.client import HubClient
from gateway.store import runs
from gateway.store.counts import counts
from gateway.store.steps import Outcome
from gateway.sync.compacting import compact_where_it_pays
from gateway.sync.run import (
    Read,
    Scope,
    SyncReport,
    check_ready,
    finish,
    intake_pool,
    new_of,
    spared,
    sync,
)
from gateway.sync.services import Feed, feeds
from gateway.sync.sharing import Joint, Share, Unit, shared, shares
from gateway.sync.shift import Progress, Shift, silent
from gateway.sync.station import Station

_STOPS: Final = {kind.__name__: kind for kind in (HubUnavailable, HubRefused, EnvelopeError, RowsChanged)}


def sync_or_join(
    station: Station, scope: Scope | None = None, progress: Progress = silent, *, only_join: bool = False
) -> SyncReport:
    """Read everything new and settle it; joins the same sync where it is under way and may be shared.

    `only_join`: begin none.

    Raises:
        ConfigError, PluginError: nothing was read.
        StoreError: the database or the disk failed, or this instance was replaced; what was committed stays.
    """
    if not shares(station, only_join=only_join):
        return sync(station, scope, progress)
    scope = scope or Scope()
    chosen = feeds(station.settings, station.host, scope.department, scope.dataset)

    def start(conn: Connection) -> int:
        check_ready(conn, station)
        return runs.start_run(conn, "sync", station.now())

    with shared(station, Joint("sync", _command(scope), start, only_join=only_join)) as share:
        return sync_together(share, chosen, scope, progress)


def _command(scope: Scope) -> str:
    given = {name: value for name, value in vars(scope).items() if value is not None}
    return " ".join(["sync", *(f"--{name} {value}" for name, value in given.items())])


def sync_together(share: Share, chosen: Sequence[Feed], scope: Scope, progress: Progress) -> SyncReport:
    """One instance's part in a sync, from its first step to its last; the report is of all instances."""
    until = _agreed(share, chosen, scope)
    share.once("sweep", _swept)
    reading = _Reading(share, new_of(replace(scope, until=until)), progress)
    asyncio.run(reading.every(chosen))
    settled = share.once("settle", lambda own: asdict(_settled(own, share.run_id)))
    share.once("compact", lambda own: {"buckets": len(compact_where_it_pays(own, f"run-{share.run_id}"))})
    warnings, stops = _told(share.outcomes(), chosen)

    def ended(own: Station) -> Mapping[str, Any]:
        return {"warnings": finish(own, chosen, share.run_id, stops)}

    drifting = share.once("finish", ended)["warnings"]
    with share.station.store.read() as conn:
        taken = counts(conn, share.run_id)
    return SyncReport(share.run_id, taken, Settled(**settled), [*warnings, *drifting], stops)


def _agreed(share: Share, chosen: Sequence[Feed], scope: Scope) -> datetime:
    """See that this instance reads what the others read; gives up to which load time all of them do."""
    station = share.station
    with station.store.begin() as conn:
        check_ready(conn, station)
    own = [feed.name for feed in chosen]
    latest = station.now() - timedelta(minutes=station.settings.gateway.hub.settle_minutes)
    plan = {"datasets": own, "until": min(scope.until or latest, latest).isoformat()}
    agreed = share.agreed("plan", lambda _: plan)
    if agreed["datasets"] != own:
        raise ConfigError(
            f"run {share.run_id} reads {', '.join(agreed['datasets'])}, this instance would read "
            f"{', '.join(own)}: give every instance the same configuration"
        )
    return datetime.fromisoformat(agreed["until"])


def _swept(own: Station) -> Mapping[str, Any]:
    """Nobody of this run has written yet; an instance that is replaced here deletes nothing written since."""
    before = moment(own.evidence)
    with own.store.begin() as conn:
        known = spared(conn, own)
    return {"swept": sweep(own.evidence, known, before)}


def _settled(own: Station, run_id: int) -> Settled:
    return settle(own.store, own.evidence, run_id, own.now(), own.settings.gateway.decide_memory_mb)


@dataclass(frozen=True)
class _Reading:
    """Reads the datasets that nobody else has taken on, until all are read."""

    share: Share
    read: Read
    progress: Progress

    async def every(self, chosen: Sequence[Feed]) -> None:
        """Read departments side by side; done when every dataset is read by somebody."""
        station, share = self.share.station, self.share
        with intake_pool(station) as pool:
            async with HubClient(timing=station.timing) as client, asyncio.TaskGroup() as tasks:
                shift = Shift(
                    station.settings, station.store, pool, client, share.run_id, station.clock, self.progress
                )
                for _, own in groupby(chosen, key=lambda feed: feed.department):
                    tasks.create_task(self._department(shift, list(own)))

    async def _department(self, shift: Shift, own: Sequence[Feed]) -> None:
        feeds, waiting = {_step(feed): feed for feed in own}, False
        while (standing := await asyncio.to_thread(self.share.standing, list(feeds))).left:
            unit = await self._first(standing.free)
            if unit:
                waiting = False
                outcome = await self._outcome(shift, own, feeds[unit.step], unit)
                await asyncio.to_thread(unit.done, outcome)
                continue
            if not waiting:
                waiting = True
                self.share.say_waiting(standing)
            await asyncio.sleep(self.share.pause_s)

    async def _first(self, free: Sequence[str]) -> Unit | None:
        for step in free:
            if unit := await asyncio.to_thread(self.share.take, step):
                return unit
        return None

    async def _outcome(self, shift: Shift, own: Sequence[Feed], feed: Feed, unit: Unit) -> Outcome:
        """Read a dataset; none is read any more once the hub has refused its department."""
        done = await asyncio.to_thread(self.share.outcomes)
        if any(isinstance(stop, HubRefused) for _, stop in _stops(done, own)):
            return {"warnings": []}
        try:
            return {"warnings": await self.read(replace(shift, store=unit.store), feed)}
        except HubError as error:
            return {"warnings": [], "stop": {"kind": type(error).__name__, "message": str(error)}}


def _step(feed: Feed) -> str:
    return f"read {feed.name}"


def _stops(done: Mapping[str, Outcome], feeds: Sequence[Feed]) -> Iterator[tuple[Feed, GatewayError]]:
    for feed in feeds:
        if stop := done.get(_step(feed), {}).get("stop"):
            yield feed, _STOPS.get(stop["kind"], HubError)(stop["message"])


def _told(done: Mapping[str, Outcome], chosen: Sequence[Feed]) -> tuple[list[str], dict[str, GatewayError]]:
    """The warnings of all datasets, a line each, and why a dataset or department stopped, by its name."""
    warnings = [line for feed in chosen for line in done.get(_step(feed), {}).get("warnings", ())]
    stops = {
        feed.department if isinstance(stop, HubRefused) else feed.name: stop
        for feed, stop in _stops(done, chosen)
    }
    return warnings, stops
