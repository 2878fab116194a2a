"""The departments that the project itself brings: what the reference takes its examples from."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint

from gateway.department import Dataset, Department
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import build_host
from tests.support.project import pyproject


@cache
def departments() -> dict[str, Department]:
    """The departments that pyproject.toml names, whatever else is installed."""
    named = pyproject()["project"]["entry-points"][ENTRY_POINTS]
    return build_host([EntryPoint(name, value, ENTRY_POINTS) for name, value in named.items()]).departments


def datasets() -> Iterator[tuple[Department, Dataset]]:
    """Every dataset with its department."""
    for department in departments().values():
        for dataset in department.datasets:
            yield department, dataset
