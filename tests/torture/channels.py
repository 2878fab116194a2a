"""Everybody who receives, over every channel there is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Final, Protocol

from tests.torture.client import Client
from tests.torture.facts import Recorder, Subscriber
from tests.torture.plan import Fault
from tests.torture.pulling import Named, Puller, Streaming
from tests.torture.writing import TYPE_PREFIX

LOOK_SECONDS: Final = 0.02
SUSPECTED: Final = frozenset({f"{TYPE_PREFIX}eligibility.suspected", f"{TYPE_PREFIX}certification.renewed"})
"""What those want who do not want everything."""


class Channel(Protocol):
    """One subscriber at work."""

    @property
    def subscriber(self) -> Subscriber:
        """Whom the facts are about."""

    async def run(self) -> None:
        """Receive until cancelled."""

    async def cut(self, fault: Fault) -> None:
        """End its connection, or what listens for it, where the fault is its own."""

    def mend(self) -> None:
        """Behave from now on."""


def pullers_of(seed: int, url: str, recorder: Recorder) -> tuple[Puller, ...]:
    """A subscriber of each kind that comes and asks, with chances drawn from the seed."""

    def of(kind: type[Puller], name: str, types: frozenset[str] | None = None) -> Puller:
        random = Random(f"{seed} {name}")  # noqa: S311 - reproducible, not secret
        return kind(Subscriber(name, kind.__name__, types), recorder, url, random)

    return (
        of(Puller, "pull"),
        of(Puller, "pull-types", SUSPECTED),
        of(Named, "named"),
        of(Named, "named-types", SUSPECTED),
        of(Streaming, "stream"),
        of(Streaming, "stream-types", SUSPECTED),
        of(Client, "client"),
    )


async def all_have(
    recorder: Recorder,
    lacking: Callable[[], bool],
    silent_s: float,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Wait until nobody lacks anything, or until nothing has come for so long.

    A slow machine is waited for, a gateway that sends no more is not. `meanwhile` is done at each look.
    """
    had, since = 0, time.monotonic()
    while lacking() and time.monotonic() - since < silent_s:
        if len(recorder.received) > had:
            had, since = len(recorder.received), time.monotonic()
        meanwhile()
        await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def at_work(channels: Sequence[Channel]) -> AsyncIterator[None]:
    """Let them all receive until the block ends."""
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(channel.run()) for channel in channels]
        stack.push_async_callback(_cancelled, tasks)
        yield


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
