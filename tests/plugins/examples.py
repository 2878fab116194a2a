"""The departments' samples, as the tests of this folder take them."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.host import build_host

PLUGINS = Path(__file__).parents[2] / "plugins"
DEPARTMENTS = {
    name: department for name, department in build_host().departments.items() if (PLUGINS / name).is_dir()
}
DATASETS = [(name, dataset) for name, department in DEPARTMENTS.items() for dataset in department.datasets]


def sheet(department: str, dataset: str) -> dict[str, Any]:
    """One samples file."""
    loaded: dict[str, Any] = json.loads(path(department, dataset).read_text("utf-8"))
    return loaded


def path(department: str, dataset: str) -> Path:
    return PLUGINS / department / "samples" / f"{dataset}.json"


def every_dataset() -> list[Any]:
    """Every dataset as a parameter with a readable name."""
    return [
        pytest.param(department, dataset, id=f"{department}/{dataset.name}")
        for department, dataset in DATASETS
    ]
