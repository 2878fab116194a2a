"""The servers that some tests need: found, used and left as they were."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

DEFAULT_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
WANTED = "needs a server: "


class ServerMissingError(Exception):
    """A server that a test needs does not answer; the message names it and how to get it."""


def services_required() -> bool:
    """Whether this run must skip nothing: REQUIRE_SERVICES=1."""
    return os.environ.get("REQUIRE_SERVICES") == "1"


def postgres_server() -> sa.URL:
    """The server to make test databases on: GATEWAY_TEST_POSTGRES, else this machine's."""
    return sa.make_url(os.environ.get("GATEWAY_TEST_POSTGRES") or DEFAULT_POSTGRES)


@contextmanager
def temporary_postgres(server: sa.URL) -> Iterator[str]:
    """The URL of a new, empty database, dropped at the end whoever is still connected to it."""
    name = f"gateway_test_{uuid.uuid4().hex}"
    engine = sa.create_engine(
        server, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args={"connect_timeout": 5}
    )
    try:
        _run(engine, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    except sa.exc.OperationalError as error:
        place = f"{server.host}:{server.port}"
        message = f"PostgreSQL does not let us in at {place}: scripts/services make test starts one"
        raise ServerMissingError(message) from error
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _run(engine, f"DROP DATABASE {name} WITH (FORCE)")


def _run(engine: sa.Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
