"""Kills a run between any two of its writes, for every one of them, and looks at what the next run reaches.

A process of its own (`python -m tests.acceptance.killing PLAN.json RESULT.json`): it only ever forks, so that
every child begins with the modules loaded and without threads, connections or files of another run.
"""

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

from sqlalchemy import Connection

from gateway.cli.context import open_station
from gateway.decide import engine
from gateway.decide.compared import gaps
from gateway.errors import RequestError
from gateway.policy import load_policy
from gateway.roster import importer
from gateway.store.database import Store
from gateway.store.runs import list_runs
from gateway.store.windows import compared_until
from gateway.sync import deciding, roster
from gateway.sync.approving import Word, approve_run
from gateway.sync.deciding import decide_run
from gateway.sync.roster import RosterFile, take_roster
from gateway.sync.run import Scope, sync
from gateway.sync.station import Station
from tests.support.site import SetClock, SkippedTime, digest, state_of

PROCESSORS = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Plan:
    """What is run: sync, import, decide or approve; `data` is what every run starts from a copy of."""

    job: str
    config: str
    data: str
    scratch: str
    now: str
    as_of: str
    roster: str
    buckets: int

    def write(self, path: Path) -> None:
        """Hand the plan to the process."""
        path.write_text(json.dumps(asdict(self)), "utf-8")


class Steps:
    """Counts the writes of this process, and kills it at one of them."""

    def __init__(self, fatal: int = 0) -> None:
        self.count = 0
        self._fatal = fatal
        self._counting = threading.Lock()

    def step(self) -> None:
        """A write is done, or about to be; a page is written while the one before it is committed."""
        with self._counting:
            self.count += 1
            if self.count == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count: a file opened for writing, written, renamed; one removed; a commit before and after."""
        opened, unlinked, removed = Path.open, Path.unlink, shutil.rmtree
        begun = Store.begin

        def open_file(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> IO[Any]:
            file = opened(path, mode, *arguments, **named)
            if "w" in mode:
                self.step()
            return file

        def unlink(path: Path, *, missing_ok: bool = False) -> None:
            self.step()
            unlinked(path, missing_ok=missing_ok)

        def rmtree(*arguments: Any, **named: Any) -> None:
            self.step()
            removed(*arguments, **named)

        @contextmanager
        def begin(store: Store) -> Iterator[Connection]:
            with begun(store) as connection:
                yield connection
                self.step()
            self.step()

        _set(Path, open=open_file, unlink=unlink)
        _set(shutil, rmtree=rmtree)
        _set(os, fsync=lambda _: self.step())  # a kill loses no written byte: only a power cut would
        _set(Store, begin=begin)


def _set(owner: object, **values: object) -> None:
    for name, value in values.items():
        setattr(owner, name, value)


def run(plan: Plan, station: Station) -> None:
    """The job, one department after the other: the writes come in the same order every time."""
    if plan.job == "import":
        take_roster(station, RosterFile(Path(plan.roster)))
    elif plan.job == "decide":
        decide_run(station, date.fromisoformat(plan.as_of))
    elif plan.job == "approve":
        approve_last(station)
    else:
        for department in ("police", "justice"):
            sync(station, Scope(department=department))


def approve_last(station: Station) -> None:
    """Approve the last run; one that was killed when all was done needs it no more."""
    with station.store.read() as conn:
        (last,) = list_runs(conn, limit=1, kind="decide")
    with suppress(RequestError) if last.state == "done" else nullcontext():
        approve_run(station, last.run_id, Word("a test", "looked at"))


def station_of(plan: Plan, data: Path) -> Station:
    """The station as configured, with its data elsewhere."""
    found = configured(plan.config)
    evidence, store = data / "evidence", f"sqlite:///{data / 'gateway.db'}"
    gateway = found.settings.gateway.model_copy(update={"evidence": evidence, "store": store})
    return replace(
        found,
        settings=found.settings.model_copy(update={"gateway": gateway}),
        store=Store(store),
        clock=SetClock(datetime.fromisoformat(plan.now)),
        timing=SkippedTime().timing(),
    )


@cache
def configured(config: str) -> Station:
    """The configuration, read once for all children."""
    return open_station(Path(config))


def undisturbed(plan: Plan, folder: Path) -> None:
    """Run without a kill; note the number of writes and the state that is to be reached."""
    steps, data = Steps(), _copy(plan, folder)
    steps.watch()
    run(plan, station_of(plan, data))
    writes = steps.count
    _note(folder, {"writes": writes, "state": _state(plan, data)})


def killed(plan: Plan, folder: Path, fatal: int) -> None:
    """Run and be killed at a write, then run again; note the state that was reached."""
    data = _copy(plan, folder)
    child = os.fork()
    if child == 0:
        _leave(lambda: _run_until(plan, data, fatal))
    _, status = os.waitpid(child, 0)
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    run(plan, station_of(plan, data))
    _note(folder, {"killed": was_killed, "state": _state(plan, data)})


def _run_until(plan: Plan, data: Path, fatal: int) -> None:
    Steps(fatal).watch()
    run(plan, station_of(plan, data))


def _state(plan: Plan, data: Path) -> object:
    station = station_of(plan, data)
    return digest(state_of(station.store, station.evidence))


def _copy(plan: Plan, folder: Path) -> Path:
    shutil.copytree(plan.data, folder / "data")
    return folder / "data"


def _note(folder: Path, result: object) -> None:
    (folder / "result.json").write_text(json.dumps(result), "utf-8")


def _leave(work: Callable[[], None]) -> NoReturn:
    """Do it in this child, and end it without the parent's clean-up."""
    code = 1
    try:
        work()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _case(plan: Plan, fatal: int) -> dict[str, Any]:
    """What came of a case; one whose second run failed too has reached no state."""
    folder = Path(plan.scratch, f"{fatal}")
    noted = folder / "result.json"
    result = json.loads(noted.read_text("utf-8")) if noted.exists() else {"killed": True, "state": None}
    shutil.rmtree(folder)
    return {"at": fatal, **result}


