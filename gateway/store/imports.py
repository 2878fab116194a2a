"""Roster imports: which file was taken, what it changed, and under which identity key."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from gateway.store.tables import ROSTER_IMPORTS


@dataclass(frozen=True)
class RosterImport:
    """One import; `key_fingerprint` tells identity keys apart without giving them away."""

    file_sha256: str
    imported_at: datetime
    as_of: date
    rows: int
    new: int
    changed: int
    gone: int
    unmatchable: int
    refused: int
    key_fingerprint: str


_COLUMNS = [ROSTER_IMPORTS.c[name] for name in RosterImport.__dataclass_fields__]


def add_import(conn: Connection, done: RosterImport) -> int:
    """Note an import and give its number."""
    query = insert(ROSTER_IMPORTS).values(**vars(done)).returning(ROSTER_IMPORTS.c.import_id)
    return int(conn.execute(query).scalar_one())


def last_import(conn: Connection) -> RosterImport | None:
    """The import whose roster is live."""
    query = select(*_COLUMNS).order_by(ROSTER_IMPORTS.c.import_id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else RosterImport(**row._asdict())
