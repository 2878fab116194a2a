"""What has to be read again for the sake of refused rows, and what an interrupted retry has read already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from gateway.hub.windows import Window as Span
from gateway.hub.windows import joined, slices, without
from gateway.store import runs, windows
from gateway.store.refusals import RefusalWindow, Which, windows_of
from gateway.sync.drops import file_numbered, gone
from gateway.sync.reading import plan_of
from gateway.sync.services import Feed, feeds
from gateway.sync.station import Station


@dataclass(frozen=True)
class RetryScope:
    """Whose refusals are retried: all that are given have to fit; `field` "" stands for whole rows."""

    dataset: str | None = None
    rule: str | None = None
    field: str | None = None

    def which(self, dataset: str | None = None) -> Which:
        """The open refusals of this scope, of one dataset if given."""
        return Which(dataset or self.dataset, self.field, self.rule)


@dataclass(frozen=True)
class Begun:
    """What an interrupted retry of the same scope has done: its runs, and what they have read completely."""

    runs: tuple[int, ...] = ()
    asked: int | None = None
    spans: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    files: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Work:
    """What is read again of one dataset: windows of a service, or files by their numbers."""

    feed: Feed
    spans: tuple[Span, ...] = ()
    files: tuple[int, ...] = ()
    found: tuple[RefusalWindow, ...] = ()
    later: bool = False


@dataclass(frozen=True)
class Again:
    """A window or file that would be read again, and how many refused rows came in it at most."""

    dataset: str
    since: datetime
    until: datetime
    seq: int | None
    refusals: int
    state: str


_NOTHING: Final = Begun()


def planned_retry(station: Station, scope: RetryScope) -> list[Again]:
    """The windows and files that a retry would read again, in order; reads and changes nothing."""
    station.store.migrate()
    with station.store.read() as conn:
        works = works_of(station, conn, scope, begun(conn, scope))
    return [each for work in works for each in _shown(station, work)]


def works_of(station: Station, conn: Connection, scope: RetryScope, before: Begun) -> list[Work]:
    """What is to be read again, dataset by dataset; only datasets that are on and have such refusals.

    Raises:
        ConfigError: the dataset that is named is not switched on.
    """
    chosen = feeds(station.settings, station.host, dataset=scope.dataset)
    works = [_work(station, conn, feed, scope, before) for feed in chosen]
    return [work for work in works if work.spans or work.files or work.feed.name in before.unfinished]


def begun(conn: Connection, scope: RetryScope) -> Begun:
    """What the last retry has done, if it was interrupted and was of the same scope."""
    last = next(iter(runs.list_runs(conn, 1, "retry")), None)
    kept: Mapping[str, Any] = (last.summary if last else None) or {}
    if last is None or last.state == "done" or kept.get("scope") != asdict(scope):
        return _NOTHING
    chain = (*kept["goes_on_from"], last.run_id)
    read = [window for run_id in chain for window in windows.of_run(conn, run_id)]
    return replace(_of_windows(read), runs=chain, asked=kept["asked"])


def _of_windows(read: Sequence[windows.Window]) -> Begun:
    names = {window.dataset for window in read}
    spans = {
        name: [Span(w.since, w.until) for w in read if w.dataset == name and w.state in {"closed", "open"}]
        for name in names
    }
    files = {
        name: frozenset(w.seq for w in read if w.dataset == name and w.seq and w.state == "closed")
        for name in names
    }
    return Begun(spans=spans, files=files, unfinished=frozenset(w.dataset for w in read if w.state == "open"))


def _work(station: Station, conn: Connection, feed: Feed, scope: RetryScope, before: Begun) -> Work:
    found = tuple(windows_of(conn, scope.which(feed.name)))
    if feed.dataset.shape == "file_drop":
        numbers = {window.seq for window in found if window.seq} - before.files.get(feed.name, frozenset())
        return Work(feed, files=tuple(sorted(numbers)), found=found)
    reached = windows.watermark(conn, feed.name)
    spans = [Span(w.since, min(w.until, reached)) for w in found if reached and w.since < reached]
    longest = plan_of(station.settings, feed, station.now()).longest
    left = without(joined(spans), before.spans.get(feed.name, ()))
    cut = tuple(each for span in left for each in slices(span.since, span.until, longest))
    unread = any(reached is None or window.until > reached for window in found)
    return Work(feed, spans=cut, found=found, later=unread)


def _shown(station: Station, work: Work) -> Iterator[Again]:
    for span in work.spans:
        most = sum(w.count for w in work.found if w.since < span.until and span.since < w.until)
        yield Again(work.feed.name, span.since, span.until, None, most, "would be read")
    configured = station.settings.departments[work.feed.department]
    for number in work.files:
        own = [window for window in work.found if window.seq == number]
        there = file_numbered(configured, work.feed, number) is not None
        state = "would be read" if there else gone(work.feed, number)
        yield Again(work.feed.name, own[0].since, own[0].until, number, sum(w.count for w in own), state)
