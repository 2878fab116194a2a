"""`make torture SEEDS=10000`: many seeds, and for each that fails the command that runs it again."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Final, TextIO

from tests.torture.seeds import SITE_SHARE, Level, Result, Summary, level_of, results, workers

_EVERY: Final = 50


def main(words: Sequence[str] | None = None) -> int:
    """Run the seeds asked for; 1 where any failed."""
    asked = _asked(words)
    numbers = range(asked.from_seed, asked.from_seed + asked.seeds)
    summary = Summary()
    with workers(asked.jobs) as pool:
        for result in results(
            pool, numbers, lambda number: asked.level or level_of(number, asked.site_share)
        ):
            summary.add(result)
            _tell(result, summary, asked.seeds)
    _say(json.dumps(summary.counts()) if asked.json else str(summary), sys.stdout)
    return 1 if summary.failed else 0


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds")
    parser.add_argument("--from-seed", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("--level", type=Level, choices=Level, help="all of them at this level")
    parser.add_argument(
        "--site-share", type=float, default=SITE_SHARE, help="the share of seeds that run over a whole site"
    )
    parser.add_argument("--json", action="store_true", help="the summary as JSON on standard output")
    return parser.parse_args(words)


def _tell(result: Result, summary: Summary, seeds: int) -> None:
    if result.failed:
        _say("\n".join(result.lines()), sys.stderr)
    if summary.total["seeds"] % _EVERY == 0:
        _say(f"{summary.total['seeds']} of {seeds} seeds, {len(summary.failed)} failed", sys.stderr)


def _say(text: str, stream: TextIO) -> None:
    print(text, file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())
