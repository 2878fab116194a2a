import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.integration.ledger.office import TODAY, Office, died, open_office

DIED_ON = date(2026, 9, 10)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """One benefit, everything compared up to today, nothing against anybody."""
    with open_office(tmp_path) as found:
        found.roster({"benefit_id": "B1"})
        found.compared(TODAY)
        yield found


@pytest.fixture(scope="session")
def decided_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office after a run that found a death of a person whose payment is suspended."""
    folder = tmp_path_factory.mktemp("decided")
    with open_office(folder) as office:
        suspended = {"payment_status": "suspended", "suspended_on": "2026-07-01"}
        office.roster({"benefit_id": "B1", **suspended}, {"benefit_id": "B2"})
        office.compared(TODAY)
        office.evidence("B1", "certificate-1", **died(DIED_ON))
        office.decide()
    return folder


@pytest.fixture
def suspected(decided_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The day after B1 was suspected of a death."""
    shutil.copytree(decided_folder, tmp_path / "office")
    with open_office(tmp_path / "office") as found:
        yield found.on(TODAY + timedelta(days=1))
