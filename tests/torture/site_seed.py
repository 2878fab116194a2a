"""A seed over a whole site: `gateway serve` as it is installed, and the sync and the decisions before it."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Final

from gateway.clock import system_clock
from gateway.crypto.serving import load_serving_keys
from gateway.delivery.subscribing import Desk
from gateway.sandbox.drop import write_drop
from gateway.sandbox.faults import FaultKind as HubFault
from gateway.sandbox.keys import write_keys
from gateway.sandbox.province import Province
from gateway.store.database import Store
from tests.support.project import ROOT
from tests.support.site import AS_OF, NOW, START, Digest, Supplies, Trial, open_trial
from tests.torture.channels import Channel, all_have, at_work, pullers_of
from tests.torture.checker import Verdict, verdict
from tests.torture.facts import Reached, Recorder, Subscriber
from tests.torture.hooking import Hook
from tests.torture.lives import Forked, Life, Lives, until_done
from tests.torture.months import Month, decide_all, read_all
from tests.torture.plan import HOOKS, Fault, FaultKind, Manner
from tests.torture.writing import outbox

_MENDED: Final = (
    HubFault.SERVER_ERROR,
    HubFault.TOO_MANY,
    HubFault.QUOTA,
    HubFault.BROKEN_JSON,
    HubFault.CUT_BODY,
    HubFault.FORGED,
    HubFault.WRONG_KEY,
    HubFault.LOOPING_CURSOR,
)
"""Hub faults that a later sync makes good without a person."""

_DELIVERY: Final = {"allow_http": True, "networks": ["127.0.0.0/8"]}
_TROUBLED_SYNCS: Final = 2
_TURNED_AWAY: Final = (0.0, 0.1, 0.3)
"""By receiver, the share of first attempts that fail; each costs 5 s, and five in a row 10 s more."""

_PORTS: Final = range(15_000, 32_000)
_SETTLE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Ready:
    """What costs time to make: a province, its keys and files, compiled rules, and the undisturbed end."""

    supplies: Supplies
    queries: Path
    undisturbed: Digest


@cache
def ready() -> Ready:
    """Made once for all seeds of a process."""
    folder = Path(mkdtemp(prefix="torture-site-"))
    province = Province(7, 30, START, history_months=2)
    province.advance(NOW)
    keys = write_keys(folder / "keys")
    write_drop(folder / "drop", province, keys, until=NOW)
    province.roster_csv(folder / "roster.csv", AS_OF)
    supplies = Supplies(province, folder / "keys", folder / "roster.csv", folder / "drop")
    with open_trial(folder / "undisturbed", supplies, page_limit=10) as trial:
        trial.take_roster(supplies.roster)
        trial.sync()
        month = Month(trial.site.config, folder / "queries")
        month.compile_rules()
        trial.decide()
        return Ready(supplies, month.queries, trial.state())


def run_site_seed(number: int, folder: Path) -> tuple[Verdict, int]:
    """Run one seed over a site of its own; the verdict, and how many kills."""
    found = ready()
    with open_trial(folder / "site", found.supplies, page_limit=10, gateway={"delivery": _DELIVERY}) as trial:
        trial.take_roster(found.supplies.roster)
        random = Random(number)  # noqa: S311 - reproducible, not secret
        return asyncio.run(SiteSeed(number, trial, found, random, folder / "gateway.log").run())


@dataclass(frozen=True)
class SiteSeed:
    """One site under faults."""

    number: int
    trial: Trial
    ready: Ready
    random: Random
    log: Path

    async def run(self) -> tuple[Verdict, int]:
        """Read, decide and serve under faults; then hold all of it to what it should be."""
        recorder, port = Recorder(), self._free_port()
        hooks = [await self._hook(name, batch, recorder) for name, batch in zip(HOOKS, (1, 5), strict=True)]
        channels: tuple[Channel, ...] = *pullers_of(self.number, f"http://127.0.0.1:{port}", recorder), *hooks
        subscribers = [channel.subscriber for channel in channels]

        def note_committed() -> None:
            for hook in hooks:
                hook.note_committed(self._store)

        lives = Lives(recorder, lambda: self._serve(port), note_committed)
        async with at_work(channels), lives.kept_up():
            async with _beside(self._troubling(lives, channels)):
                kills = await self._read() + await self._decide()
            await all_have(
                recorder, lambda: recorder.lacks(outbox(self._store), subscribers), _SETTLE_SECONDS
            )
        history = replace(recorder.history(outbox(self._store), subscribers), reached=self._reached())
        return verdict(history), kills + lives.kills

    async def _hook(self, name: str, batch: int, recorder: Recorder) -> Hook:
        """A receiver that fails a delivery once at most: what fails twice is tried again in minutes."""
        whom = Subscriber(name, "webhook", lanes=True)
        share = self.random.choice(_TURNED_AWAY)
        hook = Hook(whom, recorder, self.random, (Manner.TAKES,), {"batch_size": batch}, share)
        settings = self.trial.station.settings.gateway
        keys = load_serving_keys(settings.serve.secret)
        await hook.subscribe(Desk(self._store, keys, settings.delivery, system_clock))
        return hook

    async def _read(self) -> int:
        """Syncs with a hub that fails and that are killed; then one that may do all."""
        kills = 0
        for _ in range(_TROUBLED_SYNCS):
            self._spoil_hub()
            kills += await self._job(read_all, self.random.randint(1, 150)).wait() < 0
        self.trial.hub.faults.clear()
        return kills + await until_done(lambda fatal: self._job(read_all, fatal), (self._moment(120),))

    async def _decide(self) -> int:
        deaths = tuple(self._moment(60) for _ in range(2))
        return await until_done(lambda fatal: self._job(decide_all, fatal), deaths)

    async def _troubling(self, lives: Lives, channels: Sequence[Channel]) -> None:
        """Kill what serves at random moments, while it starts too; cut who reads from it."""
        while True:
            await asyncio.sleep(self.random.uniform(0.5, 6))
            await asyncio.gather(*(channel.cut(Fault(0, FaultKind.SUBSCRIBER_CUT)) for channel in channels))
            await asyncio.sleep(self.random.uniform(0, 1))
            lives.kill()

    async def _serve(self, port: int) -> Life:
        words = ("-m", "gateway.cli", "serve", "--no-schedule", "--port", str(port))
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                "--config",
                str(self.trial.site.config),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def _job(self, work: Callable[..., None], fatal: int) -> Life:
        return Forked(work, Month(self.trial.site.config, self.ready.queries), fatal)

    def _spoil_hub(self) -> None:
        for _ in range(self.random.randint(1, 6)):
            times, after = self.random.randint(1, 5), self.random.randint(0, 6)
            self.trial.hub.faults.add(self.random.choice(_MENDED), times=times, after=after)

    def _moment(self, latest: int) -> int:
        return self.random.choice((0, self.random.randint(1, latest)))

    def _free_port(self) -> int:
        """One that no outgoing connection is given, so that it stays free between two lives."""
        while True:
            port = self.random.choice(_PORTS)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return port

    @property
    def _store(self) -> Store:
        return self.trial.station.store

    def _reached(self) -> tuple[Reached, ...]:
        undisturbed, reached = self.ready.undisturbed, self.trial.state()
        return tuple(Reached(part, undisturbed[part], reached[part]) for part in undisturbed)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
