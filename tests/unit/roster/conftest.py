from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.identity import Keyer
from gateway.store.database import Store


@pytest.fixture(scope="session")
def keyer() -> Keyer:
    return Keyer(b"a synthetic identity key")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'gateway.sqlite'}") as store:
        store.migrate()
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"
