"""Events from their data to the store: serialised, signed, numbered, committed."""

import time
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.clock import system_clock
from gateway.crypto.event_signing import EventSigner
from gateway.events import EventDraft, enveloped
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.testing.event_examples import examples, origin

RUN: Final = 1
_A_COMMIT = 20_000


def drafts(count: int) -> list[EventDraft]:
    """So many different events about as many benefits, of every type in turn."""
    shared = origin("cn.hunan.rst.")
    data = islice(cycle(examples()), count)
    return [
        EventDraft(
            f"evt_{number:032x}",
            shared.type_prefix + each.type_name,
            f"B{number:07}",
            "990101",
            shared,
            None,
            each,
        )
        for number, each in enumerate(data)
    ]


def publish(folder: Path, events: list[EventDraft]) -> float:
    """Events a second into a new database, commits of 20 000, and released."""
    store = Store(f"sqlite:///{folder / 'gateway.db'}")
    store.migrate()
    sign = EventSigner(Ed25519PrivateKey.generate()).sign
    begun = time.perf_counter()
    for start in range(0, len(events), _A_COMMIT):
        with store.begin() as conn:
            append_events(conn, RUN, map(enveloped, events[start : start + _A_COMMIT]), sign)
    with store.begin() as conn:
        release_events(conn, RUN, system_clock())
    taken = time.perf_counter() - begun
    store.close()
    return len(events) / taken
