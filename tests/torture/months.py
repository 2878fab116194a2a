"""What a site does in a month, as jobs for processes that are killed: read everything, decide everybody."""

import pickle
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.cli.context import open_station
from gateway.decide import engine
from gateway.decide.compared import gaps
from gateway.policy import load_policy
from gateway.store.windows import compared_until
from gateway.sync import deciding
from gateway.sync.deciding import decide_run
from gateway.sync.publishing import finish_publishing
from gateway.sync.run import sync
from gateway.sync.station import Station
from tests.acceptance.killing import Steps
from tests.support.site import AS_OF, NOW, SetClock, SkippedTime


@dataclass(frozen=True)
class Month:
    """A site's month; `queries` is a file with the rules compiled once for all."""

    config: Path
    queries: Path

    def station(self) -> Station:
        opened = open_station(self.config)
        return replace(opened, clock=SetClock(NOW), timing=SkippedTime().timing())

    def compile_rules(self) -> None:
        """Keep the compiled rules of a site that has read everything: they are the same for all."""
        station = self.station()
        policy = load_policy(station.settings.folder)
        with station.store, station.store.read() as conn:
            found = gaps(policy, compared_until(conn), AS_OF)
        self.queries.write_bytes(pickle.dumps(engine.compiled(policy, AS_OF, found)))


def read_all(month: Month, fatal: int = 0) -> None:
    """Sync; exits with the sync's exit code, or dies at that write."""
    Steps(fatal).watch()
    with (station := month.station()).store:
        sys.exit(sync(station).exit_code)


def decide_all(month: Month, fatal: int = 0) -> None:
    """Publish what an earlier run left, then decide and publish; die at that write."""
    queries = pickle.loads(month.queries.read_bytes())  # noqa: S301 - written by this harness
    setattr(deciding, "kept_queries", lambda *_: queries)  # noqa: B010 - mypy takes no assignment to a function
    Steps(fatal).watch()
    with (station := month.station()).store:
        if finish_publishing(station) is None:
            decide_run(station, AS_OF)