def _start(plan: Plan, fatal: int) -> int:
    folder = Path(plan.scratch, f"{fatal}")
    folder.mkdir(parents=True)
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {PROCESSORS[fatal % len(PROCESSORS)]})  # more threads only wait
        _leave(lambda: killed(plan, folder, fatal) if fatal else undisturbed(plan, folder))
    return child


def cases(plan: Plan) -> Iterator[dict[str, Any]]:
    """The undisturbed run, then one case for each of its writes; a few at a time."""
    os.waitpid(_start(plan, 0), 0)
    reference = _case(plan, 0)
    yield reference
    under_way: dict[int, int] = {}
    for fatal in range(1, reference["writes"] + 1):
        under_way[_start(plan, fatal)] = fatal
        if len(under_way) == len(PROCESSORS):
            yield _case(plan, under_way.pop(os.wait()[0]))
    while under_way:
        yield _case(plan, under_way.pop(os.wait()[0]))


def prepare(plan: Plan) -> None:
    """Make what is the same for every run before the first fork; leave out the buckets that nobody is in."""
    station, as_of = station_of(plan, Path(plan.data)), date.fromisoformat(plan.as_of)
    policy = load_policy(station.settings.folder)
    for module in (deciding, roster):
        _set(module, load_policy=lambda _: policy)
    _set(importer, BUCKETS=plan.buckets)
    if plan.job == "decide":
        with station.store, station.store.read() as conn:
            found = gaps(policy, compared_until(conn), as_of)
        queries = engine.compiled(policy, as_of, found)
        _set(deciding, kept_queries=lambda *_: queries, BUCKETS=plan.buckets)


def main(plan_file: str, result_file: str) -> None:
    """Run the plan and write what came of every case."""
    plan = Plan(**json.loads(Path(plan_file).read_text("utf-8")))
    prepare(plan)
    Path(result_file).write_text(json.dumps(list(cases(plan))), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
