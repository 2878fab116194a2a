"""Which datasets say everything as data, so that nothing but data has to be run over their columns."""

from collections.abc import Iterable
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.department import Dataset
from gateway.fields import SourceRow
from gateway.intake.columns.forms import form_of
from gateway.mapping import Condition, Constant, Emit, Lookup, OneOf, Value, literals
from gateway.records import Fact

_METHODS: Final = (
    "__init__",
    "__new__",
    "__getattr__",
    "__getattribute__",
    "__get_pydantic_core_schema__",
    "model_post_init",
    "model_validate",
)
_VALIDATORS: Final = ("validators", "field_validators", "root_validators", "model_validators")
_TABLES: Final = (dict, MappingProxyType)
_FILLED: Final = frozenset({"kind", "published_at", "received_at"})


def is_plain(dataset: Dataset) -> bool:
    """Whether no code of a plugin takes part in reading the dataset's rows, and every type is ours.

    It does with `to_records`, with a row or record that has validators or methods of its own, and with a
    column of a type that is not one of `gateway.fields`.
    """
    if dataset.to_records or dataset.faults() or not _is_only_data(dataset.row, SourceRow):
        return False
    fields = dataset.row.model_fields.values()
    if (dataset.alias("operation"), dataset.alias("loaded_at")) != ("op", "tong_time"):
        return False
    return all(map(form_of, fields)) and all(map(_is_plain_emit, dataset.every_emit))


def _is_only_data(model: type[BaseModel], base: type[BaseModel]) -> bool:
    """Whether a class adds fields to its base and nothing else that could change what is read."""
    own = model.__pydantic_decorators__
    return (
        model.model_config == base.model_config
        and not any(getattr(own, kind) for kind in _VALIDATORS)
        and all(_method(model, name) is _method(base, name) for name in _METHODS)
    )


def _method(model: type[BaseModel], name: str) -> Any:
    found = getattr(model, name, None)
    return getattr(found, "__func__", found)


def _is_plain_emit(emit: Emit) -> bool:
    fields = emit.record.model_fields
    return (
        _is_only_data(emit.record, Fact)
        and all(_is_plain_field(field) for name, field in fields.items() if name not in _FILLED)
        and all(_is_plain_value(fields[name], value) for name, value in emit.values.items())
        and all(map(_is_plain_condition, emit.when.values()))
    )


def _is_plain_field(field: FieldInfo) -> bool:
    kinds = set(get_args(field.annotation) or (field.annotation,)) - {type(None)}
    literal = get_origin(field.annotation) is Literal or all(get_origin(kind) is Literal for kind in kinds)
    return not field.metadata and field.alias is None and (literal or kinds in ({str}, {date}))


def _is_plain_value(field: FieldInfo, value: Value) -> bool:
    """Whether a value written into the mapping is a text that the record's field surely takes."""
    if not isinstance(value, Constant | Lookup):
        return True
    if isinstance(value, Lookup) and not (type(value.table) in _TABLES and _are_texts(value.table)):
        return False
    given = {value.value} if isinstance(value, Constant) else {*value.table.values(), value.otherwise}
    allowed, takes_days = literals(field.annotation), date in (field.annotation, *get_args(field.annotation))
    return _are_texts(given) and (given <= {*allowed, None} if allowed else not takes_days)


def _is_plain_condition(condition: Condition) -> bool:
    return _are_texts(condition.values if isinstance(condition, OneOf) else condition.prefixes)


def _are_texts(values: Iterable[object]) -> bool:
    """Whether these are texts, or None, and nothing that might be equal to other texts than itself."""
    return all(value is None or type(value) is str for value in values)
