"""An outbox that the tests of the feed put events into."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete

from gateway.crypto.event_signing import EventSigner
from gateway.store.database import Store
from gateway.store.outbox import append_events, unsigned
from gateway.store.spans import release_events
from gateway.store.tables import EVENTS
from tests.support.new_event import NewEvent

NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
RENEWED, SUSPECTED = "certification.renewed", "eligibility.suspected"
PREFIX = "cn.hunan.rst."


def new_event(name: str, kind: str = PREFIX + RENEWED, county: str | None = "990101") -> NewEvent:
    def serialise(number: int) -> bytes:
        event = {"specversion": "1.0", "id": name, "type": kind, "subject": f"B{name}", "source": "/g"}
        whole = event | {"time": "2026-10-01T06:00:00.000+08:00", "sequence": f"{number:020d}", "data": {}}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    return NewEvent(name, kind, f"B{name}", county, NOW, serialise)


def opened(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder / 'gateway.db'}")
    store.migrate()
    return store


def hold(store: Store, events: Sequence[NewEvent], run_id: int = 1, signer: EventSigner | None = None) -> int:
    """Put events into the outbox, not let out."""
    with store.begin() as conn:
        return append_events(conn, run_id, events, signer.begin if signer else unsigned)


def let_out(store: Store, run_id: int = 1, at: datetime = NOW) -> int:
    with store.begin() as conn:
        return release_events(conn, run_id, at)


def tell(store: Store, *names: str, signer: EventSigner | None = None, at: datetime = NOW) -> None:
    """Put events into the outbox and let them out."""
    hold(store, [new_event(name) for name in names], signer=signer)
    let_out(store, at=at)


def forget(store: Store, up_to: int) -> None:
    """What retention does: the oldest events are gone."""
    with store.begin() as conn:
        conn.execute(delete(EVENTS).where(EVENTS.c.sequence <= up_to))
