import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.identity import Keyer
from gateway.store.database import Store


@pytest.fixture(scope="session")
def keyer() -> Keyer:
    return Keyer(b"a synthetic identity key")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "gateway.sqlite"
    with Store(f"sqlite:///{path}") as store:
        store.migrate()
    return path


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty SQLite store."""
    shutil.copy(migrated_file, tmp_path / "gateway.sqlite")
    with Store(f"sqlite:///{tmp_path / 'gateway.sqlite'}") as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"
