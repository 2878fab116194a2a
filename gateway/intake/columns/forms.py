"""The field types as values: which of them reads a column, and whether nothing else does."""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_args

from pydantic import BeforeValidator, PlainSerializer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.fields import (
    Code,
    Codes,
    Day,
    IdText,
    Instant,
    Key,
    LoadTime,
    Month,
    NameText,
    Operation,
    Text,
)


class Form(Enum):
    """How the cells of a column are read: the field types, as values."""

    KEY = auto()
    TEXT = auto()
    CODE = auto()
    DAY = auto()
    INSTANT = auto()
    MONTH = auto()
    LOAD_TIME = auto()
    ID_NUMBER = auto()
    NAME = auto()
    OPERATION = auto()


class _Type(NamedTuple):
    annotation: Any
    read: Any
    may_be_missing: bool


def _type(annotated: Any) -> _Type:
    bare, *metadata = get_args(annotated)
    read = next(item.func for item in metadata if isinstance(item, BeforeValidator))
    return _Type(bare, read, any(isinstance(item, FieldInfo) for item in metadata))


_TYPES: Final[Mapping[Form, _Type]] = MappingProxyType(
    {
        Form.KEY: _type(Key),
        Form.TEXT: _type(Text),
        Form.CODE: _type(Code),
        Form.DAY: _type(Day),
        Form.INSTANT: _type(Instant),
        Form.MONTH: _type(Month),
        Form.LOAD_TIME: _type(LoadTime),
        Form.ID_NUMBER: _type(IdText),
        Form.NAME: _type(NameText),
        Form.OPERATION: _Type(Operation, None, may_be_missing=False),
    }
)


def form_of(field: FieldInfo) -> Form | None:
    """The form of a field that is read by one of the field types and nothing besides; else None."""
    readers = [item.func for item in field.metadata if isinstance(item, BeforeValidator)]
    besides = [x for x in field.metadata if not isinstance(x, BeforeValidator | PlainSerializer | Codes)]
    if besides or len(readers) > 1 or field.default_factory or field.validation_alias != field.alias:
        return None
    found = _Type(field.annotation, readers[0] if readers else None, field.default is None)
    required = field.default is PydanticUndefined
    return next((form for form, known in _TYPES.items() if known == found and required is not found[2]), None)


def read_as(form: Form, cell: object) -> Any:
    """One cell as the field type of a form reads it.

    Raises:
        ValueError: the cell breaks a rule of the type.
    """
    return _TYPES[form].read(cell)
