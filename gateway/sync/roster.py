"""A roster import, whole: the new roster, and the adverse records that now belong to somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gateway.evidence.belonging import check_belongs
from gateway.evidence.settle import settle
from gateway.intake.rematch import rematch
from gateway.policy import load_policy
from gateway.roster.importer import RosterReport, import_roster
from gateway.roster.keymap import KeyMap, keymap_here
from gateway.store import runs
from gateway.store.parts import live_parts
from gateway.sync.lock import at_work
from gateway.sync.services import compares_masked_names
from gateway.sync.station import Station, failing_loudly


def silent(_rows: int) -> None:
    """Progress for those who do not watch."""


@dataclass(frozen=True)
class RosterTaken:
    """What the import did, and how many adverse records it moved to another person."""

    imported: RosterReport
    rematched: int


@dataclass(frozen=True)
class RosterFile:
    """A roster file and how to take it; `encoding` is detected where it is None."""

    path: Path
    encoding: str | None = None
    new_key: bool = False


def take_roster(station: Station, file: RosterFile, progress: Callable[[int], None] = silent) -> RosterTaken:
    """Import a roster file and match what is kept about strangers again.

    The import's run is done only when both are: one that stopped in between is taken up by the next decide.

    Raises:
        ConfigError: the file is no roster, or the identity key is another one.
        StoreError: the database or the disk failed, or they do not belong together; the old roster stands.
    """
    benefits = load_policy(station.settings.folder).benefits
    with at_work(station):
        with station.store.begin() as conn:
            check_belongs(conn, station.evidence)
            runs.end_stopped_runs(conn, station.now())
            run_id = runs.start_run(conn, "import", station.now())
        with failing_loudly(station, run_id):
            imported = import_roster(
                file.path,
                store=station.store,
                folder=station.evidence,
                keyer=station.keyer,
                received_at=station.clock(),
                progress=progress,
                encoding=file.encoding,
                benefits=benefits,
                new_key=file.new_key,
                shapes=compares_masked_names(station.settings, station.host),
            )
            moved = match_again(station, run_id)
        with station.store.begin() as conn:
            runs.finish_run(conn, run_id, "done", station.now())
    return RosterTaken(imported, moved)


def match_again(station: Station, run_id: int) -> int:
    """Settle what a stopped sync left, then match every kept adverse record against the live roster.

    Returns how many records moved.
    """
    memory_mb = station.settings.gateway.decide_memory_mb
    settle(station.store, station.evidence, run_id, station.now(), memory_mb)
    keymap = KeyMap.open(live_keymap(station))
    return rematch(station.store, station.evidence, keymap, run_id, station.now(), memory_mb)


def live_keymap(station: Station) -> Path:
    """Where the live roster's key map is on this machine."""
    with station.store.read() as conn:
        return keymap_here(station.evidence, live_parts(conn, "keymap")[-1])


def stopped_in_import(conn: Connection) -> bool:
    """Whether the last roster import ended before its records were matched again."""
    last = runs.list_runs(conn, limit=1, kind="import")
    return bool(last) and last[0].state != "done"
