"""A seed over a whole site: `gateway serve` as it is installed, and the sync and the decisions before it."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Final

from gateway.sandbox.drop import write_drop
from gateway.sandbox.faults import FaultKind as HubFault
from gateway.sandbox.keys import write_keys
from gateway.sandbox.province import Province
from gateway.store.database import Store
from tests.support.project import ROOT
from tests.support.site import AS_OF, NOW, START, Digest, Supplies, Trial, open_trial
from tests.torture.checker import Verdict, verdict
from tests.torture.facts import Reached, Recorder, Subscriber
from tests.torture.lives import Forked, Life, Lives, until_done
from tests.torture.months import Month, decide_all, read_all
from tests.torture.pulling import Puller
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

_TROUBLED_SYNCS: Final = 2
_PORTS: Final = range(15_000, 32_000)
_SETTLE_SECONDS: Final = 60.0


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
    with open_trial(folder / "site", found.supplies, page_limit=10) as trial:
        trial.take_roster(found.supplies.roster)
        random = Random(number)  # noqa: S311 - reproducible, not secret
        return asyncio.run(SiteSeed(trial, found, random, folder / "gateway.log").run())


@dataclass(frozen=True)
class SiteSeed:
    """One site under faults."""

    trial: Trial
    ready: Ready
    random: Random
    log: Path

    async def run(self) -> tuple[Verdict, int]:
        """Read, decide and serve under faults; then hold all of it to what it should be."""
        recorder, port = Recorder(), self._free_port()
        lives = Lives(recorder, lambda: self._serve(port))
        puller = Puller(Subscriber("pull", "pull"), recorder, f"http://127.0.0.1:{port}", self.random)
        async with _beside(puller.run()), lives.kept_up():
            async with _beside(self._killing(lives)):
                kills = await self._read() + await self._decide()
            async with asyncio.timeout(_SETTLE_SECONDS):
                while len({each.event_id for each in recorder.received}) < len(outbox(self._store)):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
        history = replace(recorder.history(outbox(self._store), [puller.subscriber]), reached=self._reached())
        return verdict(history), kills + lives.kills

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

    async def _killing(self, lives: Lives) -> None:
        """Kill what serves at random moments, while it starts too."""
        while True:
            await asyncio.sleep(self.random.uniform(0.5, 6))
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
