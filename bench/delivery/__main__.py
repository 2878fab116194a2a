"""Delivery's figures in one run, a line each, `name value unit target`: `python -m bench.delivery`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.delivery.latency import RATE, p99
from bench.delivery.publish import drafts, publish
from bench.delivery.webhooks import measure

_PUBLISHED: Final = 100_000
_SINGLE: Final = 20_000
_BATCHED: Final = 200_000


def main() -> None:
    """Measure each after the other, so that none takes the other's cores."""
    _tell("publish", _publish(), "events/s", 30_000)
    _tell("feed", _feed(), "events/s", 300_000)
    _tell("webhooks_single", measure(_SINGLE, 1).per_second, "events/s", 6_000)
    _tell("webhooks_batches_of_100", measure(_BATCHED, 100).per_second, "events/s", 200_000)
    for way, seconds in p99().items():
        _tell(f"{way}_p99_at_{RATE}_events_a_second", round(seconds * 1000), "ms", 2_000)


def _tell(name: str, value: float, unit: str, target: int) -> None:
    sys.stdout.write(f"{name} {value:.0f} {unit} {target}\n")
    sys.stdout.flush()


def _publish() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return publish(Path(folder), drafts(_PUBLISHED))


def _feed() -> float:
    """In a process of its own: it starts a server by spawning."""
    words = [sys.executable, "-m", "bench.delivery.feed"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 - our own module
    return float(json.loads(done.stdout)["events_per_second"])


if __name__ == "__main__":
    main()
