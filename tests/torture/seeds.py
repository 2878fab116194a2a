"""Many seeds: each in a folder of its own, and what they come to together."""

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from gateway.store.database import Store
from tests.torture.checker import Kind, Verdict
from tests.torture.plan import draw
from tests.torture.seed import run_seed
from tests.torture.site_seed import run_site_seed

_CONTEXT: Final = get_context("forkserver")
_LOG_LINES: Final = 30


class Level(StrEnum):
    """How much of the gateway a seed runs over."""

    SERVING = "serving"  # the serving side in processes of its own, over events that a writer makes
    SITE = "site"  # `gateway serve` as installed, and the sync and the decisions before it


SITE_SHARE: Final = 0.04


def level_of(number: int, site_share: float = SITE_SHARE) -> Level:
    """The level of a seed: always the same for the same share."""
    return Level.SITE if int((number + 1) * site_share) > int(number * site_share) else Level.SERVING


@dataclass(frozen=True)
class Result:
    """What came of one seed: its verdict and what was done to it, or the fault that stopped the harness."""

    seed: int
    level: Level
    verdict: Verdict | None
    kills: int = 0
    faults: int = 0
    stopped: str = ""
    log: tuple[str, ...] = field(default=(), repr=False)

    @property
    def failed(self) -> bool:
        return self.verdict is None or bool(self.verdict.findings)

    def lines(self) -> Iterator[str]:
        """Why it failed, what was planned, and the command that does it again."""
        again = f"python -m tests.torture --from-seed {self.seed} --seeds 1 --level {self.level}"
        yield f"seed {self.seed} FAILED, again with: {again}"
        yield from (f"  {finding}" for finding in (self.verdict.findings if self.verdict else ()))
        yield from (f"  {line}" for line in self.stopped.splitlines())
        if self.level is Level.SERVING:
            yield from (f"    {line}" for line in draw(self.seed).lines())
        yield from (f"      {line}" for line in self.log)


@dataclass
class Summary:
    """What the seeds come to so far."""

    total: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one more."""
        if result.failed:
            self.failed.append(result.seed)
        self.total.update(seeds=1, kills=result.kills, faults=result.faults)
        if result.verdict is not None:
            self.total.update(_counts(result.verdict))

    def counts(self) -> dict[str, int | list[int]]:
        """The figures by name, and the numbers of the seeds that failed."""
        return {**self.total, "failed": self.failed}

    def __str__(self) -> str:
        figures = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.total.items())
        return f"{figures}; failed: {self.failed or 'none'}"


def workers(jobs: int) -> ProcessPoolExecutor:
    """Processes that run seeds; each makes what its seeds share once."""
    return ProcessPoolExecutor(jobs, mp_context=_CONTEXT, initializer=_quiet)


def _quiet() -> None:
    """The client is asked to try again and again: of that these processes say nothing."""
    logging.getLogger("gateway.client").setLevel(logging.ERROR)


def results(
    pool: ProcessPoolExecutor, numbers: Sequence[int], leveled: Callable[[int], Level] = level_of
) -> Iterator[Result]:
    """What comes of these seeds, in their order."""
    return pool.map(run_one, numbers, map(leveled, numbers))


def run_one(number: int, level: Level) -> Result:
    """Run a seed, whatever comes of it."""
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        log = folder / "gateway.log"
        try:
            found, kills = _run(number, level, folder)
        except Exception as fault:  # noqa: BLE001 - a harness that stops is a seed that failed, told with its log
            return Result(number, level, None, stopped=_said(fault), log=_tail(log))
        faults = len(draw(number).faults)
        return Result(number, level, found, kills, faults, log=_tail(log) if found.findings else ())


def _run(number: int, level: Level, folder: Path) -> tuple[Verdict, int]:
    if level is Level.SITE:
        return run_site_seed(number, folder)
    return run_seed(number, folder, _migrated())


def _counts(found: Verdict) -> dict[str, int]:
    figures = {name: getattr(found, name) for name in ("attempted", "delivered", "acked", "unavoidable")}
    return figures | {kind.replace(" ", "_"): len(found.of(kind)) for kind in Kind}


def _said(fault: BaseException) -> str:
    if isinstance(fault, BaseExceptionGroup):
        return "\n".join(_said(each) for each in fault.exceptions)
    return f"{type(fault).__name__}: {fault}"


def _tail(log: Path) -> tuple[str, ...]:
    lines = log.read_text("utf-8", errors="replace").splitlines() if log.exists() else []
    return tuple(lines[-_LOG_LINES:])


@cache
def _migrated() -> Path:
    """An empty database with its tables, made once for all seeds of this process."""
    path = Path(tempfile.mkdtemp(prefix="torture-")) / "gateway.db"
    with Store(f"sqlite:///{path}") as store:
        store.migrate()
    return path
