import pytest

from gateway.identity import Keyer


@pytest.fixture(scope="session")
def keyer() -> Keyer:
    return Keyer(b"a synthetic identity key")
