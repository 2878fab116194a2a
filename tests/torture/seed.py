"""One seed from beginning to end: what is planned happens, all is mended, and the facts are judged."""

import asyncio
import shutil
import time
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from random import Random
from typing import Final, Self

from gateway.delivery.subscribing import Desk
from gateway.store.database import Store
from tests.support.serving import KEYS
from tests.torture.channels import LOOK_SECONDS, SUSPECTED, Channel, all_have, at_work, pullers_of
from tests.torture.checker import Verdict, verdict
from tests.torture.conditions import Conditions
from tests.torture.facts import History, Recorder, Subscriber
from tests.torture.hooking import Hook
from tests.torture.incarnation import Place, Spoil, live
from tests.torture.lives import Forked, Life, Lives, reserved_port, until_done
from tests.torture.plan import CHAOS_MS, HOOKS, Fault, FaultKind, Plan, draw
from tests.torture.pulling import Puller
from tests.torture.sending import SETTINGS, given_up
from tests.torture.writing import outbox, release, write_runs

SPEED: Final = 1000.0
SETTLE_SECONDS: Final = 30.0
"""Shorter than the minute after which a sending that hangs is begun anew: a hang is a fault here."""

_BEGIN_SECONDS: Final = 60.0
_FELT: Final = 12
_FELT_SECONDS: Final = 5.0
QUIET_SECONDS: Final = 0.06
_SKIPPED_PER_LOOK: Final = 3600.0


def run_seed(
    number: int, folder: Path, migrated: Path, settle_s: float = SETTLE_SECONDS, spoil: Spoil | None = None
) -> tuple[Verdict, int]:
    """Run one seed in an empty folder, from a copy of a database file; the verdict, and how many kills.

    `settle_s` is how long nothing may come while somebody lacks something; `spoil` plants a fault in code.
    """
    shutil.copy(migrated, folder / "gateway.db")
    with reserved_port() as port:
        place = Place(f"sqlite:///{folder / 'gateway.db'}", folder, port, SPEED, spoil)
        return asyncio.run(run_plan(draw(number), place, settle_s))


async def run_plan(
    plan: Plan, place: Place, settle_s: float, kind: "type[World] | None" = None
) -> tuple[Verdict, int]:
    """Let a plan happen at a place, in a world of a kind; the verdict, and how many kills."""
    with Store(place.store_url) as store:
        world = (kind or World).of(plan, place, store)
        for hook in world.hooks:
            await hook.subscribe(Desk(store, KEYS, SETTINGS, world.conditions.clock))
        async with at_work(world.channels), world.lives.kept_up():
            await world.begun()
            async with asyncio.TaskGroup() as chaos:
                writing = chaos.create_task(until_done(world.writer, plan.writer_fatal))
                for fault in plan.faults:
                    chaos.create_task(world.strike(fault))
                chaos.create_task(world.beside())
            await world.felt()
            world.mend()
            await world.settled(settle_s)
        return verdict(world.history()), writing.result() + world.lives.kills


@dataclass(frozen=True)
class World:
    """Everything that a seed works on."""

    plan: Plan
    place: Place
    store: Store
    conditions: Conditions
    recorder: Recorder
    lives: Lives
    pullers: tuple[Puller, ...]
    hooks: tuple[Hook, ...]

    @classmethod
    def of(cls, plan: Plan, place: Place, store: Store) -> Self:
        recorder, fatal = Recorder(), chain(plan.fatal, repeat(0))

        async def begin() -> Life:
            return Forked(live, place, next(fatal))

        def note_committed() -> None:
            for hook in hooks:
                hook.note_committed(store)

        pullers, hooks = pullers_of(plan.seed, place.url, recorder), _hooks(plan, recorder)
        lives = Lives(recorder, begin, note_committed)
        return cls(plan, place, store, place.conditions(), recorder, lives, pullers, hooks)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Everybody who receives."""
        return *self.pullers, *self.hooks

    def writer(self, fatal: int) -> Life:
        """A process that makes the runs, and dies at that write."""
        return Forked(write_runs, self.place.store_url, self.plan.runs, fatal)

    async def begun(self) -> None:
        """Wait until the gateway has come up: a fault before that would hit nothing."""
        async with asyncio.timeout(_BEGIN_SECONDS):
            while not await _listens(self.place.port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(LOOK_SECONDS)

    async def felt(self) -> None:
        """Wait until receivers have had something to fail at, however slow the machine is."""
        until = time.monotonic() + _FELT_SECONDS
        while self._sent() < _FELT and self.missing() and time.monotonic() < until:  # noqa: ASYNC110 - receivers
            await asyncio.sleep(LOOK_SECONDS)

    def _sent(self) -> int:
        return sum(each.subscriber in HOOKS for each in self.recorder.received)

    async def beside(self) -> None:
        """What happens beside the faults of the plan, and how long they may come."""
        await asyncio.sleep(CHAOS_MS / 1000)

    async def strike(self, fault: Fault) -> None:
        """Let one fault come at its moment."""
        await asyncio.sleep(fault.at_ms / 1000)
        match fault.kind:
            case FaultKind.KILL:
                self.lives.kill()
            case FaultKind.STORE_DOWN:
                with self.conditions.store_down():
                    await asyncio.sleep(fault.value / 1000)
            case FaultKind.CLOCK_JUMP:
                self.conditions.jump(fault.value)
            case FaultKind.TIME_PASSES:
                self.conditions.skip(fault.value)
            case FaultKind.SUBSCRIBER_CUT | FaultKind.RECEIVER_DOWN:
                await asyncio.gather(*(channel.cut(fault) for channel in self.channels))

    def mend(self) -> None:
        """No more faults: the clock is put right, and every run that was held is let out."""
        self.conditions.mend_clock()
        for channel in self.channels:
            channel.mend()
        release(self.store, (run.run_id for run in self.plan.runs if not run.withheld))

    async def settled(self, silent_s: float) -> None:
        """Let time pass until everybody has everything, or nothing has come for so long; then for a moment.

        What comes in that moment is too much.
        """
        await all_have(self.recorder, self.missing, silent_s, lambda: self.conditions.skip(_SKIPPED_PER_LOOK))
        self.conditions.skip(_SKIPPED_PER_LOOK)
        await asyncio.sleep(QUIET_SECONDS)

    def missing(self) -> bool:
        """Whether somebody still lacks something."""
        return self.recorder.lacks(outbox(self.store), [each.subscriber for each in self.channels])

    def history(self) -> History:
        """The facts, held to the outbox as it is."""
        for hook in self.hooks:
            hook.note_unheard(given_up(self.place.folder))
        return self.recorder.history(outbox(self.store), [each.subscriber for each in self.channels])


def _hooks(plan: Plan, recorder: Recorder) -> tuple[Hook, ...]:
    wishes = ({"concurrency": 8}, {"batch_size": 5, "concurrency": 3})
    types = (SUSPECTED, None)
    return tuple(
        Hook(
            Subscriber(name, "webhook", wanted, lanes=True),
            recorder,
            Random(f"{plan.seed} {name}"),  # noqa: S311 - reproducible, not secret
            manners,
            wish,
        )
        for name, wanted, manners, wish in zip(HOOKS, types, plan.manners, wishes, strict=True)
    )


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
