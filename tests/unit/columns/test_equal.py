"""Whatever a page holds, it comes to the same by row and by column."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.department import Dataset
from gateway.errors import EnvelopeError
from gateway.host import build_host
from gateway.intake.page import json_rows, read_rows
from tests.unit.columns.generating import moments, rows_of, texts_of
from tests.unit.columns.mappings import datasets
from tests.unit.columns.twins import by_column, by_row, hold_equal, take_both
from tests.unit.core.examples import RECEIVED_AT, happenings, weddings

OURS = [dataset for found in build_host().departments.values() for dataset in found.datasets]
EVERY = pytest.mark.parametrize("dataset", [*OURS, happenings, weddings], ids=lambda dataset: dataset.name)
THOROUGH = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@EVERY
@given(
    data=st.data(),
    checked=st.sampled_from(["exact", "masked", "absent"]),
    at=moments(),
    days=st.sampled_from([0, 1, 40]),
)
@THOROUGH
def test_rows_of_any_dataset(
    dataset: Dataset, data: Any, checked: Literal["exact", "masked", "absent"], at: datetime, days: int
) -> None:
    rows = data.draw(rows_of(dataset))
    take_both(replace(dataset, name_check=checked), rows, received_at=at, tolerance=timedelta(days=days))


@EVERY
@given(data=st.data())
@THOROUGH
def test_the_text_of_a_page_of_any_dataset(dataset: Dataset, data: Any) -> None:
    text = data.draw(texts_of(dataset))
    try:
        rows = read_rows(replace(dataset, read=None), text, json_rows)
    except EnvelopeError:
        rows = None
    found = by_column(dataset).take_text(text, RECEIVED_AT)
    if found is not None:
        assert rows is not None
        hold_equal(by_row(dataset).take_rows(rows, RECEIVED_AT), found)
    elif rows is not None:
        take_both(dataset, rows)


@given(dataset=datasets(), data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_mapping(dataset: Dataset, data: Any) -> None:
    assert not dataset.faults()
    take_both(dataset, data.draw(rows_of(dataset)))
