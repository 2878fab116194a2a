"""Runs a command where the disk is full: `python -m tests.acceptance.limited LIMITS.json WORD…`.

The kernel or SQLite itself refuses to write; nothing is pretended. The clock stands where it is told to.
"""

import atexit
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import BinaryIO

from sqlalchemy import Engine, event

from gateway.cli import context
from gateway.cli.app import main
from gateway.evidence import files
from gateway.places import Place
from gateway.roster import merging
from gateway.store.files import durable
from gateway.sync.station import Station
from tests.support.site import SetClock, SkippedTime


@dataclass(frozen=True)
class Limits:
    """What may be written: no file longer than `file_bytes`, no part longer than `part_bytes` once `spared`
    parts are written, no database larger than `pages` pages.
    """

    now: str
    file_bytes: int | None = None
    part_bytes: int | None = None
    spared: int = 0
    pages: int | None = None

    def write(self, path: Path) -> Path:
        """Hand the limits to the process."""
        path.write_text(json.dumps(asdict(self)), "utf-8")
        return path


class FullDisk:
    """Writes parts where the kernel takes no more than so many bytes of a file."""

    def __init__(self, most_bytes: int, spared: int) -> None:
        self._most_bytes = most_bytes
        self._spared = spared

    @contextmanager
    def durable(self, path: Place) -> Iterator[BinaryIO]:
        """As `durable`, on the full disk once it is."""
        self._spared -= 1
        with durable(path) as file:
            if self._spared < 0:
                allow(self._most_bytes)
            try:
                yield file
                file.flush()
            finally:
                allow(None)


def allow(most_bytes: int | None) -> None:
    """Let the kernel refuse what is written beyond so many bytes of any file (EFBIG)."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if most_bytes is None else most_bytes, hard))


def impose(limits: Limits) -> None:
    """Make the disk as full as the limits say."""
    if limits.part_bytes is not None:
        full = FullDisk(limits.part_bytes, limits.spared)
        files.durable = merging.durable = full.durable  # type: ignore[attr-defined] # imported there by name
    if limits.pages is not None:
        limit = partial(_limit_pages, limits.pages)
        event.listen(Engine, "connect", limit)
        # what listens for ever keeps this module and DuckDB alive, and DuckDB says so when the process ends
        atexit.register(event.remove, Engine, "connect", limit)
    if limits.file_bytes is not None:
        allow(limits.file_bytes)


def _limit_pages(pages: int, connection: Connection, _: object) -> None:
    connection.execute(f"PRAGMA max_page_count = {pages}").close()


if __name__ == "__main__":
    given = Limits(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    clock = SetClock(datetime.fromisoformat(given.now))
    vars(context)["Station"] = partial(Station, clock=clock, timing=SkippedTime().timing())
    sys.argv = ["gateway", *sys.argv[2:]]
    impose(given)
    main()
