"""The columns of a department's rows as the Markdown tables of its README."""

from collections.abc import Iterator
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
