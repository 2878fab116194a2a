import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import CHINA
from gateway.delivery.filters import (
    MAX_DEPTH,
    MAX_NODES,
    EventAttributes,
    compile_filters,
    matches,
    plain_filters,
    read_filters,
)
from gateway.errors import RequestError
from gateway.events.envelope import Origin, draft, serialise
from gateway.events.types import BenefitEvent
from gateway.store.outbox import StoredEvent
from gateway.testing.event_examples import examples

EXAMPLES = examples()
NAMES = ("type", "subject", "id", "source", "causationid")
texts = st.text("ab.", min_size=1, max_size=3)
events = st.dictionaries(st.sampled_from(NAMES), st.text("ab.", max_size=4))
leaves = st.builds(
    lambda dialect, wanted: {dialect: wanted},
    st.sampled_from(("exact", "prefix", "suffix")),
    st.dictionaries(st.sampled_from(NAMES), texts, min_size=1, max_size=3),
)


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda found: {"all": found}),
        several.map(lambda found: {"any": found}),
        inner.map(lambda found: {"not": found}),
    )


# Two levels on top of the leaves stay within the bounds.
filters = st.one_of(leaves, nested(leaves), nested(st.one_of(leaves, nested(leaves))))


def as_the_specification_says(wanted: dict[str, Any], event: Mapping[str, str]) -> bool:
    """Section 3.2.4.1 of the CloudEvents Subscriptions API, one sentence after the other."""
    ((dialect, value),) = wanted.items()
    if dialect in {"all", "any"}:
        results = {as_the_specification_says(each, event) for each in value}
        return False not in results if dialect == "all" else True in results
    if dialect == "not":
        return as_the_specification_says(value, event) is False
    for name, text in value.items():
        if name not in event:
            return False
        found = event[name]
        size = len(text)
        cut = {"exact": found, "prefix": found[:size], "suffix": found[-size:]}[dialect]
        if cut != text:
            return False
    return True


def told(*wanted: dict[str, Any], **event: str) -> bool:
    return compile_filters(read_filters(wanted))(event)


@given(st.lists(filters, max_size=3), events)
def test_a_filter_lets_through_what_the_specification_says(
    wanted: list[dict[str, Any]], event: dict[str, str]
) -> None:
    said = all(as_the_specification_says(each, event) for each in wanted)
    assert compile_filters(read_filters(wanted))(event) is said


@given(st.lists(leaves, min_size=1, max_size=4), events)
def test_not_any_is_all_not_and_not_all_is_any_not(
    wanted: list[dict[str, Any]], event: dict[str, str]
) -> None:
    refused = [{"not": each} for each in wanted]
    assert told({"not": {"any": wanted}}, **event) is told({"all": refused}, **event)
    assert told({"not": {"all": wanted}}, **event) is told({"any": refused}, **event)


@given(filters)
def test_filters_come_back_from_the_store_as_they_were_sent(wanted: dict[str, Any]) -> None:
    read = read_filters([wanted])
    kept = json.loads(json.dumps(plain_filters(read)))
    assert kept == [wanted]
    assert read_filters(kept) == read


def test_no_filter_lets_everything_through() -> None:
    assert told()
    assert told(type="a")


@pytest.mark.parametrize("dialect", ["exact", "prefix", "suffix"])
def test_an_attribute_that_is_absent_does_not_match(dialect: str) -> None:
    wanted = {dialect: {"causationid": "a"}}
    assert not told(wanted, type="a")
    assert told({"not": wanted}, type="a")


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {"exact": {"type": "a"}}
    for _ in range(levels - 1):
        found = {"not": found}
    return found


def test_filters_are_nested_so_deep_and_no_deeper() -> None:
    assert read_filters([deep(MAX_DEPTH)])
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(RequestError, match="deep"):
            read_filters([deep(levels)])


def test_filters_are_so_many_and_no_more() -> None:
    some = [{"exact": {"type": "a"}}] * (MAX_NODES - 1)
    assert read_filters([{"any": some}])
    with pytest.raises(RequestError, match=str(MAX_NODES)):
        read_filters([{"any": [*some, *some[:1]]}])


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"sql": "type = 'a'"},
        {"exact": {"type": "a"}, "prefix": {"type": "a"}},
        {"exact": {}},
        {"exact": {"type": ""}},
        {"exact": {"type": 1}},
        {"exact": {"county": "990101"}},
        {"exact": {"data": "a"}},
        {"all": []},
        {"any": {}},
        {"not": [{"exact": {"type": "a"}}]},
        "type",
    ],
)
def test_what_is_no_filter_is_refused_without_being_repeated(wanted: Any) -> None:
    with pytest.raises(RequestError) as refused:
        read_filters([wanted])
    assert refused.value.field == "filters"
    assert "990101" not in str(refused.value)


def stored(data: BenefitEvent, body: bytes | None = None) -> StoredEvent:
    time = datetime(2026, 10, 5, 3, 4, 5, 678_901, tzinfo=CHINA)
    made = draft(data, Origin("/gateway", "cn.hunan.rst.", time, "run-7"), "evt_before")
    written = serialise(made, 42)
    naive = time.replace(tzinfo=None)
    return StoredEvent(
        42, made.event_id, made.type, made.subject, None, 7, naive, body or written, naive, None
    )


@pytest.mark.parametrize("data", EXAMPLES[:3])
def test_the_columns_of_an_event_say_what_its_body_says(data: BenefitEvent) -> None:
    event = stored(data)
    envelope = json.loads(event.body)
    del envelope["data"]
    assert dict(EventAttributes(event)) == envelope


def test_a_body_is_read_only_where_a_filter_needs_it() -> None:
    unreadable = stored(EXAMPLES[0], b"not JSON")
    columns = {name: dict(EventAttributes(stored(EXAMPLES[0])))[name] for name in ("type", "subject", "id")}
    assert matches(unreadable, compile_filters(read_filters([{"exact": columns}])))
    with pytest.raises(ValueError, match="Expecting value"):
        matches(unreadable, compile_filters(read_filters([{"exact": {"source": "/gateway"}}])))
