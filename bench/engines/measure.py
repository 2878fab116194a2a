"""The same query on the three engines as figures; all must come to the same decisions."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.engines.inputs import inputs
from bench.engines.outcome import LONGEST_S, Outcome
from bench.engines.postgres import SERVER
from bench.errors import EnginesDifferError
from bench.figures import Figure, median_of
from bench.site import ROOT
from bench.watch import Taken, watched

Say = Callable[[str], None]
USUAL: Final = 200_000
"""PostgreSQL takes minutes for so many, and more than a quarter of an hour for a million."""

_NEVER: Final = "did not end in 15 minutes"


@dataclass(frozen=True)
class Engine:
    """One engine: how it is called, and how often it is asked. `missing` says why it cannot be asked here.

    A server's memory is no part of the tree of processes that asks it, and is not told.
    """

    name: str
    words: Sequence[str]
    missing: str = ""
    most_times: int = 3
    is_server: bool = False


def engines() -> list[Engine]:
    """Those that are compared, ours first."""
    python = [sys.executable, "-m"]
    services = [str(ROOT / "scripts" / "services"), *python]
    java = "" if shutil.which("java") and find_spec("pyspark") else "pyspark and a Java runtime"
    return [
        Engine("duckdb", [*python, "bench.engines.duck"]),
        Engine("spark", [*python, "bench.engines.spark"], java),
        Engine("postgres", [*services, "bench.engines.postgres"], _no_server(), 1, is_server=True),
    ]


def _no_server() -> str:
    """Why `scripts/services` would give no PostgreSQL, if it would not."""
    installed = shutil.which("initdb") or [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return "" if installed or os.environ.get(SERVER) else "PostgreSQL"


def same_query(benefits: int, times: int, say: Say) -> list[Figure]:
    """Seconds by engine over the first month of so many benefits, and how many times ours that is.

    Raises:
        EnginesDifferError: an engine came to other decisions than DuckDB.
    """
    folder = inputs(benefits, say)
    ours: tuple[Outcome, Taken] | None = None
    figures = []
    for engine in engines():
        if engine.missing:
            say(f"{engine.name} is left out: it needs {engine.missing}")
            continue
        say(f"the rules on {engine.name}")
        found = _asked(engine, folder, min(times, engine.most_times))
        ours = ours or found
        _compare(engine, found[0], ours[0])
        figures.append(_figure(engine, found, ours[0], benefits))
    return figures


def _asked(engine: Engine, folder: Path, times: int) -> tuple[Outcome, Taken]:
    taken = watched([*engine.words, str(folder), str(times)], ROOT, {"PYTHONPATH": str(ROOT)})
    return Outcome(**json.loads(taken.output.splitlines()[-1])), taken


def _compare(engine: Engine, found: Outcome, ours: Outcome) -> None:
    if found.seconds and found.tally != ours.tally:
        raise EnginesDifferError(f"{engine.name} decided otherwise than DuckDB: compare both tallies")


def _figure(engine: Engine, found: tuple[Outcome, Taken], ours: Outcome, benefits: int) -> Figure:
    outcome, taken = found
    name = f"same_query_{engine.name}"
    if not outcome.seconds:
        return Figure(section="decide", name=name, value=LONGEST_S, unit="s", note=_NEVER)
    middle, least, most = median_of(outcome.seconds)
    own = median_of(ours.seconds)[0]
    return Figure(
        section="decide",
        name=name,
        value=middle,
        unit="s",
        least=least,
        most=most,
        runs=len(outcome.seconds),
        ratio=None if outcome is ours else middle / own,
        against=None if outcome is ours else "the same query on DuckDB",
        peak_mib=None if engine.is_server else taken.peak_mib,
        note=f"{benefits:,} benefits",
    )
