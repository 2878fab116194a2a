"""The one database: SQLite by default, PostgreSQL in production."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.pq import Format
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text, update
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gateway.errors import ConfigError, RequestError, StoreError
from gateway.store.bulk import IN_BINARY
from gateway.store.faults import explain
from gateway.store.tables import COUNTERS

BUSY_SECONDS: Final = 30
"""How long a writer waits for another one on SQLite."""

CONNECT_SECONDS: Final = 10
_PAGE_BYTES: Final = 8192
"""Of a new SQLite file: a usual page of 4 096 holds two events, this one five, and each is written whole."""

_WRITES: Final = "gateway_writes"
_MIGRATION_LOCK: Final = 20260010
_FORMS: Final = "sqlite:///PATH or postgresql+psycopg://USER@HOST:PORT/NAME"


class Store:
    """The database behind a URL; opened on first use, safe to share between threads, not between forks.

    Raises:
        ConfigError: the URL is of no supported form.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self._engine = _engine(self._url)
        self._guard: Callable[[Connection], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url_without_password(self) -> str:
        """The database's address, fit for a log."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._engine.dispose()

    def guarded(self, guard: Callable[[Connection], None]) -> Self:
        """The same database, with each write transaction begun by a guard: what it raises undoes it whole."""
        other = copy(self)
        other._guard = guard  # noqa: SLF001 - of its own kind
        return other

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One write transaction: committed at the end, rolled back whole on any exception.

        Raises:
            StoreError: the database or the disk failed; says the next step, never SQL or rows.
        """
        with self._named_faults(), self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if self._guard:
                    self._guard(connection)
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction.

        Raises:
            StoreError: as `begin`.
        """
        with self._named_faults(), self._engine.connect() as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the newest version; creates the folder of a SQLite file."""
        with self._named_faults():
            _make_folder(self._url)
        with self.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            command.upgrade(_alembic(connection), "head")

    def check(self) -> list[str]:
        """What is wrong with the database, each with its next step; empty when it can be used."""
        path = _sqlite_path(self._url)
        if path is not None and not path.exists():
            return [f"store {self.url_without_password}: not there yet; `gateway roster import` creates it"]
        try:
            return self._version_faults() or self._write_faults()
        except StoreError as error:
            return [str(error)]

    def _version_faults(self) -> list[str]:
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            wanted = ScriptDirectory.from_config(_alembic(connection)).get_current_head()
        if found == wanted:
            return []
        versions = f"its tables are at version {found or 'none'}, not {wanted}"
        step = "`gateway roster import` or `gateway sync` migrates them"
        return [f"store {self.url_without_password}: {versions}; {step}"]

    def _write_faults(self) -> list[str]:
        with self.begin() as connection:
            connection.execute(update(COUNTERS).values(value=COUNTERS.c.value))
            connection.rollback()
        return []

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            line = f"store {self.url_without_password}: {explain(error)}"
            raise StoreError(line) from None
        except UnicodeEncodeError:
            line = "half a character was given, which no database can hold: leave it out"
            raise RequestError(line) from None


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(f"store: not a database URL; write {_FORMS}") from None
    known = parsed.drivername in {"sqlite", "postgresql+psycopg"}
    if not known or not parsed.database or parsed.database == ":memory:":
        raise ConfigError(f"store: {parsed.drivername} URL not supported; write {_FORMS}")
    return parsed


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        options = {"connect_timeout": CONNECT_SECONDS}
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
        event.listen(engine, "before_cursor_execute", _choose_format)
        return engine
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _choose_format(
    _connection: Connection,
    cursor: Any,
    _sql: str,
    _values: object,
    context: ExecutionContext | None,
    _many: object,
) -> None:
    if context is not None and context.execution_options.get(IN_BINARY):
        cursor.format = Format.BINARY


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, so that DDL and reads are inside transactions too
    for pragma in (f"page_size={_PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _sqlite_path(url: URL) -> Path | None:
    return Path(url.database) if url.drivername == "sqlite" and url.database else None


def _make_folder(url: URL) -> None:
    path = _sqlite_path(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)


def _alembic(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "gateway.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
