"""A minute's worth of figures: intake beside dlt, deciding, publishing."""

from collections.abc import Callable, Iterator
from typing import Final

from bench.figures import Figure, measured
from bench.intake.measure import MONTH, Sizes, intake
from bench.publishing import publishing
from bench.site import BenchSite
from bench.watch import Taken

Say = Callable[[str], None]
_DECIDE: Final = 15_000_000 / 60
"""Benefits a second: fifteen million in a minute."""


def quick_figures(sizes: Sizes, events: int, say: Say) -> Iterator[Figure]:
    """Each figure as soon as it is there."""
    decided = list[Taken]()

    def decide(site: BenchSite) -> None:
        say("decide")
        decided.append(site.command("decide", "--as-of", MONTH.as_of.isoformat(), "--json", check=False))

    yield from intake(sizes, say, decide)
    rates = [sizes.benefits / taken.wall_s for taken in decided]
    peak = max(taken.peak_mib for taken in decided)
    note = "the command from its start to its end"
    yield measured("decide", "decide", rates, "benefits/s", target=_DECIDE, peak_mib=peak, note=note)
    yield from publishing(events, 1, say, channels=False)
