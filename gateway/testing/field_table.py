"""The field tables of the departments' READMEs, written from the rows so that they cannot fall behind.

`python -m gateway.testing.field_table` writes them anew, for every department that is installed.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from gateway.department import Dataset, Department
from gateway.fields import (
    Code,
    Codes,
    Day,
    IdText,
    Instant,
    Key,
    Month,
    NameText,
    SourceRow,
    Text,
    codes_of,
)
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import build_host

START: Final = "<!-- fields:start -->"
END: Final = "<!-- fields:end -->"

_FORMS: Final[dict[str, Any]] = {
    "key": Key,
    "resident ID number": IdText,
    "name": NameText,
    "day": Day,
    "time": Instant,
    "month": Month,
    "code": Code,
    "text": Text,
}


def field_tables(department: Department) -> str:
    """The columns of every dataset as Markdown; `op` and `tong_time`, which every row has, are left out."""
    return "\n\n".join("\n".join(_lines(dataset)) for dataset in department.datasets)


def with_tables(readme: str, department: Department) -> str:
    """The README with the text between its markers written anew.

    Raises:
        ValueError: the README does not hold both markers once, in their order.
    """
    head, start, rest = readme.partition(START)
    _, end, tail = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the README of {department.name} needs the lines {START} and {END}")
    return f"{head}{START}\n{field_tables(department)}\n{END}{tail}"


def readmes() -> Iterator[tuple[Path, Department]]:
    """The README of every installed department that has one, found beside its module."""
    departments = build_host().departments
    for point in entry_points(group=ENTRY_POINTS):
        spec = find_spec(point.module)
        path = Path(spec.origin).with_name("README.md") if spec and spec.origin else None
        if path and path.is_file() and point.name in departments:
            yield path, departments[point.name]


def main() -> None:
    """Write every README's field tables anew and name those that changed."""
    for path, department in readmes():
        before = path.read_text("utf-8")
        after = with_tables(before, department)
        path.write_text(after, "utf-8")
        sys.stdout.write(f"{path}: {'current' if after == before else 'written'}\n")


def _lines(dataset: Dataset) -> Iterator[str]:
    yield f"### `{dataset.name}` {dataset.title}"
    yield ""
    yield f"Key `{dataset.key}`, sealed as `{dataset.envelope}`."
    yield ""
    yield "| column | 中文 | field | holds |"
    yield "|---|---|---|---|"
    tables = codes_of(dataset.row)
    for name, field in dataset.row.model_fields.items():
        if name not in SourceRow.model_fields:
            held = _codes(tables[name]) if name in tables else _form(field.metadata)
            yield f"| `{field.alias or name}` | {field.title or ''} | `{name}` | {held} |"


def _codes(table: Codes) -> str:
    return " · ".join(f"`{code}` {meaning}" for code, meaning in table.meanings.items())


def _form(metadata: list[Any]) -> str:
    found = (form for form, kind in _FORMS.items() if kind.__metadata__[0] in metadata)
    return next(found, "value")


if __name__ == "__main__":
    main()
