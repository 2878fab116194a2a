"""Which events a subscriber is told of: the filters of the CloudEvents Subscriptions API 1.0.

They speak of an event's context attributes as text, and of nothing else: counties are a field of their own.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
)

from gateway.clock import CHINA, local
from gateway.errors import RequestError
from gateway.store.ahead import Seen
from gateway.store.outbox import StoredEvent

MAX_DEPTH: Final = 5
MAX_NODES: Final = 50
"""Filters in all, nested ones included."""

Attribute = Literal[
    "id",
    "source",
    "specversion",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "sequence",
    "partitionkey",
    "correlationid",
    "causationid",
]
"""A context attribute that events of the gateway carry."""

Compared = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Wanted = Annotated[dict[Attribute, Compared], Field(min_length=1)]
Event: TypeAlias = StoredEvent | Seen
"""What filters are asked of: a stored event, or as much of one as they see."""

Test = Callable[[Mapping[str, str]], bool]
"""Whether an event, given by its attributes, is told."""


class _Dialect(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, serialize_by_alias=True)


class Exact(_Dialect):
    """Every named attribute is there and is this text."""

    exact: Wanted


class Prefix(_Dialect):
    """Every named attribute is there and begins so."""

    prefix: Wanted


class Suffix(_Dialect):
    """Every named attribute is there and ends so."""

    suffix: Wanted


class AllOf(_Dialect):
    """Each of the filters matches."""

    filters: tuple["Filter", ...] = Field(alias="all", min_length=1)


class AnyOf(_Dialect):
    """One of the filters matches at least."""

    filters: tuple["Filter", ...] = Field(alias="any", min_length=1)


class Not(_Dialect):
    """The filter does not match."""

    inner: "Filter" = Field(alias="not")


def _dialect(given: Any) -> str | None:
    if isinstance(given, BaseModel):
        return _TAGS[type(given)]
    return next(iter(given)) if isinstance(given, dict) and len(given) == 1 else None


_TAGS: Final[dict[type[BaseModel], str]] = {
    Exact: "exact",
    Prefix: "prefix",
    Suffix: "suffix",
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
}

Filter: TypeAlias = Annotated[
    Annotated[Exact, Tag("exact")]
    | Annotated[Prefix, Tag("prefix")]
    | Annotated[Suffix, Tag("suffix")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")],
    Discriminator(
        _dialect,
        custom_error_type="filter_dialect",
        custom_error_message="a filter is an object with one of: exact, prefix, suffix, all, any, not",
    ),
]

AllOf.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()


def _bounded(given: object) -> object:
    """Refuse what is too deep or too much before anything walks it recursively."""
    nodes = 0
    level = list(given) if isinstance(given, list | tuple) else []
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        level = [inner for each in level for inner in _within(each)]
    if level:
        raise ValueError(f"filters are nested at most {MAX_DEPTH} deep")
    if nodes > MAX_NODES:
        raise ValueError(f"there are at most {MAX_NODES} filters, nested ones included")
    return given


def _within(given: object) -> Iterator[object]:
    if isinstance(given, AllOf | AnyOf):
        yield from given.filters
    elif isinstance(given, Not):
        yield given.inner
    elif isinstance(given, dict):
        for name in ("all", "any"):
            found = given.get(name)
            yield from found if isinstance(found, list | tuple) else ()
        if "not" in given:
            yield given["not"]


Filters = Annotated[tuple[Filter, ...], BeforeValidator(_bounded)]
"""Several filters, all of which must match; none at all lets everything through."""

_FILTERS: Final[TypeAdapter[tuple[Filter, ...]]] = TypeAdapter(Filters)


def read_filters(kept: Sequence[Mapping[str, Any]]) -> tuple[Filter, ...]:
    """Filters from plain JSON values, as a subscription keeps them.

    Raises:
        RequestError: they are none, on the field `filters`.
    """
    try:
        return _FILTERS.validate_python(list(kept))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise RequestError(found["msg"].removeprefix("Value error, "), field="filters") from None


def plain_filters(filters: Sequence[Filter]) -> list[dict[str, Any]]:
    """Filters as plain JSON values."""
    return [each.model_dump() for each in filters]


def compile_filters(filters: Sequence[Filter]) -> Test:
    """One test out of several filters, all of which must match; none at all lets everything through."""
    return _every([_compiled(each) for each in filters])


def matches(event: Event, test: Test) -> bool:
    """Whether a test lets a stored event through; its body is read only where the test needs it."""
    return test(EventAttributes(event))


class EventAttributes(Mapping[str, str]):
    """A stored event's context attributes; those that are columns are given without reading the body."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __getitem__(self, name: str) -> str:
        column = _COLUMNS.get(name)
        return column(self._event) if column else self._written[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    @cached_property
    def _written(self) -> dict[str, str]:
        envelope = json.loads(self._event.body)
        return {name: value for name, value in envelope.items() if name != "data"}


def _time(event: Event) -> str:
    return local(event.time).replace(tzinfo=CHINA).isoformat(timespec="milliseconds")


_COLUMNS: Final[Mapping[str, Callable[[Event], str]]] = {
    "id": lambda event: event.event_id,
    "type": lambda event: event.type,
    "subject": lambda event: event.subject,
    "sequence": lambda event: f"{event.sequence:020d}",
    "time": _time,
}


def _compiled(given: Filter) -> Test:
    match given:
        case Exact(exact=wanted):
            return _each(wanted, str.__eq__)
        case Prefix(prefix=wanted):
            return _each(wanted, str.startswith)
        case Suffix(suffix=wanted):
            return _each(wanted, str.endswith)
        case AllOf(filters=inner):
            return _every([_compiled(each) for each in inner])
        case AnyOf(filters=inner):
            return _some([_compiled(each) for each in inner])
        case Not(inner=refused):
            return _no(_compiled(refused))


def _each(wanted: Mapping[Attribute, str], holds: Callable[[str, str], bool]) -> Test:
    return _every([_one(name, value, holds) for name, value in wanted.items()])


def _one(name: str, value: str, holds: Callable[[str, str], bool]) -> Test:
    def test(attributes: Mapping[str, str]) -> bool:
        found = attributes.get(name)
        return found is not None and holds(found, value)

    return test


def _every(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda attributes: all(test(attributes) for test in tests)


def _some(tests: Sequence[Test]) -> Test:
    return lambda attributes: any(test(attributes) for test in tests)


def _no(test: Test) -> Test:
    return lambda attributes: not test(attributes)
