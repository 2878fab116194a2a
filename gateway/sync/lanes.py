"""Does one thing after the other on several lanes over the same tables, each in a thread of its own."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar

_PAUSE_S: Final = 0.1


class Lane(Protocol):
    """An engine, or a connection to one, that one thread uses at a time."""

    def interrupt(self) -> None:
        """Break off what another thread has it do."""


Own = TypeVar("Own", bound=Lane)
Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    lanes: Sequence[Own], items: Sequence[Item], work: Callable[[Own, Item], Result]
) -> Generator[Result, None, None]:
    """What the work comes to for each item, in their order.

    To be closed: whoever stops asking breaks off what is under way, as does a failure.
    """
    free = SimpleQueue[Own]()
    for lane in lanes:
        free.put(lane)

    def done(item: Item) -> Result:
        lane = free.get()
        try:
            return work(lane, item)
        finally:
            free.put(lane)

    if len(lanes) == 1:
        yield from map(done, items)
        return
    with ThreadPoolExecutor(len(lanes), "lane") as pool:
        under_way = [pool.submit(done, item) for item in items]
        try:
            for each in under_way:
                yield each.result()
        except BaseException:
            _break_off(under_way, lanes)
            raise


def _break_off(under_way: Sequence[Future[Result]], lanes: Sequence[Lane]) -> None:
    """Cancel what has not begun and wait for the rest; a lane between two queries hears the next call."""
    for each in under_way:
        each.cancel()
    while wait(under_way, _PAUSE_S).not_done:
        for lane in lanes:
            lane.interrupt()
