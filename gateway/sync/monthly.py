"""The monthly job: sync, decide, publish."""

from dataclasses import dataclass
from datetime import date

from gateway.sync.deciding import DecideReport, decide_run
from gateway.sync.deciding import Progress as DecideProgress
from gateway.sync.deciding import silent as silent_decide
from gateway.sync.run import SyncReport, sync
from gateway.sync.shift import Progress, silent
from gateway.sync.station import Station


@dataclass(frozen=True)
class MonthReport:
    """What one monthly job came to."""

    synced: SyncReport
    decided: DecideReport


def run_month(
    station: Station, as_of: date, progress: Progress = silent, deciding: DecideProgress = silent_decide
) -> MonthReport:
    """Read everything new, decide every benefit as of a day, and publish what changed.

    A dataset that stopped does not stop the run: what it leaves uncompared is renewed for nobody (rule 0).

    Raises:
        ConfigError, PluginError: nothing was read.
        StoreError: the database or the disk failed; what was committed stays.
    """
    return MonthReport(sync(station, progress=progress), decide_run(station, as_of, deciding))
