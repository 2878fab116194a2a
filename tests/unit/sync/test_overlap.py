"""Pages overlap, keep their order and their bound, and stop as one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sync.overlap import overlap


class FoundError(Exception):
    """What goes wrong, with where it did."""


@dataclass
class Works:
    """A hub, a worker and a store of `count` pages, each held up where a test asks for it."""

    count: int = 5
    room: int = 3
    faults: dict[str, int] = field(default_factory=dict)
    slow: Callable[[str, int], int] = lambda _step, _page: 0
    held: defaultdict[tuple[str, int], asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    holds: set[tuple[str, int]] = field(default_factory=set)
    begun: list[tuple[str, int]] = field(default_factory=list)
    committed: list[int] = field(default_factory=list)
    most: int = 0
    closed: bool = False

    async def pages(self) -> AsyncIterator[int]:
        try:
            for page in range(self.count):
                await self._step("fetch", page)
                yield page
        finally:
            self.closed = True

    async def open(self, page: int) -> str:
        under_way = len([1 for step, _ in self.begun if step == "open"]) + 1 - len(self.committed)
        self.most = max(self.most, under_way)
        await self._step("open", page)
        return f"page {page}"

    async def commit(self, page: int, opened: str) -> None:
        assert opened == f"page {page}"
        await self._step("commit", page)
        self.committed.append(page)

    async def run(self) -> None:
        self.semaphore = asyncio.Semaphore(self.room)
        await overlap(self.pages(), self.open, self.commit, self.semaphore)

    async def _step(self, step: str, page: int) -> None:
        self.begun.append((step, page))
        if (step, page) in self.holds:
            await self.held[step, page].wait()
        for _ in range(self.slow(step, page)):
            await asyncio.sleep(0)
        if self.faults.get(step) == page:
            raise FoundError(step)

    @property
    def free(self) -> int:
        """How much room there is."""
        return self.semaphore._value


async def settled() -> None:
    """Let everything go on that can."""
    for _ in range(100):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[object]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_one_page_is_committed_while_the_next_is_opened_and_the_one_after_fetched() -> None:
    works = Works(holds={("commit", 0), ("open", 1), ("fetch", 2)})
    running = asyncio.create_task(works.run())
    await settled()
    assert set(works.begun) == works.holds | {("fetch", 0), ("open", 0), ("fetch", 1)}
    assert works.committed == []
    for hold in works.holds:
        works.held[hold].set()
    await running
    assert works.committed == [0, 1, 2, 3, 4]
    assert works.free == works.room


async def test_several_pages_are_opened_at_once_and_committed_in_their_order() -> None:
    works = Works(count=3, holds={("open", 0), ("open", 1), ("open", 2)})
    running = asyncio.create_task(works.run())
    await settled()
    assert {step for step in works.begun if step[0] == "open"} == works.holds
    for page in (2, 1):
        works.held["open", page].set()
        await settled()
        assert works.committed == []
    works.held["open", 0].set()
    await running
    assert works.committed == [0, 1, 2]


@pytest.mark.parametrize("room", [1, 2, 5])
async def test_where_there_is_no_room_nothing_more_is_fetched(room: int) -> None:
    works = Works(count=50, room=room, holds={("commit", 0)})
    running = asyncio.create_task(works.run())
    await settled()
    assert len([step for step, _ in works.begun if step == "open"]) == room
    assert len([step for step, _ in works.begun if step == "fetch"]) == room + 1
    works.held["commit", 0].set()
    await running
    assert (works.most, works.free) == (room, room)


async def test_all_who_share_the_room_keep_to_it() -> None:
    room, under_way, most = asyncio.Semaphore(4), set[tuple[int, int]](), 0

    async def of(number: int) -> None:
        async def pages() -> AsyncIterator[int]:
            for page in range(20):
                yield page

        async def open_page(page: int) -> None:
            nonlocal most
            under_way.add((number, page))
            most = max(most, len(under_way))
            await asyncio.sleep(0)

        async def commit(page: int, _: None) -> None:
            await asyncio.sleep(0)
            under_way.remove((number, page))

        await overlap(pages(), open_page, commit, room)

    await asyncio.gather(*(of(number) for number in range(9)))
    assert (most, under_way, room._value) == (4, set(), 4)


@pytest.mark.parametrize("step", ["fetch", "open", "commit"])
async def test_a_fault_in_the_middle_leaves_exactly_the_earlier_pages(step: str) -> None:
    works = Works(faults={step: 3})
    with pytest.raises(FoundError, match=step):
        await works.run()
    assert works.committed == [0, 1, 2]
    assert (works.free, others(), works.closed) == (works.room, set(), True)


async def test_a_fault_that_is_known_early_waits_for_its_turn() -> None:
    works = Works(room=5, faults={"open": 2, "fetch": 4}, holds={("open", 0)})
    running = asyncio.create_task(works.run())
    await settled()
    assert not running.done()
    works.held["open", 0].set()
    with pytest.raises(FoundError, match="open"):
        await running
    assert works.committed == [0, 1]
    assert (works.free, others()) == (works.room, set())


@pytest.mark.parametrize("hold", [("fetch", 2), ("open", 1), ("commit", 1)])
async def test_who_is_called_off_leaves_nothing_behind(hold: tuple[str, int]) -> None:
    works = Works(count=50, holds={hold})
    running = asyncio.create_task(works.run())
    await settled()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (works.free, others(), works.closed) == (works.room, set(), True)
    assert works.committed == list(range(len(works.committed)))


async def test_who_is_called_off_while_waiting_for_room_leaves_nothing_behind() -> None:
    works = Works(room=0)
    running = asyncio.create_task(works.run())
    await settled()
    assert works.begun == [("fetch", 0)]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (works.free, others(), works.closed) == (0, set(), True)


async def test_no_pages_are_no_work() -> None:
    works = Works(count=0)
    await works.run()
    assert (works.begun, works.free) == ([], works.room)


@settings(max_examples=200)
@given(
    count=st.integers(0, 8),
    room=st.integers(1, 4),
    faults=st.dictionaries(st.sampled_from(["fetch", "open", "commit"]), st.integers(0, 8)),
    pauses=st.lists(st.integers(0, 4), min_size=27, max_size=27),
)
def test_whatever_is_slow_and_whatever_fails_a_beginning_is_committed(
    count: int, room: int, faults: dict[str, int], pauses: list[int]
) -> None:
    def slow(step: str, page: int) -> int:
        return pauses[3 * page + ["fetch", "open", "commit"].index(step)]

    works = Works(count, room, faults, slow)
    asyncio.run(_attempt(works))
    first = min([page for page in faults.values() if page < count], default=count)
    assert works.committed == list(range(first))
    assert works.most <= room
    assert (works.free, works.closed) == (room, True)


async def _attempt(works: Works) -> None:
    failing = any(page < works.count for page in works.faults.values())
    if failing:
        with pytest.raises(FoundError):
            await works.run()
    else:
        await works.run()
    assert others() == set()
