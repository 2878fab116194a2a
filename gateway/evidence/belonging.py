"""Ties an evidence folder to its database: a new database over an old folder would sweep it empty."""

import secrets
from typing import Final

from sqlalchemy import Connection

from gateway.errors import StoreError
from gateway.evidence.files import SUFFIX, storing
from gateway.places import Place, files_below, opened
from gateway.store import counters
from gateway.store.files import durable
from gateway.store.parts import known_paths

MARKER: Final = ".database"
_COUNTER: Final = "evidence_folder"
_BITS: Final = 40
"""Enough to tell databases apart; the number has fewer digits than an ID number."""


def check_belongs(conn: Connection, folder: Place) -> None:
    """Make sure that folder and database are each other's; the first time, write one number into both.

    One of the two that has no number, after a stop or a copy that left it out, is given the other's.

    Raises:
        StoreError: they are not, or the folder cannot be read or written; no part was touched.
    """
    own, found = counters.value(conn, _COUNTER), _read(folder / MARKER)
    if own and own == found:
        return
    if (own and found) or not _fits(conn, folder):
        raise StoreError(
            f"the evidence folder {folder} is not the one of this database: let `store` and `evidence` in "
            "gateway.yaml name two that belong together, or give a new database an empty folder"
        )
    number = own or found or 1 + secrets.randbits(_BITS)
    _write(folder / MARKER, number)
    if not own:
        counters.advance(conn, _COUNTER, number)


def _fits(conn: Connection, folder: Place) -> bool:
    """Whether the folder holds a part of the database, by its unique name; a new one fits an empty folder."""
    known = known_paths(conn)
    if not known:
        return not any(path.endswith(SUFFIX) for path in files_below(folder))
    with storing(folder):
        return any((folder / path).exists() for path in known)


def _read(marker: Place) -> int:
    """The number in the folder; 0 when there is none."""
    with storing(marker.parent):
        text = _text(marker) if marker.exists() else ""
    return int(text) if text.isdigit() else 0


def _text(marker: Place) -> str:
    with opened(marker) as file:
        return file.read().decode("ascii", "replace").strip()


def _write(marker: Place, number: int) -> None:
    with storing(marker.parent), durable(marker) as file:
        file.write(str(number).encode("ascii"))
