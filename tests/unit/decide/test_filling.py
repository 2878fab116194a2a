"""Texts filled by column are those that Python's own join makes row by row."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decide.filling import Form, Gap, Own, filled

COLUMNS = {"name": Gap("name"), "first": Gap("days"), "second": Gap("days", 1)}
PARTS = st.one_of(st.text(max_size=3), st.sampled_from([*COLUMNS.values()]))
FORMS = st.lists(st.one_of(st.none(), st.lists(PARTS, max_size=6)), min_size=1, max_size=4)
ROWS = st.lists(
    st.tuples(st.text(max_size=4), st.lists(st.text(max_size=4), min_size=2, max_size=3)), min_size=1
)


def by_row(form: Sequence[str | Gap] | None, name: str, days: Sequence[str]) -> str | None:
    if form is None:
        return None
    return "".join(
        part if isinstance(part, str) else name if part.column == "name" else days[part.number]
        for part in form
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@given(FORMS, ROWS, st.data())
def test_by_column_as_by_row(
    kind: pa.DataType,
    forms: list[list[str | Gap] | None],
    rows: list[tuple[str, list[str]]],
    data: st.DataObject,
) -> None:
    places = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    which = [data.draw(st.integers(0, len(forms) - 1)) for _ in places]
    names, days = zip(*rows, strict=True)
    own = Own.of({"name": pa.array(names, kind), "days": pa.array(days, pa.list_(kind))})
    made = [form if form is None else Form(tuple(form)) for form in forms]
    found = filled(made, np.array(which, np.int64), np.array(places, np.int64), own)
    assert found.to_pylist() == [by_row(forms[n], *rows[at]) for n, at in zip(which, places, strict=True)]


@given(st.lists(st.sampled_from(["<n>", "<1>", "<2>", "<", "n", ">", "永"]), max_size=12).map("".join))
def test_a_form_has_gaps_where_there_are_marks_and_nothing_else(text: str) -> None:
    marks = {"<n>": COLUMNS["name"], "<1>": COLUMNS["first"], "<2>": COLUMNS["second"]}
    back = {gap: mark for mark, gap in marks.items()}
    parts = Form.of(text, marks).parts
    assert "".join(part if isinstance(part, str) else back[part] for part in parts) == text
    assert not any(mark in part for part in parts if isinstance(part, str) for mark in marks)
    assert sum(isinstance(part, Gap) for part in parts) == sum(text.count(mark) for mark in marks)
