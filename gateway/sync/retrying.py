"""Reads again where rows were refused, after a plugin or mapping was mended, and takes what is now readable.

Rows are never kept, so the hub or the drop folder has to give them once more. The same row again changes
nothing, and no window read again reaches past what is read already: cursors stay where they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from gateway.errors import GatewayError
from gateway.evidence.settle import Settled
from gateway.store import runs
from gateway.store.refusals import RefusalGroup, Which
from gateway.store.retries import refused_by, settled_by
from gateway.sync.drops import take_files_again
from gateway.sync.lock import at_work
from gateway.sync.reading import read_again
from gateway.sync.rereading import Begun, RetryScope, Work, begun, works_of
from gateway.sync.run import prepare, work
from gateway.sync.services import Feed
from gateway.sync.shift import Progress, Shift, silent
from gateway.sync.station import Station

_NOTHING_NEW: Final = Settled(0, 0, 0, 0)
_KEPT: Final = ("retried", "accepted", "otherwise", "superseded", "refused_again", "not_seen")


@dataclass(frozen=True)
class RetryReport:
    """What a retry came to, with the interrupted runs it goes on from; numbers are of refusals.

    Of `asked` refusals some were settled: `accepted` came again and were taken, `otherwise` break another
    rule now, of `superseded` a newer version was taken. `refused_again` stand as they were, and `not_seen`
    did not come again. `still` says by rule why what came in these runs is refused.
    """

    run_id: int | None
    goes_on_from: tuple[int, ...] = ()
    asked: int = 0
    accepted: int = 0
    otherwise: int = 0
    superseded: int = 0
    refused_again: int = 0
    still: Sequence[RefusalGroup] = ()
    settled: Settled = _NOTHING_NEW
    warnings: Sequence[str] = ()
    stops: Mapping[str, GatewayError] = field(default_factory=dict)

    @property
    def retried(self) -> int:
        """How many refusals were answered, one way or another."""
        return self.accepted + self.otherwise + self.superseded + self.refused_again

    @property
    def not_seen(self) -> int:
        """How many were asked about and did not come again."""
        return max(0, self.asked - self.retried)

    @property
    def exit_code(self) -> int:
        """0, or the gravest stop's."""
        return max((stop.exit_code for stop in self.stops.values()), default=0)


def retry(station: Station, scope: RetryScope, progress: Progress = silent) -> RetryReport:
    """Read again the windows and files in which rows were refused; goes on where a stopped retry stopped.

    Raises:
        ConfigError, PluginError: nothing was read.
        StoreError: another run is at work, or the database or disk failed; what was committed stays.
    """
    with at_work(station):
        return _retry(station, scope, progress)


def _retry(station: Station, scope: RetryScope, progress: Progress) -> RetryReport:
    pool = prepare(station)
    with station.store.begin() as conn:
        before = begun(conn, scope)
        works = works_of(station, conn, scope, before)
        asked = before.asked or sum(window.count for each in works for window in each.found)
        if not works:
            return RetryReport(None, asked=asked)
        run_id = runs.start_run(conn, "retry", station.now())
        summary = {"scope": asdict(scope), "goes_on_from": before.runs, "asked": asked}
        runs.note_summary(conn, run_id, summary)
    chosen = [each.feed for each in works]
    read = _Reading({each.feed.name: each for each in works})
    warnings, stops, settled = work(station, chosen, pool, run_id, progress, read)
    report = RetryReport(
        run_id, before.runs, asked, settled=settled, warnings=[*warnings, *_notes(works)], stops=stops
    )
    counted = _counted(station, scope, report, before)
    with station.store.begin() as conn:
        runs.note_summary(conn, run_id, summary | {name: getattr(counted, name) for name in _KEPT})
    return counted


@dataclass(frozen=True)
class _Reading:
    """Reads again what is wanted of each dataset."""

    works: Mapping[str, Work]

    async def __call__(self, shift: Shift, feed: Feed) -> list[str]:
        own = self.works[feed.name]
        if feed.dataset.shape == "file_drop":
            return await take_files_again(shift, feed, own.files)
        return await read_again(shift, feed, own.spans)


def _notes(works: Sequence[Work]) -> list[str]:
    return [
        f"{each.feed.name}: some lie after what is read completely: `gateway sync` reads them again"
        for each in works
        if each.later
    ]


def _counted(station: Station, scope: RetryScope, report: RetryReport, before: Begun) -> RetryReport:
    every = [*before.runs, report.run_id or 0]
    which = scope.which()
    with station.store.read() as conn:
        became = settled_by(conn, every, replace(which, with_settled=True))
        again = refused_by(conn, every, which, again=True)
        still = refused_by(conn, every, Which(scope.dataset))
    return replace(
        report,
        accepted=became.get("accepted", 0),
        otherwise=became.get("otherwise", 0),
        superseded=became.get("superseded", 0),
        refused_again=sum(group.count for group in again),
        still=still,
    )
