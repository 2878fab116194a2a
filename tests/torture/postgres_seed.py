"""A seed over a PostgreSQL of its own that crashes under everybody, and comes up again."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Final

from gateway.store.database import Store
from tests.support.cluster import Cluster
from tests.support.services import temporary_postgres
from tests.torture.checker import Verdict
from tests.torture.incarnation import Place
from tests.torture.lives import Forked, Life, reserved_port
from tests.torture.plan import Fault, FaultKind, Plan, Run, draw
from tests.torture.seed import SPEED, World, run_plan
from tests.torture.writing import write_runs

RESTARTS: Final = 3
_RUNS: Final = 24
_BETWEEN_SECONDS: Final = 0.4
_PAUSE_SECONDS: Final = 0.1
_SETTLE_SECONDS: Final = 90.0
"""Longer than a sending that hangs, on a connection that never answers, is let be before it is begun anew."""

_OURS: Final = frozenset({FaultKind.KILL, FaultKind.STORE_DOWN})


def run_postgres_seed(number: int, folder: Path, cluster: Cluster) -> Verdict:
    """Run one seed in an empty folder, over a database of its own in the cluster."""
    with temporary_postgres(cluster.url) as url, reserved_port() as port:
        with Store(url) as store:
            store.migrate()
        place = Place(url, folder, port, SPEED)
        found, _ = asyncio.run(run_plan(plan_of(number), place, _SETTLE_SECONDS, _restarted(cluster)))
        return found


def plan_of(number: int) -> Plan:
    """The seed's receivers, cuts and clocks; more runs, and no process that is killed."""
    plan = draw(number)
    runs = tuple(
        Run(run_id, plan.runs[run_id % len(plan.runs)].benefits, 0) for run_id in range(1, _RUNS + 1)
    )
    faults = tuple(fault for fault in plan.faults if fault.kind not in _OURS)
    cut = Fault(200, FaultKind.SUBSCRIBER_CUT)
    return replace(plan, runs=runs, fatal=(), writer_fatal=(), faults=(*faults, cut))


def _restarted(cluster: Cluster) -> type[World]:
    class Restarted(World):
        def writer(self, fatal: int) -> Life:
            return Forked(write_runs, self.place.store_url, self.plan.runs, fatal, _PAUSE_SECONDS)

        async def beside(self) -> None:
            for turn in range(RESTARTS * 2):
                await asyncio.sleep(_BETWEEN_SECONDS)
                await (_restart(cluster) if turn % 2 else asyncio.to_thread(cluster.end_connections))

    return Restarted


async def _restart(cluster: Cluster) -> None:
    process = await asyncio.create_subprocess_exec(*cluster.restarting, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise RuntimeError("PostgreSQL did not come up again: its log says why")
