"""Deciding everybody, and by what has moved after a fiftieth of a month's rows, as figures."""

import re
import sys
from collections.abc import Callable
from typing import Final

from bench.data.drafts import ROWS_A_BENEFIT
from bench.decide.data import Size
from bench.errors import CommandFailedError
from bench.figures import Figure, measured
from bench.site import MEMORY_MB, ROOT
from bench.watch import watched

Say = Callable[[str], None]
ARRIVED: Final = 0.02
USUAL: Final = 1_000_000
_FULL_S: Final = 60 / 15_000_000
_TIMES_FASTER: Final = 4
_LINE: Final = re.compile(r"decide_(?P<name>full|incremental) (?P<wall>[0-9.]+) s (?P<cpu>[0-9.]+) cpu_s")


def deciding(benefits: int, times: int, say: Say) -> list[Figure]:
    """Full and incremental over the same arrivals, on a new copy of a kept province each time."""
    found, peaks = [], []
    for _ in range(times):
        say(f"deciding {benefits:,} benefits, in full and by what has moved")
        taken = watched(_words(size_of(benefits)), ROOT, {"PYTHONPATH": str(ROOT)})
        found.append(seconds_of(taken.output))
        peaks.append(taken.peak_mib)
    full, again = ([each[name] for each in found] for name in ("full", "incremental"))
    faster = [one / other for one, other in zip(full, again, strict=True)]
    note = f"{benefits:,} benefits; {ARRIVED:.0%} of a month's rows arrived"
    target = _FULL_S * benefits
    return [
        measured(
            "decide",
            "decide_full",
            full,
            "s",
            target=target,
            less_is_better=True,
            peak_mib=max(peaks),
            note=note,
        ),
        measured("decide", "decide_incremental", again, "s", note=note),
        measured("decide", "decide_speedup", faster, "times", target=_TIMES_FASTER),
    ]


def seconds_of(output: str) -> dict[str, float]:
    """Wall time of both runs, from the lines of `bench.decide.run`.

    Raises:
        CommandFailedError: a line is missing.
    """
    found = {line["name"]: float(line["wall"]) for line in _LINE.finditer(output)}
    if set(found) != {"full", "incremental"}:
        raise CommandFailedError("bench.decide.run told of no full and no incremental run")
    return found


def _words(size: Size) -> list[str]:
    sizes = {"benefits": size.benefits, "records": size.records, "memory-mb": MEMORY_MB, "share": ARRIVED}
    options = [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "bench.decide.run", *options]


def size_of(benefits: int) -> Size:
    """A province of so many benefits, with a month's records."""
    return Size(benefits, round(benefits * ROWS_A_BENEFIT))
