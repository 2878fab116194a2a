"""Takes the files a department has dropped, in order; a file that cannot be trusted stops its dataset."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.crypto.file_drop import Manifest
from gateway.errors import ConfigError, EnvelopeError, HubUnavailable, RowsChanged
from gateway.hub.file_drop import DropFile, DropRefusal, Ready, period_end, ready_files
from gateway.hub.window import distinct_rows
from gateway.intake.page import Taken
from gateway.settings import DatasetSettings, DepartmentSettings
from gateway.store import windows
from gateway.store.open_refusals import OpenRefusals
from gateway.store.windows import NewWindow
from gateway.sync.services import Feed
from gateway.sync.shift import Place, Shift, note

_NEXT_STEP: Final = "nothing after it is read: ask {} to send it again, then run again"


async def take_files(shift: Shift, feed: Feed) -> list[str]:
    """Take every file that is ready; returns warnings, a line each.

    Raises:
        EnvelopeError: a file cannot be trusted or a number is missing; nothing after it is read.
        HubUnavailable: the folder cannot be read.
    """
    configured = shift.settings.departments[feed.department]
    last = await shift.commit(windows.last_seq, feed.name)
    after = (first_seq(configured, feed) - 1) if last is None else last
    ready = await asyncio.to_thread(files_after, configured, feed, after)
    for file in ready.files:
        await _take_in_room(shift, feed, file)
    for refusal in ready.refusals:
        if refusal.seq is not None:
            raise EnvelopeError(f"{feed.name}: {_sentence(refusal)}; {_NEXT_STEP.format(feed.department)}")
    return [f"{feed.name}: {_sentence(refusal)}" for refusal in ready.refusals]


async def take_files_again(shift: Shift, feed: Feed, numbers: Sequence[int]) -> list[str]:
    """Take files that were taken before; returns a warning for each that is not in the folder any more.

    Raises:
        EnvelopeError, HubUnavailable: as `take_files`.
    """
    configured = shift.settings.departments[feed.department]
    warnings = []
    for number in numbers:
        file = await asyncio.to_thread(file_numbered, configured, feed, number)
        if file is None:
            warnings.append(f"{feed.name}: {gone(feed, number)}")
        else:
            await _take_in_room(shift, feed, file)
    return warnings


def file_numbered(configured: DepartmentSettings, feed: Feed, number: int) -> DropFile | None:
    """The dropped file of a number, if it is there and sound as far as can be seen from outside."""
    files = files_after(configured, feed, number - 1).files
    return files[0] if files else None


def gone(feed: Feed, number: int) -> str:
    """Says what to do about a file that is to be read and is not there."""
    return f"file number {number} is not in the folder any more: ask {feed.department} to drop it again"


def files_after(configured: DepartmentSettings, feed: Feed, number: int) -> Ready:
    """The feed's files with a higher number, as `ready_files` finds them.

    Raises:
        ConfigError: the configuration names no folder.
        HubUnavailable: the folder cannot be read.
    """
    if configured.folder is None:
        raise ConfigError(f"departments/{feed.department}.yaml: folder is not set: where are files dropped?")
    return ready_files(configured.folder, feed.name, number, configured.max_file_bytes)


async def _take_in_room(shift: Shift, feed: Feed, file: DropFile) -> None:
    """Take a file once there is room, as for a page: its rows are in memory until it is committed."""
    async with shift.pool.room:
        await _take_file(shift, feed, file)


async def _take_file(shift: Shift, feed: Feed, file: DropFile) -> None:
    now = shift.now()
    begin = datetime.strptime(file.period, "%Y%m")  # noqa: DTZ007 - kept as naive Asia/Shanghai
    window = NewWindow(
        feed.name, begin, period_end(file.period), shift.run_id, now, period=file.period, seq=file.seq
    )
    try:
        manifest = await shift.pool.manifest(feed.department, file.manifest.read_bytes())
        check_names(file, manifest)
        taken = await shift.pool.file(feed.department, feed.name, file.path, manifest, now)
    except RowsChanged as changed:
        await shift.commit(_note_refused, window, f"{file.name} is not taken: {changed}")
        raise
    except EnvelopeError as error:
        reason = f"{file.name} is refused: {error}; {_NEXT_STEP.format(feed.department)}"
        await shift.commit(_note_refused, window, reason)
        raise EnvelopeError(f"{feed.name}: {reason}") from None
    except OSError as error:
        raise HubUnavailable(
            f"{feed.name}: {file.name} cannot be read ({error.strerror}): check that the folder is mounted"
        ) from None
    await shift.commit(_note_file, window, taken, manifest.rows)
    shift.progress(feed.name, taken.received, manifest.rows)


def first_seq(configured: DepartmentSettings, feed: Feed) -> int:
    """The number that the feed's first file has."""
    return configured.datasets.get(feed.name, DatasetSettings()).first_seq


def check_names(file: DropFile, manifest: Manifest) -> None:
    """Check that the manifest speaks of the file it lies beside.

    Raises:
        EnvelopeError: naming what differs.
    """
    pairs = {
        "dataset": (file.dataset, manifest.dataset),
        "period": (file.period, manifest.period),
        "seq": (file.seq, manifest.seq),
        "bytes": (file.size, manifest.bytes),
    }
    wrong = [name for name, (named, said) in pairs.items() if named != said]
    if wrong:
        raise EnvelopeError(f"the manifest names another {', '.join(wrong)} than the file")


def _note_file(conn: Connection, window: NewWindow, taken: Taken, total: int) -> None:
    opened = windows.create_window(conn, window)
    place = Place(
        run_id=window.run_id,
        dataset=window.dataset,
        window_id=opened.window_id,
        attempt=opened.attempt,
        start=windows.FIRST_START,
        next_start=None,
        total=total,
        at=window.opened_at,
    )
    note(conn, place, taken, OpenRefusals(window.dataset))
    windows.close_window(conn, opened.window_id, window.opened_at, distinct_rows([taken.row_hashes]))


def _note_refused(conn: Connection, window: NewWindow, reason: str) -> None:
    opened = windows.create_window(conn, window)
    windows.mark_refused(conn, opened.window_id, reason, window.opened_at)


def _sentence(refusal: DropRefusal) -> str:
    number = f" (number {refusal.seq})" if refusal.seq is not None else ""
    return f"{refusal.file} is refused: {refusal.rule.replace('_', ' ')}{number}"
