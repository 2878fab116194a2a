"""The monthly job: sync, decide, publish, and let go of what is past its retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.errors import RunHeld
from gateway.sync.deciding import decide_run, refuse_while_held
from gateway.sync.lock import at_work
from gateway.sync.progress import Progress as DecideProgress
from gateway.sync.progress import silent as silent_decide
from gateway.sync.publishing import finish_publishing
from gateway.sync.report import DecideReport
from gateway.sync.retaining import Class, retain_monthly
from gateway.sync.run import SyncReport, sync
from gateway.sync.shift import Progress, silent
from gateway.sync.station import Station


@dataclass(frozen=True)
class MonthReport:
    """What one monthly job came to."""

    synced: SyncReport
    decided: DecideReport
    retained: Sequence[Class] = ()

    @property
    def exit_code(self) -> int:
        """0, that of the gravest stop of the sync, or that of a held run."""
        return max(self.synced.exit_code, RunHeld.exit_code if self.decided.held else 0)


def run_month(
    station: Station, as_of: date, progress: Progress = silent, deciding: DecideProgress = silent_decide
) -> MonthReport:
    """Read everything new, decide every benefit as of a day, and publish what changed or hold it.

    A dataset that stopped does not stop the run: what it leaves uncompared is renewed for nobody (rule 0).
    What is past its retention is removed after a run that was not held, at most once in four weeks.

    Raises:
        ConfigError, PluginError: nothing was read.
        RunHeld: an earlier run waits for a person's word; nothing was read either, though `sync` would.
        StoreError: the database or the disk failed; what was committed stays.
    """
    with at_work(station):
        finish_publishing(station, deciding)
        with station.store.read() as conn:
            refuse_while_held(conn)
        synced, decided = sync(station, progress=progress), decide_run(station, as_of, deciding)
        retained = () if decided.held else retain_monthly(station, f"run-{decided.run_id}")
        return MonthReport(synced, decided, retained)
