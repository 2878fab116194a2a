"""How long deciding takes, in full and by what has moved, and what memory: `python -m bench.decide.run`."""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bench.decide.data import AS_OF, Size
from bench.decide.site import MADE, ROOT, DecideSite, arrive, copied, province
from gateway.decide.columns import DECIDED
from gateway.decide.compared import Gaps
from gateway.decide.engine import compiled, decide_buckets
from gateway.decide.engines import DuckTables
from gateway.evidence.columns import BUCKETS
from gateway.evidence.engine import engine
from gateway.evidence.files import as_part, write_part
from gateway.evidence.settle import settle
from gateway.memory import collect_seldom
from gateway.policy import load_policy
from gateway.store import runs
from gateway.store.bases import keep_basis
from gateway.store.parts import add_parts, live_parts
from gateway.store.proposals import drop_proposals
from gateway.sync.deciding import deciding, report_on
from gateway.sync.progress import silent
from gateway.sync.proposing import Deciding, propose
from gateway.sync.report import DecideReport
from gateway.sync.sources import bucket_input

_QUICK: Final = Size(100_000, 333_333)
PROVINCE: Final = Size(15_000_000, 50_000_000)


@dataclass(frozen=True)
class Taken:
    """What one run took: seconds of wall and of all cores, peak memory of the process so far, in MB."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: int
    report: DecideReport


def measure(site: DecideSite, share: float = 0.02) -> Iterator[Taken]:
    """A usual run in full and by what has moved, both over the same arrivals; nothing is published."""
    stand(site)
    day = AS_OF + timedelta(1)
    _arrived(site, share)
    yield _timed("full", site, day, full=True)
    yield _timed("incremental", site, day, full=False)


def stand(site: DecideSite) -> None:
    """Let every benefit be decided, without events: what a published run would leave, where there is none."""
    station = site.station
    with station.store.read() as conn:
        if live_parts(conn, "decided"):
            return
    policy = load_policy(station.settings.folder)
    with station.store.begin() as conn:
        run_id = runs.start_run(conn, "decide", station.now(), AS_OF, policy.version)
    run = deciding(station, policy, AS_OF, run_id, station.now())
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
        for bucket in range(BUCKETS):
            with station.store.read() as conn:
                given = bucket_input(station, conn, DuckTables(connection), [bucket], policy, AS_OF)
            for _, outcome in decide_buckets(connection, given.sources, run.queries, [bucket]):
                rows = _as_if_told(outcome.state)
                part = as_part(
                    write_part(station.evidence, "decided", rows), "decided", bucket, run_id, station.now()
                )
                with station.store.begin() as conn:
                    add_parts(conn, [part])
    with station.store.begin() as conn:
        keep_basis(conn, run.basis)
        runs.finish_run(conn, run_id, "done", station.now(), summary={"changed": 0})


def _as_if_told(state: pa.Table) -> pa.Table:
    """The DECIDED rows with ids where an event would have been made."""
    ids = pc.binary_join_element_wise("evt_", state["benefit_id"], "")
    told = {
        "suspicion_event_id": pc.is_valid(state["reason"]),
        "renewal_event_id": pc.equal(state["certified_by"], "evidence"),
        "last_event_id": pc.is_valid(state["certified_by"]),
    }
    for name, where in told.items():
        place = DECIDED.get_field_index(name)
        values = pc.if_else(pc.fill_null(where, fill_value=False), ids, pa.scalar(None, pa.string()))
        state = state.set_column(place, DECIDED.field(place), values)
    return state


def _arrived(site: DecideSite, share: float) -> None:
    station = site.station
    site.clock.now += timedelta(1)
    arrive(site, share)
    with station.store.begin() as conn:
        run_id = runs.start_run(conn, "sync", station.now())
    settle(station.store, station.evidence, run_id, station.now(), station.settings.gateway.decide_memory_mb)


def _timed(name: str, site: DecideSite, day: date, *, full: bool) -> Taken:
    station = site.station
    policy = load_policy(station.settings.folder)
    with station.store.begin() as conn:
        drop_proposals(conn, station.now())
        run_id = runs.start_run(conn, "decide", station.now(), day, policy.version)
    wall, cpu = time.perf_counter(), time.process_time()
    run: Deciding = deciding(station, policy, day, run_id, station.now(), full=full)
    report = report_on(run)
    propose(run, BUCKETS, report, silent)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    return Taken(name, *taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, report)


def decided_once(size: Size, memory_mb: int) -> Path:
    """The folder of a province of which these rules decided every benefit once; made if it is not there."""
    rules = compiled(load_policy(ROOT / "config"), AS_OF, Gaps()).rules
    made = province(size)
    folder = made.with_name(f"{made.name}-{rules[:12]}")
    if not (folder / MADE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with copied(made, size, folder, memory_mb) as site:
            stand(site)
        (folder / MADE).touch()
    return folder


@contextmanager
def standing_site(size: Size, memory_mb: int) -> Iterator[DecideSite]:
    """A copy of a province in which every benefit was decided once."""
    folder = decided_once(size, memory_mb)
    with (
        tempfile.TemporaryDirectory(prefix="decide-", dir=folder.parent) as into,
        copied(folder, size, Path(into), memory_mb) as site,
    ):
        yield site


def main() -> None:
    """Print a line for each run: name, seconds, those of all cores, peak MB, benefits looked at, changed."""
    parser = argparse.ArgumentParser(prog="python -m bench.decide.run", description=__doc__)
    parser.add_argument("--benefits", type=int, default=_QUICK.benefits)
    parser.add_argument("--records", type=int, default=_QUICK.records)
    parser.add_argument("--memory-mb", type=int, default=1024, help="decide_memory_mb")
    parser.add_argument("--share", type=float, default=0.02, help="of a month's records that arrive")
    given = parser.parse_args()
    collect_seldom()  # as the command line does
    with standing_site(Size(given.benefits, given.records), given.memory_mb) as site:
        for taken in measure(site, given.share):
            looked, changed = taken.report.reconsidered, taken.report.changed
            sys.stdout.write(
                f"decide_{taken.name} {taken.wall_s:.1f} s {taken.cpu_s:.1f} cpu_s {taken.peak_mb} MB "
                f"{looked} looked_at {changed} changed\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
