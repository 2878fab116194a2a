"""Settles and decides month after month, beside each other with and without compaction.

Prints a line a month: CPU seconds of settling and compacting, rows to be read, and in the months that are
decided the CPU seconds of that; the last lines are month 24, or the last, as a multiple of month 2.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from bench.evidence.months import Size, arrivals, received_at
from bench.evidence.site import Site
from gateway.evidence.files import write_part

Found = TypeVar("Found")
_NAMES: Final = ("plain", "compacted")


@dataclass
class Costs:
    """CPU seconds of one site, month by month; `decide` only of the months that were decided."""

    settle: list[float] = field(default_factory=list)
    compact: list[float] = field(default_factory=list)
    decide: dict[int, float] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def main(argv: Sequence[str]) -> None:
    """Run it, in a folder of its own."""
    parser = argparse.ArgumentParser("bench.evidence", description=__doc__)
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--memory-mb", type=int, default=1024)
    parser.add_argument("--buckets", type=int, default=4, help="how many of the 16 are decided")
    parser.add_argument("--decide-every", type=int, default=11)
    given = parser.parse_args(argv)
    size = Size(given.persons)
    with TemporaryDirectory(prefix="bench-evidence-") as folder:
        costs = _measured(Path(folder), size, given)
    for line in _ratios(costs):
        _say(line)


def _measured(folder: Path, size: Size, given: argparse.Namespace) -> dict[str, Costs]:
    sites = {name: Site.at(folder / name, given.memory_mb) for name in _NAMES}
    costs = {name: Costs() for name in _NAMES}
    for site in sites.values():
        site.import_roster(size)
    for month in range(given.months):
        files = [write_part(folder / "pages", "arrived", page) for page in arrivals(size, month)]
        decides = (month + 1 - 2) % given.decide_every == 0 and month > 0
        for name, site in sites.items():
            site.set_clock(received_at(month))
            site.arrive(folder / "pages", files, month)
            _month(site, costs[name], month, range(given.buckets) if decides else (), name)
        for written in files:
            (folder / "pages" / written.path).unlink()
    return costs


def _month(site: Site, cost: Costs, month: int, buckets: Sequence[int], name: str) -> None:
    cost.settle.append(_timed(site.settle)[0])
    if buckets:
        cost.decide[month] = min(_timed(lambda: site.decide(month, buckets))[0] for _ in range(2))
    site.decided(month)
    cost.compact.append(_timed(site.compact)[0] if name == "compacted" else 0.0)
    cost.rows.append(site.rows())
    decided = f" decide {cost.decide[month]:6.2f}" if buckets else ""
    times = f"settle {cost.settle[-1]:6.2f} compact {cost.compact[-1]:6.2f}{decided}"
    _say(f"month {month + 1:2} {name:9} {times} rows {cost.rows[-1]:>11,}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the figures


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def _ratios(costs: dict[str, Costs]) -> Iterator[str]:
    for name, cost in costs.items():
        last = len(cost.settle)
        yield f"{name}: settle in month {last} is {cost.settle[-1] / cost.settle[1]:.2f} times month 2"
        if len(cost.decide) > 1:
            first, *_, final = cost.decide.values()
            yield f"{name}: decide in month {max(cost.decide) + 1} is {final / first:.2f} times month 2"
        yield f"{name}: compacting took {sum(cost.compact) / last:.2f} s of CPU a month on average"


if __name__ == "__main__":
    main(sys.argv[1:])
