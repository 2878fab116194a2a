"""Events out: made, signed and kept; read from the feed; sent to a webhook; and how long that takes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.delivery.feed import READERS
from bench.delivery.latency import RATE, p99
from bench.delivery.publish import drafts, publish
from bench.delivery.webhooks import measure
from bench.figures import Figure, measured, repeated

Say = Callable[[str], None]
_PUBLISH, _FEED, _SINGLE, _BATCHED = 30_000, 300_000, 6_000, 200_000
"""Targets, events a second."""

_P99_S: Final = 2

_A_BATCH: Final = 100


def publishing(events: int, times: int, say: Say, *, channels: bool = True) -> list[Figure]:
    """Publish so many events; with `channels` the feed and webhooks as well, at their own sizes."""
    say(f"publishing {events:,} events")
    made = drafts(events)

    def once() -> float:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            return publish(Path(folder), made)

    found = [measured("publish", "publish", repeated(times, once), "events/s", target=_PUBLISH)]
    return found + (_channels(times, say) if channels else [])


def _channels(times: int, say: Say) -> list[Figure]:
    say("the feed")
    feed, beside = _feed(times)
    say("webhooks, one event a request")
    single = repeated(times, lambda: measure(20_000, 1).per_second)
    say("webhooks in batches")
    batched = repeated(times, lambda: measure(200_000, _A_BATCH).per_second)
    return [
        measured("publish", "feed", feed, "events/s", target=_FEED),
        measured("publish", "feed_beside", beside, "events/s", note=f"{READERS} readers beside each other"),
        measured("publish", "webhooks_single", single, "events/s", target=_SINGLE),
        measured("publish", "webhooks_batches_of_100", batched, "events/s", target=_BATCHED),
        *latency(times, say),
    ]


def latency(times: int, say: Say) -> list[Figure]:
    """How long the slowest in a hundred take to each kind of subscriber, at a steady rate."""
    say(f"how long an event takes at {RATE} a second")
    rounds = [p99() for _ in range(times)]
    return [
        measured(
            "publish",
            f"p99_{way}",
            [each[way] for each in rounds],
            "s",
            target=_P99_S,
            less_is_better=True,
            note=f"at {RATE} events a second, from the event's transaction to the subscriber's ack",
        )
        for way in rounds[0]
    ]


def _feed(times: int) -> tuple[list[float], list[float]]:
    """For one reader, and for several beside each other; by a process that can start a server by spawning."""
    words = [sys.executable, "-m", "bench.delivery.feed", str(times)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 - our own module
    found = json.loads(done.stdout)
    return found["rounds"], found["beside"]
