"""Groups of buckets are decided on lanes beside each other, and come out in their order."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from gateway.decide.engines import DuckEngine
from gateway.sync.lanes import side_by_side


@pytest.fixture
def engine() -> DuckEngine:
    return DuckEngine(duckdb.connect())


def test_what_comes_of_each_comes_in_order_whichever_is_done_first(engine: DuckEngine) -> None:
    both = threading.Barrier(2, timeout=10)

    def work(lane: Any, item: int) -> tuple[int, Any]:
        both.wait()
        time.sleep(0.05 if item % 2 == 0 else 0)
        return item, lane

    found = list(side_by_side(engine.lanes(6), range(6), work))
    assert [item for item, _ in found] == [0, 1, 2, 3, 4, 5]
    assert len({id(lane) for _, lane in found}) == 2


def test_one_item_is_done_here_and_so_is_none(engine: DuckEngine) -> None:
    assert list(side_by_side(engine.lanes(1), ["a"], lambda lane, _: (lane, threading.current_thread()))) == [
        (engine, threading.main_thread())
    ]
    assert list(side_by_side(engine.lanes(0), [], lambda *_: None)) == []


def test_lanes_share_what_is_kept_and_nothing_else(engine: DuckEngine) -> None:
    engine.keep("shared", "SELECT 1 AS a")
    one, other = engine.lanes(3)
    one.register("own", pa.table({"a": [2]}))
    one.keep("shared", "SELECT 3 AS a")
    assert other.table("FROM shared")["a"].to_pylist() == [1]
    other.register("own", pa.table({"a": [4]}))
    assert [lane.table("FROM own")["a"].to_pylist() for lane in (one, other)] == [[2], [4]]


def test_two_lanes_that_keep_the_same_make_it_once(engine: DuckEngine) -> None:
    def work(lane: Any, _: int) -> Sequence[int]:
        lane.keep("shared", "SELECT count(*) AS a FROM range(3000000)")
        found: list[int] = lane.table("FROM shared")["a"].to_pylist()
        return found

    assert list(side_by_side(engine.lanes(4), range(4), work)) == [[3_000_000]] * 4


ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5"


def test_a_failure_breaks_off_what_is_under_way_and_begins_nothing(engine: DuckEngine) -> None:
    begun = []

    def work(lane: Any, item: int) -> Any:
        begun.append(item)
        if item == 0:
            time.sleep(0.2)
            raise LookupError("no")
        return lane.table(ENDLESS)

    with pytest.raises(LookupError), closing(side_by_side(engine.lanes(50), range(50), work)) as found:
        list(found)
    assert set(begun) <= {0, 1, 2}


def test_whoever_stops_asking_is_not_kept_waiting(engine: DuckEngine) -> None:
    began = time.monotonic()
    lanes = engine.lanes(50)
    with closing(side_by_side(lanes, range(50), lambda lane, item: item and lane.table(ENDLESS))) as found:
        assert next(found) == 0
        time.sleep(0.2)
    assert time.monotonic() - began < 30
