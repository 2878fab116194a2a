from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import doctor, token
from tests.integration.ledger.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The station that every command opens."""
    with open_office(tmp_path) as found:
        for module in (token, doctor):
            monkeypatch.setattr(module, "open_station", lambda _config: found.station)
        yield found
