"""A plan as the text of its `__init__.py`, formatted."""

import builtins
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.scaffold.built import TYPES
from gateway.scaffold.fill import filled
from gateway.scaffold.layout import LINE, Code, Group, laid_out, quoted
from gateway.scaffold.naming import unused
from gateway.scaffold.plan import ColumnPlan, DatasetPlan, PackagePlan, RecordPlan

_ALWAYS: Final = frozenset({"Dataset", "Department", "Emit", "Field", "SourceRow", "hookimpl", "records"})
_TAKEN: Final = frozenset({"before", "first", "gateway_department", "hookimpl", "records"})
_ROWS_IN: Final = {"nhsa": "rows"}
"""Envelopes whose plaintext is an object around the array of rows, and the member that holds them."""

_SAID: Final = {
    "OfLife": "Evidence of life; says nothing until config/policy.yaml lists its kind under records.",
    "Neutral": "Says nothing about anybody until it is known what the row means.",
}

Tables = Mapping[tuple[str, str], str]


def source_of(plan: PackagePlan) -> str:
    """The package's code."""
    tables, variables = _table_names(plan), _variables(plan)
    blocks = []
    for dataset in plan.datasets:
        blocks += [_own_kind(record, dataset) for record in dataset.emits[:1] if record.own_kind]
        blocks.append(_dataset(plan, dataset, variables[dataset.name], tables))
    return filled(
        "init.py",
        name=plan.name,
        head="\n\n".join([*_imports(plan), *_tables(plan, tables)]),
        blocks="\n\n\n".join(blocks),
        handed=_text(_handed(plan, variables), 4),
    )


def _table_names(plan: PackagePlan) -> Tables:
    """The names of the code tables, by dataset and column."""
    names: dict[tuple[str, str], str] = {}
    for dataset in plan.datasets:
        for column in dataset.columns:
            if column.codes:
                name = unused(f"{column.field.upper()}_CODES", names.values())
                names[dataset.name, column.alias] = name
    return names


def _variables(plan: PackagePlan) -> dict[str, str]:
    names: dict[str, str] = {}
    for dataset in plan.datasets:
        reserved = dataset.name in _TAKEN or hasattr(builtins, dataset.name)
        wanted = f"{dataset.name}_rows" if reserved else dataset.name
        names[dataset.name] = unused(wanted, names.values())
    return names


def _imports(plan: PackagePlan) -> Iterator[str]:
    typing = [*(["Annotated"] if _has_tables(plan) else []), *(["Literal"] if _own_kinds(plan) else [])]
    if typing:
        yield f"from typing import {', '.join(typing)}"
    names = sorted(_used(plan), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    line = f"from gateway import {', '.join(names)}"
    yield line if len(line) <= LINE else _text(Group("from gateway import (", tuple(names)), 0)


def _used(plan: PackagePlan) -> frozenset[str]:
    records = [record for dataset in plan.datasets for record in dataset.emits]
    kinds = {TYPES[column.kind] for dataset in plan.datasets for column in dataset.columns}
    tables = {"Codes"} if _has_tables(plan) else set()
    words = {"PRESENT": "when", "before": "bounds"}
    used = {word for word, part in words.items() if any(getattr(record, part) for record in records)}
    several = any(record.bounds and (record.day or len(record.bounds) > 1) for record in records)
    return _ALWAYS | kinds | tables | used | ({"first"} if several else set())


def _has_tables(plan: PackagePlan) -> bool:
    return any(column.codes for dataset in plan.datasets for column in dataset.columns)


def _own_kinds(plan: PackagePlan) -> bool:
    return any(record.own_kind for dataset in plan.datasets for record in dataset.emits)


def _tables(plan: PackagePlan, names: Tables) -> Iterator[str]:
    texts = [
        _text(_table(names[dataset.name, column.alias], column), 0)
        for dataset in plan.datasets
        for column in dataset.columns
        if column.codes
    ]
    if texts:
        yield "\n".join(texts)


def _table(name: str, column: ColumnPlan) -> Code:
    entries = tuple(f"{quoted(code)}: {quoted(meaning)}" for code, meaning in column.codes.items())
    return Group(f"{name} = Codes(", (Group("{", entries, "}"),))


def _own_kind(record: RecordPlan, dataset: DatasetPlan) -> str:
    parts = {"class_name": _own_class(dataset), "kind": str(record.own_kind), "record": record.record}
    return filled("own_kind.py", said=_SAID[record.record], **parts)


def _own_class(dataset: DatasetPlan) -> str:
    return f"{dataset.class_name}Record"


def _dataset(plan: PackagePlan, dataset: DatasetPlan, variable: str, tables: Tables) -> str:
    fields = [line for column in dataset.columns for line in _column(dataset, column, tables)]
    emits = Group("emits=[", tuple(_emit(record, dataset) for record in dataset.emits), "]")
    options = [
        *(['name_check="masked",'] if dataset.masked_names else []),
        *(['shape="file_drop",'] if plan.shape == "file_drop" else []),
        *([f"rows_in={quoted(_ROWS_IN[plan.envelope])},"] if plan.envelope in _ROWS_IN else []),
    ]
    return filled(
        "dataset.py",
        class_name=dataset.class_name,
        variable=variable,
        name=dataset.name,
        title=dataset.title,
        envelope=plan.envelope,
        options="".join(f"    {option}\n" for option in options),
        key=dataset.key,
        fields="\n".join([*_review(dataset.start), *fields]),
        emits="\n".join([*_review(dataset.why), *laid_out(emits, 4, ",")]),
    )


def _column(dataset: DatasetPlan, column: ColumnPlan, tables: Tables) -> Iterator[str]:
    table = tables.get((dataset.name, column.alias))
    kind = f"Annotated[Code, {table}]" if table else TYPES[column.kind]
    named = (f"alias={quoted(column.alias)}", f"title={quoted(column.title)}")
    yield from _review(column.why)
    yield from laid_out(Group(f"{column.field}: {kind} = Field(", named), 4)


def _emit(record: RecordPlan, dataset: DatasetPlan) -> Code:
    items: list[Code] = [_own_class(dataset) if record.own_kind else f"records.{record.record}"]
    if record.when:
        items.append(Group("when={", (f"{quoted(record.when)}: PRESENT",), "}"))
    if record.about:
        items.append(Group("about=(", tuple(map(quoted, record.about))))
    items += [f"{name}={quoted(text)}" for name, text in record.texts]
    return Group("Emit(", (*items, *_happened_on(record)))


def _happened_on(record: RecordPlan) -> Iterator[Code]:
    days = [
        *([quoted(record.day)] if record.day else []),
        *(f"before({quoted(each)})" for each in record.bounds),
    ]
    if days:
        yield Group("happened_on=first(", tuple(days)) if len(days) > 1 else f"happened_on={days[0]}"


def _handed(plan: PackagePlan, variables: Mapping[str, str]) -> Code:
    listed = Group("[", tuple(variables[dataset.name] for dataset in plan.datasets), "]")
    return Group("return Department(", (quoted(plan.name), quoted(plan.title), listed))


def _review(why: str) -> list[str]:
    """A comment that asks to look at what was guessed."""
    lines = textwrap.wrap(f"review: {why}", LINE - 10) if why else []
    return [f"    # {line}" for line in lines]


def _text(code: Code, indent: int) -> str:
    return "\n".join(laid_out(code, indent))
