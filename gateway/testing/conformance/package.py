"""A department as it is installed: what it hands over, and the folder its samples and README stand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gateway.department import Dataset, Department
from gateway.errors import PluginError
from gateway.fields import fields_of_type
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import build_host
from gateway.identity import IdNumber, PersonName

SHEET_SUFFIX: Final = ".json"


@dataclass(frozen=True)
class Package:
    """One department and its folder."""

    department: Department
    folder: Path

    @property
    def readme(self) -> Path:
        """Where the department says in words what its data say and do not say."""
        return self.folder / "README.md"

    @property
    def samples(self) -> Path:
        """The folder of its samples."""
        return self.folder / "samples"

    def sheet(self, dataset: Dataset) -> Path:
        """The samples of a dataset."""
        return self.samples / f"{dataset.name}{SHEET_SUFFIX}"

    def document(self, dataset: Dataset) -> Path | None:
        """A page of a dataset as its department writes it, where that is no JSON array."""
        beside = sorted(self.samples.glob(f"{dataset.name}.*"))
        return next((path for path in beside if path.suffix != SHEET_SUFFIX), None)


def installed(name: str, points: Sequence[EntryPoint] | None = None) -> Package:
    """The installed department of this name; `points` stands for what is installed.

    Raises:
        PluginError: it is not installed, or broken; says what to do.
    """
    found = tuple(entry_points(group=ENTRY_POINTS)) if points is None else tuple(points)
    host = build_host(found)
    if name in host.faults:
        raise PluginError(f"plugin {name!r}: {host.faults[name]}")
    if name not in host.departments:
        known = ", ".join(sorted(host.departments)) or "none"
        raise PluginError(
            f"no department {name!r} is installed (installed: {known}): install its package with pip, "
            f'or give it its entry point under [project.entry-points."{ENTRY_POINTS}"]'
        )
    module = next(point.module for point in found if point.name == name)
    return Package(host.departments[name], folder_of(module))


def folder_of(module: str) -> Path:
    """The folder that an importable module stands in.

    Raises:
        PluginError: it is no file, so nothing stands beside it.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise PluginError(f"{module} is no file: install the package unpacked, with its samples and README")
    return Path(spec.origin).parent


def id_columns(dataset: Dataset) -> list[str]:
    """The columns, as the data dictionary names them, that hold an ID number."""
    return [dataset.alias(name) for name in fields_of_type(dataset.row, IdNumber)]


def name_columns(dataset: Dataset) -> list[str]:
    """The columns, as the data dictionary names them, that hold a name."""
    return [dataset.alias(name) for name in fields_of_type(dataset.row, PersonName)]


def key_column(dataset: Dataset) -> str:
    """The column, as the data dictionary names it, that holds the key."""
    return dataset.alias(dataset.column(dataset.key) or dataset.key)
