"""English names: never a word of Python, never one that a row has already, never the same twice."""

import builtins
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fields import SourceRow
from gateway.scaffold.naming import camel, field_name, unused


@pytest.mark.parametrize(
    ("column", "title", "kind", "name"),
    [
        ("XM", None, "name", "name"),
        ("gmsfhm", None, "id", "id_number"),
        ("SWRQ", None, "day", "died_on"),
        ("SWRQ", None, "instant", "died_at"),
        ("SWRQ", None, "text", "died"),
        ("F7", "死亡日期", "day", "died_on"),
        ("姓名", None, "name", "name"),
        ("TRAVEL_DATE", None, "day", "travel_on"),
        ("paid_on", None, "day", "paid_on"),
        ("PAY_MONTH", None, "month", "pay_on"),
        ("COACH", None, "text", "coach"),
        ("personId", None, "text", "personid"),
        ("class", None, "text", "class_value"),
        ("type", None, "text", "type_value"),
        ("match", None, "text", "match_value"),
        ("id", None, "key", "id_value"),
        ("l", None, "text", "l_value"),
        ("json", None, "text", "json_value"),
        ("copy", None, "text", "copy_value"),
        ("operation", None, "text", "operation_value"),
        ("loaded_at", None, "instant", "loaded_at_value"),
        ("model_config", None, "text", "model_config_value"),
        ("_private", None, "text", "private"),
        ("2nd.name", None, "text", "nd_name"),
        ("座位", None, "text", "column_3"),
        ("乘车", None, "day", "column_3_on"),
    ],
)
def test_field_name(column: str, title: str | None, kind: str, name: str) -> None:
    assert field_name(column, title, kind, 3, ()) == name  # type: ignore[arg-type] # a table of kinds


def test_a_second_column_of_one_name_is_numbered() -> None:
    assert field_name("NAME", None, "name", 2, {"name"}) == "name_2"
    assert field_name("NAME", None, "name", 2, {"name", "name_2"}) == "name_3"


@given(st.lists(st.text(max_size=40), max_size=20))
def test_whatever_the_columns_are_called_the_fields_can_be_written(columns: list[str]) -> None:
    names: list[str] = []
    for place, column in enumerate(columns):
        names.append(field_name(column, None, "text", place, names))
    assert len(set(names)) == len(names)
    for name in names:
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)
        assert not hasattr(builtins, name)
        assert not hasattr(SourceRow, name)
        assert not name.startswith(("_", "model_")) or name.endswith("_value")
        assert len(name) <= 40


def test_unused_and_camel() -> None:
    assert unused("a", {"b"}) == "a"
    assert unused("a", {"a", "a_2"}) == "a_3"
    assert unused("A1", {"A1"}, mark="") == "A12"
    assert camel("rail_trips") == "RailTrips"
