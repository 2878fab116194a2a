from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.pq import Format

from gateway.errors import ConfigError, StoreError
from gateway.store import database, runs
from gateway.store.bulk import IN_BINARY
from gateway.store.database import Store
from gateway.store.refusals import Refused, add_refusals
from gateway.store.tables import EVENTS, METADATA, RUNS

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 30_000,
    "page_size": 8192,
}


def started(store: Store) -> int:
    with store.begin() as conn:
        return runs.start_run(conn, "sync", NOW)


def run_ids(store: Store) -> list[int]:
    with store.read() as conn:
        return [run.run_id for run in runs.list_runs(conn)]


def test_the_migrations_make_the_tables_as_declared(store: Store) -> None:
    with store.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_a_new_store_is_migrated_once_and_then_left_alone(new_url: str) -> None:
    with Store(new_url) as store:
        assert len(store.check()) == 1
        store.migrate()
        assert store.check() == []
        run_id = started(store)
        store.migrate()
        assert run_ids(store) == [run_id]


def test_the_doctor_names_tables_that_were_never_made(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    path.touch()
    with Store(f"sqlite:///{path}") as store:
        (fault,) = store.check()
        assert "version none, not " in fault
        with pytest.raises(StoreError, match="tables are missing or old"):
            run_ids(store)


def test_the_doctor_names_a_server_that_does_not_answer() -> None:
    with Store("postgresql+psycopg://someone:verysecret@127.0.0.1:1/gateway") as store:
        (fault,) = store.check()
    assert "cannot be reached" in fault
    assert "verysecret" not in fault


@pytest.mark.server
def test_the_doctor_names_a_read_only_server(postgres_store: Store) -> None:
    url = postgres_store._url
    options = "-cdefault_transaction_read_only=on"
    read_only = url.update_query_dict({"options": options})
    with Store(read_only.render_as_string(hide_password=False)) as store:
        (fault,) = store.check()
    assert "it is read-only" in fault


def test_the_doctor_names_a_read_only_file(sqlite_store: Store) -> None:
    @sa.event.listens_for(sqlite_store._engine, "checkout")
    def only_reads(connection: object, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON").close()  # type: ignore[attr-defined] # a DBAPI connection

    (fault,) = sqlite_store.check()
    assert "it is read-only" in fault


def test_the_doctor_names_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    path.write_bytes(b"something else entirely" * 100)
    with Store(f"sqlite:///{path}") as store:
        (fault,) = store.check()
    assert "restore it from the last backup" in fault


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.begin() as conn:
            runs.start_run(conn, "sync", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert run_ids(store) == []


def test_an_instant_with_a_time_zone_is_kept_as_local_time(store: Store) -> None:
    with store.begin() as conn:
        run_id = runs.start_run(conn, "sync", datetime(2026, 3, 1, tzinfo=UTC))
    with store.read() as conn:
        assert runs.get(conn, run_id).started_at == NOW


def test_sqlite_is_durable_and_checks_its_references(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        assert {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS} == PRAGMAS


def refused(number: int) -> Refused:
    return Refused(1, "marriages", f"SECRET{number:040}", "op_date", "date_form", NOW, str(number))


def test_a_full_disk_is_one_clear_line_and_loses_nothing(sqlite_store: Store) -> None:
    def fill() -> None:
        with sqlite_store.begin() as conn:
            pages = int(conn.exec_driver_sql("PRAGMA page_count").scalar_one())
            conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            add_refusals(conn, [refused(number) for number in range(5_000)])

    kept = started(sqlite_store)
    with pytest.raises(StoreError, match="the disk is full: free some space") as failure:
        fill()
    assert "\n" not in str(failure.value)
    assert "SECRET" not in str(failure.value)
    assert run_ids(sqlite_store) == [kept]
    with sqlite_store.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM refusals").scalar() == 0


def test_a_full_disk_under_the_evidence_is_a_store_error_too(sqlite_store: Store) -> None:
    with pytest.raises(StoreError, match=r"the disk is full.*ENOSPC"), sqlite_store.begin():
        raise OSError(28, "No space left on device", "part-of-somebody")


def test_a_second_writer_on_sqlite_waits_and_then_says_so(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    with Store(sqlite_store._url.render_as_string()) as other, sqlite_store.begin():
        with pytest.raises(StoreError, match="another process is writing"):
            started(other)
        assert run_ids(other) == []


def test_a_reader_is_not_held_up_by_a_writer(store: Store) -> None:
    with store.begin() as writing, store.read() as reading:
        runs.start_run(writing, "sync", NOW)
        assert runs.list_runs(reading) == []


def test_a_broken_rule_shows_no_value(store: Store) -> None:
    def insert() -> None:
        with store.begin() as conn:
            conn.execute(sa.insert(RUNS), [{"run_id": 1, "kind": "SECRET", "state": "x"}])

    with pytest.raises(StoreError, match="refused a row") as failure:
        insert()
    assert "SECRET" not in str(failure.value)
    assert "INSERT" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


@pytest.mark.server
def test_a_lost_connection_is_one_clear_line(postgres_store: Store) -> None:
    def lose() -> None:
        with postgres_store.begin() as conn, postgres_store.read() as other:
            pid = conn.scalar(sa.text("SELECT pg_backend_pid()"))
            other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            runs.start_run(conn, "sync", NOW)

    with pytest.raises(StoreError, match="cannot be reached"):
        lose()
    assert run_ids(postgres_store) == []
    assert started(postgres_store)


OTHER_URLS = [
    "nonsense",
    "sqlite://",
    "sqlite:///:memory:",
    "mysql://u@h/d",
    "postgresql+asyncpg://u@h/d",
    "postgresql+psycopg://u:verysecret@h:port/d",
]


@pytest.mark.parametrize("url", OTHER_URLS)
def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///PATH or postgresql") as failure:
        Store(url)
    assert "verysecret" not in str(failure.value)


def test_the_password_is_not_shown() -> None:
    store = Store("postgresql+psycopg://someone:verysecret@db:5432/gateway?password=alsosecret")
    assert store.url_without_password == "postgresql+psycopg://someone:***@db:5432/gateway"


@pytest.mark.server
def test_postgresql_is_asked_in_binary_for_what_its_driver_reads(postgres_store: Store) -> None:
    with postgres_store.read() as conn:
        asked = conn.execute(sa.select(EVENTS.c.body), execution_options={IN_BINARY: True})
        assert asked.cursor.format == Format.BINARY
        assert conn.execute(sa.select(EVENTS.c.body)).cursor.format == Format.TEXT
