from datetime import date
from pathlib import Path

import pytest

from gateway.sandbox.keys import SandboxKeys, write_keys
from gateway.sandbox.province import Province

START = date(2026, 9, 1)


@pytest.fixture(scope="session")
def province() -> Province:
    """Shared and only ever read: asking for a later moment adds to it but changes nothing."""
    return Province(11, 400, START)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def key_folder(keys: SandboxKeys) -> Path:
    return keys.folder
