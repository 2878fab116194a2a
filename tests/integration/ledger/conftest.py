import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.decide.engine import Queries, compiled
from gateway.sync import deciding, one
from tests.integration.ledger.office import TODAY, Office, died, open_office

DIED_ON = date(2026, 9, 10)


@pytest.fixture(scope="session")
def compiled_once() -> Callable[..., Queries]:
    """The rules do not change while the tests run: compile them once for a day, which takes seconds."""
    known: dict[str, Queries] = {}

    def remembered(policy: Any, as_of: date, found: Any, dialect: str = "duckdb") -> Queries:
        key = repr((as_of, found, dialect))
        if key not in known:
            known[key] = compiled(policy, as_of, found, dialect)
        return known[key]

    return remembered


def quicken(monkeypatch: pytest.MonkeyPatch, compiled_once: Callable[..., Queries]) -> None:
    """Compile a day's rules once."""
    monkeypatch.setattr(deciding, "compiled", compiled_once)
    monkeypatch.setattr(one, "compiled", compiled_once)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, compiled_once: Callable[..., Queries]) -> None:
    quicken(monkeypatch, compiled_once)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """One benefit, everything compared up to today, nothing against anybody."""
    with open_office(tmp_path) as found:
        found.roster({"benefit_id": "B1"})
        found.compared(TODAY)
        yield found


@pytest.fixture(scope="session")
def decided_folder(tmp_path_factory: pytest.TempPathFactory, compiled_once: Callable[..., Queries]) -> Path:
    """The folder of an office after a run that found a death of a person whose payment is suspended."""
    folder = tmp_path_factory.mktemp("decided")
    with pytest.MonkeyPatch.context() as patch, open_office(folder) as office:
        quicken(patch, compiled_once)
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
