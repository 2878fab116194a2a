"""One clear line for whatever a database or disk reports; never SQL, parameters or rows."""

import errno
import sqlite3
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_FULL: Final = "the disk is full: free some space, then run again; nothing was lost"
_LOCKED: Final = "another process is writing: wait until it has finished, then run again"
_READ_ONLY: Final = "it is read-only: give this user write access, then run again"
_MISSING: Final = "its tables are missing or old: run `gateway doctor`, which says how to migrate it"
_UNREACHABLE: Final = "it cannot be reached: start it or correct `store` in gateway.yaml, then run again"
_DAMAGED: Final = "the file is damaged: restore it from the last backup, then run again"
_BROKEN: Final = "reading or writing failed: check the disk, then run again"
_DRIVER: Final = "its driver is not installed: see README for the supported databases"
_REFUSED: Final = "it refused a row that breaks its own rules; please report this with the code"

_BY_SQLITE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CONSTRAINT: _REFUSED,
}
_BY_SQLSTATE: Final = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "42P01": _MISSING,
    "42703": _MISSING,
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "55P03": _LOCKED,
    "58030": _BROKEN,
}
_BY_CLASS: Final = {
    "08": _UNREACHABLE,
    "28": _UNREACHABLE,
    "3D": _UNREACHABLE,
    "57": _UNREACHABLE,
    "23": _REFUSED,
}
_BY_ERRNO: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
}
_OTHER: Final = "it reported a fault: run `gateway doctor`"


def explain(error: Exception) -> str:
    """What went wrong and the next step, with the driver's code but without its message."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    line, code = _known(cause)
    return f"{line} ({code})"


def _known(cause: object) -> tuple[str, str]:
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _postgres(cause)
    if isinstance(cause, OSError):
        return _BY_ERRNO.get(cause.errno or 0, _BROKEN), errno.errorcode.get(cause.errno or 0, "OSError")
    if isinstance(cause, PoolTimeout):
        return _LOCKED, "pool"
    if isinstance(cause, NoSuchModuleError):
        return _DRIVER, "driver"
    return _OTHER, type(cause).__name__


def _sqlite(error: sqlite3.Error) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return _MISSING, name
    return _BY_SQLITE.get(code & 0xFF, _OTHER), name


def _postgres(error: psycopg.Error) -> tuple[str, str]:
    state = error.sqlstate
    if state is None:
        return _UNREACHABLE, type(error).__name__
    return _BY_SQLSTATE.get(state) or _BY_CLASS.get(state[:2], _OTHER), state
