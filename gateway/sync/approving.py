"""What a person does about a run that is held: let it out, or let it go (POLICY 3, Mass guard)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.clock import written
from gateway.errors import RequestError
from gateway.store import runs
from gateway.store.proposals import drop_proposals
from gateway.store.runs import Run
from gateway.sync.lock import at_work
from gateway.sync.progress import Progress, silent
from gateway.sync.publishing import finish_publishing, publish
from gateway.sync.report import DecideReport, report_of
from gateway.sync.station import Station, failing_loudly
from gateway.sync.texts import checked


@dataclass(frozen=True)
class Word:
    """Who says it, and why."""

    by: str
    reason: str


def approve_run(station: Station, run_id: int, word: Word, progress: Progress = silent) -> DecideReport:
    """Publish a held run as it was decided; one that stopped while publishing is finished.

    Raises:
        RequestError: there is no such run, it is neither, or the reason cannot be kept.
        StoreError: the database or the disk failed; approve again to go on.
    """
    with at_work(station):
        if finish_publishing(station, progress) != run_id:
            _approve(station, run_id, word)
            with failing_loudly(station, run_id):
                publish(station, run_id, progress)
    with station.store.read() as conn:
        return report_of(runs.get(conn, run_id))


def discard_run(station: Station, run_id: int, word: Word) -> None:
    """Let go of what a held run decided; the next decide decides anew from the evidence there is then.

    Raises:
        RequestError: there is no such run, it is not held, or the reason cannot be kept.
        StoreError: the database failed.
    """
    with at_work(station), station.store.begin() as conn:
        run = _held(conn, run_id)
        drop_proposals(conn, station.now())
        _move(conn, station, run, "discarded", {"discard": _as_summary(word, station)})


def _approve(station: Station, run_id: int, word: Word) -> None:
    with station.store.begin() as conn:
        run = _held(conn, run_id)
        _move(conn, station, run, "publishing", {"approval": _as_summary(word, station)})


def _held(conn: Connection, run_id: int) -> Run:
    run = runs.get(conn, run_id)
    if run.state != "held":
        raise RequestError(f"run {run_id} is {run.state}, not held: see `gateway runs list`")
    return run


def _move(conn: Connection, station: Station, run: Run, state: runs.State, said: dict[str, object]) -> None:
    summary = {**(run.summary or {}), **said}
    runs.finish_run(conn, run.run_id, state, station.now(), reason=run.reason, summary=summary)


def _as_summary(word: Word, station: Station) -> dict[str, str]:
    by, reason = checked("the name of who says so", word.by), checked("the reason", word.reason)
    return {"by": by, "reason": reason, "at": written(station.now().replace(microsecond=0))}
