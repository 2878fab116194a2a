"""Batches are not looked through for garbage again and again."""

import gc
from collections.abc import Iterator

import pytest

from gateway.garbage import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_batch_of_rows_is_made_without_a_look_for_garbage() -> None:
    collect_seldom()
    gc.collect()
    looked = gc.get_stats()[0]["collections"]
    rows = [{"row": number} for number in range(20_000)]
    assert gc.get_stats()[0]["collections"] == looked
    assert len(rows) == 20_000
