"""Events from their data to the store: serialised, signed, numbered, committed."""

import time
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.clock import system_clock
from gateway.crypto.signing_pool import signing_pool
from gateway.events import EventDraft, enveloped
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.testing.event_examples import examples, origin

RUN: Final = 1
_A_COMMIT: Final = 50_000
"""As many as a bucket of a million benefits has in its first month."""


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
    """Events a second into a new database, a bucket a commit, and released, from when the processes stand."""
    store = Store(f"sqlite:///{folder / 'gateway.db'}")
    store.migrate()
    with signing_pool([_key(folder)]) as sign:
        sign([b""])()
        begun = time.perf_counter()
        for start in range(0, len(events), _A_COMMIT):
            with store.begin() as conn:
                append_events(conn, RUN, map(enveloped, events[start : start + _A_COMMIT]), sign)
        with store.begin() as conn:
            release_events(conn, RUN, system_clock())
        taken = time.perf_counter() - begun
    store.close()
    return len(events) / taken


def _key(folder: Path) -> str:
    path, key = folder / "events.pem", Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"file:{path}"
