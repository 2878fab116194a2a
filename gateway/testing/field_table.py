"""The field tables of the departments' READMEs, written from the rows so that they cannot fall behind.

`python -m gateway.testing.field_table` writes them anew, for every department that is installed.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from gateway.department import Department
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import build_host
from gateway.testing.conformance.package import folder_of
from gateway.testing.markdown import field_tables, with_tables

__all__ = ["field_tables", "readmes", "with_tables"]


def readmes() -> Iterator[tuple[Path, Department]]:
    """The README of every installed department that has one, found beside its module."""
    departments = build_host().departments
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in departments:
            path = folder_of(point.module) / "README.md"
            if path.is_file():
                yield path, departments[point.name]


def main() -> None:
    """Write every README's field tables anew, name those that changed, and say what the others lack."""
    faults = []
    for path, department in readmes():
        try:
            sys.stdout.write(f"{path}: {_written(path, department)}\n")
        except ValueError as error:
            faults.append(f"{path}: {error}")
    if faults:
        sys.exit("\n".join(faults))


def _written(path: Path, department: Department) -> str:
    before = path.read_text("utf-8")
    after = with_tables(before, department)
    path.write_text(after, "utf-8")
    return "current" if after == before else "written"


if __name__ == "__main__":
    main()
