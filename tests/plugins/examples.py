"""The departments' samples, as the tests of this folder take them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.department import Dataset
from gateway.fields import IdText, NameText
from gateway.host import build_host

PLUGINS = Path(__file__).parents[2] / "plugins"
DEPARTMENTS = {
    name: department for name, department in build_host().departments.items() if (PLUGINS / name).is_dir()
}
DATASETS = [(name, dataset) for name, department in DEPARTMENTS.items() for dataset in department.datasets]


class Sample(NamedTuple):
    """One row of a samples file and what must come of it."""

    dataset: Dataset
    received_at: datetime
    entry: dict[str, Any]

    def __repr__(self) -> str:
        return f"Sample({self.dataset.name}: {self.entry['why']})"

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.entry["row"])


def sheet(department: str, dataset: str) -> dict[str, Any]:
    """One samples file."""
    loaded: dict[str, Any] = json.loads(path(department, dataset).read_text("utf-8"))
    return loaded


def path(department: str, dataset: str) -> Path:
    return PLUGINS / department / "samples" / f"{dataset}.json"


def samples(part: str) -> list[Any]:
    """Every accepted or refused sample as a parameter with a readable name."""
    return [
        pytest.param(sample, id=f"{department}/{dataset.name}: {sample.entry['why']}")
        for department, dataset in DATASETS
        for sample in of_dataset(department, dataset, part)
    ]


def of_dataset(department: str, dataset: Dataset, part: str) -> list[Sample]:
    loaded = sheet(department, dataset.name)
    received_at = datetime.fromisoformat(loaded["received_at"])
    return [Sample(dataset, received_at, entry) for entry in loaded[part]]


def every_dataset() -> list[Any]:
    """Every dataset as a parameter with a readable name."""
    return [
        pytest.param(department, dataset, id=f"{department}/{dataset.name}")
        for department, dataset in DATASETS
    ]


def columns(dataset: Dataset, kind: Any) -> list[str]:
    """The columns, as the data dictionary names them, that hold an ID number or a name."""
    fields = dataset.row.model_fields.values()
    return [str(field.alias) for field in fields if kind.__metadata__[0] in field.metadata]


def id_columns(dataset: Dataset) -> list[str]:
    return columns(dataset, IdText)


def name_columns(dataset: Dataset) -> list[str]:
    return columns(dataset, NameText)
