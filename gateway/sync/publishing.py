"""The second half of a decide run: what was proposed is numbered, kept and let out, bucket by bucket."""

from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from gateway.decide.proposal import CHANGES, Changes, as_changes, followed
from gateway.errors import StoreError
from gateway.places import opened
from gateway.store import runs
from gateway.store.bases import drop_older_bases
from gateway.store.decisions import ByRun, advance
from gateway.store.ledger import open_or_update, told_unresolved
from gateway.store.outbox import Sign, appending
from gateway.store.proposals import Proposal, proposals, put_in_place
from gateway.store.revisions import drop_revisions, revisions_of
from gateway.store.runs import Run
from gateway.store.spans import release_events
from gateway.sync.progress import Progress, silent
from gateway.sync.station import Station, failing_loudly

_AT_ONCE: Final = 8192
"""Changed benefits that are in memory; their events are being signed while their decisions are written."""


def publish(station: Station, run_id: int, progress: Progress = silent) -> None:
    """Put in place what a run proposed, then let its events out; a stop is made up for by doing it again.

    To be called with the evidence folder held, of a run that is publishing.
    """
    with station.store.read() as conn:
        run = runs.get(conn, run_id)
        waiting = list(proposals(conn, run_id))
    with station.signing(sum(proposal.changes.rows for proposal in waiting)) as sign:
        for done, proposal in enumerate(waiting, 1):
            _publish_bucket(station, run, proposal, sign)
            progress("publishing", done, len(waiting))
    with station.store.begin() as conn:
        release_events(conn, run_id, station.now())
        drop_older_bases(conn, run_id)
        runs.finish_run(conn, run_id, "done", station.now(), summary=run.summary)


def finish_publishing(station: Station, progress: Progress = silent) -> int | None:
    """Publish the rest of a run that stopped while publishing, if there is one, and give its number."""
    with station.store.read() as conn:
        run = runs.unpublished(conn)
    if run is None or run.state != "publishing":
        return None
    with failing_loudly(station, run.run_id):
        publish(station, run.run_id, progress)
    return run.run_id


def _publish_bucket(station: Station, run: Run, proposal: Proposal, sign: Sign) -> None:
    changes_file = opened(station.evidence / proposal.changes.path)
    with changes_file, pq.ParquetFile(changes_file) as file, station.store.begin() as conn:
        _check_version(file.schema_arrow, run.run_id)
        taken_in = followed(file.schema_arrow)
        # what is decided out of turn is among the revisions then, or waits until this is through
        with appending(conn, run.run_id, sign) as outbox:
            newer = {
                revision.benefit_id
                for revision in revisions_of(conn, proposal.state.bucket)
                if revision.revision_id not in taken_in
            }
            for batch in file.iter_batches(_AT_ONCE):
                changes = as_changes(batch, newer)
                outbox.add(changes.events)
                _put_in_store(conn, station, run, changes)
        drop_revisions(conn, taken_in)
        put_in_place(conn, proposal, station.now())


def _check_version(written: pa.Schema, run_id: int) -> None:
    if not written.equals(CHANGES):
        raise StoreError(
            f"run {run_id} was decided by another version of this gateway: publish it with that version"
        )


def _put_in_store(conn: Connection, station: Station, run: Run, changes: Changes) -> None:
    now, as_of = station.now(), run.as_of or run.started_at.date()
    advance(conn, ByRun(run.run_id, as_of, run.started_at), changes.decisions)
    open_or_update(conn, run.run_id, now, as_of, changes.causes)
    told_unresolved(conn, run.run_id, now, changes.unresolved)
