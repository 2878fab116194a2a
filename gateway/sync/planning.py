"""What a sync would read, without reading it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.hub.file_drop import period_end
from gateway.store import windows
from gateway.sync.drops import files_after, first_seq
from gateway.sync.reading import new_windows
from gateway.sync.run import Scope
from gateway.sync.services import Feed, feeds
from gateway.sync.station import Station


@dataclass(frozen=True)
class Planned:
    """A window or file that would be read; `state` says whether it is begun, new, or a file's name."""

    dataset: str
    since: datetime | None
    until: datetime
    state: str


def planned(station: Station, scope: Scope) -> list[Planned]:
    """The windows and files a sync of this scope would read, in order; changes nothing at the hub."""
    station.store.migrate()
    chosen = feeds(station.settings, station.host, scope.department, scope.dataset)
    with station.store.read() as conn:
        return [each for feed in chosen for each in _of(station, conn, feed, scope)]


def _of(station: Station, conn: Connection, feed: Feed, scope: Scope) -> list[Planned]:
    if feed.dataset.shape == "file_drop":
        return _files(station, conn, feed)
    begun = windows.open_window(conn, feed.name)
    reached = windows.watermark(conn, feed.name)
    new = new_windows(station.settings, feed, station.now(), reached, scope.since, scope.until)
    return [
        *([Planned(feed.name, begun.since, begun.until, "begun")] if begun else []),
        *(Planned(feed.name, window.since, window.until, "new") for window in new),
    ]


def _files(station: Station, conn: Connection, feed: Feed) -> list[Planned]:
    configured = station.settings.departments[feed.department]
    last = windows.last_seq(conn, feed.name)
    after = (first_seq(configured, feed) - 1) if last is None else last
    ready = files_after(configured, feed, after)
    return [Planned(feed.name, None, period_end(file.period), file.name) for file in ready.files]
