"""The runs that make events, in a process of their own that is killed between its writes and begun again."""

import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from gateway.clock import local
from gateway.crypto.event_signing import EventSigner
from gateway.errors import StoreError
from gateway.events import BenefitEvent, Envelope, draft, enveloped
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import of_event, release_events
from gateway.store.tables import EVENT_SPANS, EVENTS
from gateway.testing.event_examples import examples, origin
from tests.acceptance.killing import Steps
from tests.torture.conditions import START
from tests.torture.facts import Stored
from tests.torture.plan import Run

TYPE_PREFIX: Final = "cn.hunan.rst."
_AGAIN_SECONDS: Final = 0.05
SIGNER: Final = EventSigner(Ed25519PrivateKey.from_private_bytes(b"a synthetic key of thirty-two by"))


def write_runs(store_url: str, runs: tuple[Run, ...], fatal: int, pause_s: float = 0.0) -> None:
    """Make what is not there yet of these runs, and let out what is due; die at a write if told so.

    Where the database went away under a run it is made again, as a schedule does.
    """
    Steps(fatal).watch()
    with Store(store_url) as store:
        for run in runs:
            due = [each for each in runs if each.run_id + each.held_for == run.run_id and not each.withheld]
            while not _made(store, run, due):
                time.sleep(_AGAIN_SECONDS)
            time.sleep(pause_s)


def _made(store: Store, run: Run, due: Sequence[Run]) -> bool:
    try:
        with store.begin() as conn:
            if not _is_there(conn, run):
                append_events(conn, run.run_id, _events(run), SIGNER.begin)
        release(store, (each.run_id for each in due))
    except StoreError:
        return False
    return True


def release(store: Store, run_ids: Iterable[int]) -> None:
    """Let the events of these runs out."""
    for run_id in run_ids:
        with store.begin() as conn:
            release_events(conn, run_id, local(START))


def outbox(store: Store) -> list[Stored]:
    """What the outbox holds."""
    columns = (EVENTS.c.sequence, EVENTS.c.event_id, EVENTS.c.type, EVENTS.c.subject, EVENTS.c.body)
    released = of_event(EVENT_SPANS.c.released_at, EVENTS.c.sequence).is_not(None)
    with store.read() as conn:
        rows = conn.execute(select(*columns, released).order_by(EVENTS.c.sequence)).all()
    return [Stored(*row) for row in rows]


def _is_there(conn: Connection, run: Run) -> bool:
    own = select(EVENT_SPANS.c.last_sequence).where(EVENT_SPANS.c.run_id == run.run_id)
    return conn.scalar(own.limit(1)) is not None


def _events(run: Run) -> list[Envelope]:
    return [_event(run.run_id, place, benefit) for place, benefit in enumerate(run.benefits)]


def _event(run_id: int, place: int, benefit: int) -> Envelope:
    data = _examples()[(run_id + place) % len(_examples())]
    about = {"benefit_id": f"B{benefit:07d}", "person_no": f"P{benefit:07d}"}
    made = draft(data.model_copy(update=about), origin(TYPE_PREFIX), f"evt_{run_id}_{place}")
    return enveloped(made)


@cache
def _examples() -> list[BenefitEvent]:
    return examples()
