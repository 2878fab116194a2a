"""Pages of a service overlap and datasets are read side by side, and what counts is in order all the same."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from gateway.errors import EnvelopeError, GatewayError, HubRefused, HubUnavailable
from gateway.intake.page import Taken
from gateway.store import windows
from gateway.store.counts import counts
from gateway.store.database import Store
from gateway.sync.reading import read_service
from gateway.sync.run import Read, begin_department
from gateway.sync.services import Feed
from gateway.sync.shift import Shift
from tests.integration.sync.shifts import FEED, Hub, Pool, days, shift, states
from tests.unit.core.examples import weddings

ROWS = days(*(f"2026-03-{day:02}" for day in range(1, 11)))
BOTH = [FEED, Feed("police", weddings)]


@dataclass
class SlowPool(Pool):
    """Opens a page once it is let, and doubts the page at `doubted`."""

    let: asyncio.Event = field(default_factory=asyncio.Event)
    doubted: int = -1
    opening: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def page(self, department: str, dataset: str, payload: bytes, received_at: datetime) -> Taken:
        self.opening.append(payload)
        number = len(self.opening) - 1
        await self.let.wait()
        if number == self.doubted:
            raise EnvelopeError("mac: it does not match")
        return await super().page(department, dataset, payload, received_at)


async def settled() -> None:
    """Let everything go on that can, commits on their threads included."""
    for _ in range(20):
        await asyncio.sleep(0.01)


async def test_while_pages_are_opened_the_next_are_fetched_up_to_the_bound(store: Store) -> None:
    hours = (f"2026-02-{day:02} 0{hour}:00" for day in range(1, 11) for hour in range(3))
    hub, pool = Hub(days(*hours)), SlowPool()
    reading = asyncio.create_task(read_service(shift(store, hub, pool, history_from="2026-01-01"), FEED))
    await settled()
    assert (len(pool.opening), len(hub.asked)) == (4, 5)
    pool.let.set()
    assert await reading == []
    assert [start for *_, start in hub.asked] == [str(start) for start in range(0, 30, 2)]
    assert states(store) == [("01-01", "03-20", "closed")]


async def test_a_doubted_page_leaves_exactly_the_pages_before_it(store: Store) -> None:
    hub, pool = Hub(ROWS), SlowPool(doubted=2)
    reading = asyncio.create_task(read_service(shift(store, hub, pool, history_from="2026-01-01"), FEED))
    await settled()
    pool.let.set()
    with pytest.raises(
        EnvelopeError, match="happenings: mac: it does not match; nothing of this page is taken"
    ):
        await reading
    with store.read() as conn:
        begun = windows.open_window(conn, "happenings")
        assert begun is not None
        assert (begun.next_start, counts(conn, 1)["happenings"].received) == ("4", 4)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    hub.asked.clear()
    assert await read_service(shift(store, hub, history_from="2026-01-01"), FEED) == []
    assert [start for *_, start in hub.asked[:3]] == ["4", "6", "8"]


async def test_pages_fetched_before_the_hub_fails_are_taken(store: Store) -> None:
    hub, pool = Hub(ROWS, fails_at="6"), SlowPool()
    reading = asyncio.create_task(read_service(shift(store, hub, pool, history_from="2026-01-01"), FEED))
    await settled()
    assert not reading.done()
    pool.let.set()
    with pytest.raises(HubUnavailable, match="gone"):
        await reading
    with store.read() as conn:
        begun = windows.open_window(conn, "happenings")
    assert begun is not None
    assert begun.next_start == "6"


async def test_two_datasets_share_the_bound(store: Store) -> None:
    pool = SlowPool()
    hubs = [Hub(ROWS), Hub(ROWS)]
    shifts = [shift(store, hub, pool, history_from="2026-01-01") for hub in hubs]
    reading = [asyncio.create_task(read_service(own, feed)) for own, feed in zip(shifts, BOTH, strict=True)]
    await settled()
    assert len(pool.opening) == 4
    assert sum(len(hub.asked) for hub in hubs) <= 4 + len(hubs)
    pool.let.set()
    assert await asyncio.gather(*reading) == [[], []]
    with store.read() as conn:
        assert {name: found.received for name, found in counts(conn, 1).items()} == {
            "happenings": 10,
            "weddings": 10,
        }


@dataclass
class Reads:
    """Stands for reading a dataset: brings something, waits to be let, and ends as it is told to."""

    ends: dict[str, GatewayError | list[str]]
    silent: frozenset[str] = frozenset()
    let: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def __call__(self, given: Shift, feed: Feed) -> list[str]:
        self.begun.append(feed.name)
        end = self.ends[feed.name]
        if feed.name not in self.silent:
            given.progress(feed.name, 1, 2)
            await self.let.wait()
        self.ended.append(feed.name)
        if isinstance(end, GatewayError):
            raise end
        return end


def three() -> list[Feed]:
    return [replace(FEED, dataset=replace(FEED.dataset, name=name)) for name in ("a", "b", "c")]


async def department(store: Store, read: Read, stops: dict[str, GatewayError]) -> list[str]:
    async with asyncio.TaskGroup() as tasks:
        reading = await begin_department(tasks, shift(store, Hub([])), read, three(), stops)
    return [warning for dataset in reading for warning in dataset.result()]


async def read_three(store: Store, reads: Reads) -> tuple[list[str], dict[str, GatewayError]]:
    stops: dict[str, GatewayError] = {}
    reading = asyncio.create_task(department(store, reads, stops))
    await settled()
    reads.let.set()
    return await reading, stops


async def test_datasets_of_a_department_are_read_side_by_side_and_warn_in_their_order(store: Store) -> None:
    reads = Reads({"a": ["a warns"], "b": [], "c": ["c warns"]}, silent=frozenset("c"))
    warnings, stops = await read_three(store, reads)
    assert reads.begun == ["a", "b", "c"]
    assert reads.ended[0] == "c"
    assert (warnings, stops) == (["a warns", "c warns"], {})


async def test_a_dataset_begins_once_the_one_before_has_brought_something(store: Store) -> None:
    begun = asyncio.Event()

    async def read(given: Shift, feed: Feed) -> list[str]:
        if feed.name == "a":
            await begun.wait()
            given.progress("a", 1, 1)
        return [feed.name]

    reading = asyncio.create_task(department(store, read, {}))
    await settled()
    assert len(asyncio.all_tasks()) == 3
    begun.set()
    assert await reading == ["a", "b", "c"]


async def test_after_a_refusal_none_is_begun_and_those_that_are_served_go_on(store: Store) -> None:
    refused = HubRefused("b: the hub refused the call")
    reads = Reads({"a": ["a warns"], "b": refused, "c": []}, silent=frozenset("b"))
    warnings, stops = await read_three(store, reads)
    assert (reads.begun, reads.ended) == (["a", "b"], ["b", "a"])
    assert (warnings, stops) == (["a warns"], {"police": refused})


async def test_another_fault_stops_one_dataset(store: Store) -> None:
    gone = HubUnavailable("b: gone")
    reads = Reads({"a": [], "b": gone, "c": ["c warns"]})
    assert await read_three(store, reads) == (["c warns"], {"b": gone})
    assert reads.begun == ["a", "b", "c"]


async def test_who_is_called_off_while_it_commits_waits_for_the_end_of_the_commit(store: Store) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def slow(_conn: object) -> None:
        begun.set()
        go_on.wait(10)
        ended.append("commit")

    committing = asyncio.create_task(shift(store, Hub([])).commit(slow))
    await asyncio.to_thread(begun.wait, 10)
    committing.cancel()
    await asyncio.sleep(0.01)
    assert not committing.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await committing
    assert ended == ["commit"]
