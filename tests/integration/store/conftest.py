import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store.database import Store
from gateway.store.tables import COUNTERS, METADATA
from tests.conftest import postgres_or_skip

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.server)]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "gateway.sqlite"
    with Store(f"sqlite:///{path}") as store:
        store.migrate()
    return path


@pytest.fixture(scope="session")
def migrated_server() -> Iterator[Store]:
    with postgres_or_skip() as url, Store(url) as store:
        store.migrate()
        yield store


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(migrated_file, tmp_path / "gateway.sqlite")
    with Store(f"sqlite:///{tmp_path / 'gateway.sqlite'}") as store:
        yield store


@pytest.fixture
def postgres_store(migrated_server: Store) -> Iterator[Store]:
    yield migrated_server
    with migrated_server.begin() as conn:
        for table in reversed(METADATA.sorted_tables):
            conn.execute(sa.update(table).values(value=0) if table is COUNTERS else sa.delete(table))


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest) -> Store:
    """A migrated, empty store of each kind."""
    name = "sqlite_store" if request.param == "sqlite" else "postgres_store"
    store: Store = request.getfixturevalue(name)
    return store


@pytest.fixture(params=BOTH)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of each kind that nothing was ever done to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'gateway.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
