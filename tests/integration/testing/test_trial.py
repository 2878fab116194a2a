"""The kit's settling in plain Python counts what the gateway's own settling counts."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from gateway.evidence.columns import EVIDENCE, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.store.database import Store
from gateway.store.parts import add_parts
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.package import id_columns, installed, key_column
from gateway.testing.conformance.trial import OTHER_NUMBER, Trial
from tests.integration.evidence.places import COMPARED, Place
from tests.plugins.examples import DEPARTMENTS
from tests.unit.core.examples import RECEIVED_AT

Row = dict[str, Any]
CASES: Final = [
    Case(package, dataset)
    for package in map(installed, sorted(DEPARTMENTS))
    for dataset in package.department.datasets
]


def later(case: Case, row: Row, hours: int, **columns: Any) -> Row:
    loaded_at = case.read(row).loaded_at or case.sheet.received_at
    return row | columns | {"tong_time": f"{loaded_at + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"}


def corrected(case: Case) -> list[Row]:
    """Every other row again, about somebody else."""
    other = dict.fromkeys(id_columns(case.dataset), OTHER_NUMBER)
    return [later(case, row, 1, op="U", **other) for row in case.rows[::2] if row["op"] != "D"]


def deleted(case: Case) -> list[Row]:
    """Every third row taken back."""
    column = key_column(case.dataset)
    return [later(case, {column: row[column]}, 2, op="D") for row in case.rows[::3]]


PAGES: Final[dict[str, Callable[[Case], list[Row]]]] = {
    "the first half": lambda case: case.rows[: len(case.rows) // 2],
    "the whole page": lambda case: case.rows,
    "the whole page again": lambda case: case.rows,
    "corrections": corrected,
    "deletions": deleted,
    "the first page late": lambda case: case.rows,
}


@pytest.fixture
def place(store: Store, folder: Path) -> Place:
    return Place(store, folder)


def settled(place: Place, found: Iterator[list[Row]]) -> list[Row]:
    """What counts in the gateway's own store after one more page."""
    rows = [row for version in found for row in version]
    written = write_part(place.folder, "arrived", pa.Table.from_pylist(rows, schema=EVIDENCE))
    with place.store.begin() as conn:
        add_parts(conn, [as_part(written, "arrived", STRANGERS, 1, RECEIVED_AT)])
    place.settle()
    return [row for row in place.counting() if row["kind"] != "voided_certificate"]


def test_what_counts_after_each_page_is_the_same(place: Place) -> None:
    trials = [(case, Trial(case)) for case in CASES]
    sizes = []
    for name, page in PAGES.items():
        evidence = (version for case, trial in trials for version in trial.versions(page(case)))
        expected = settled(place, evidence)
        for case, trial in trials:
            trial.take(page(case))
        found = [{column: fact[column] for column in COMPARED} for _, t in trials for fact in t.counting()]
        assert sorted(found, key=repr) == expected, name
        sizes.append(len(expected))
    assert 0 < sizes[0] < sizes[1] == sizes[2]
    assert sizes[4] == sizes[5] < sizes[3]
