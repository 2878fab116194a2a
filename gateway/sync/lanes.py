"""Does one thing after the other on several engines over the same tables, each in a thread of its own."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Final, TypeVar

from gateway.decide.engines import Engine

_PAUSE_S: Final = 0.1

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    engine: Engine, items: Sequence[Item], work: Callable[[Engine, Item], Result]
) -> Generator[Result, None, None]:
    """What the work comes to for each item, in their order.

    To be closed: whoever stops asking breaks off what is under way, as does a failure.
    """
    lanes = engine.lanes(len(items))
    free = SimpleQueue[Engine]()
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
    with ThreadPoolExecutor(len(lanes), "deciding") as pool:
        under_way = [pool.submit(done, item) for item in items]
        try:
            for each in under_way:
                yield each.result()
        except BaseException:
            _break_off(under_way, lanes)
            raise


def _break_off(under_way: Sequence[Future[Result]], lanes: Sequence[Engine]) -> None:
    """Cancel what has not begun and wait for the rest; an engine between two queries hears the next call."""
    for each in under_way:
        each.cancel()
    while wait(under_way, _PAUSE_S).not_done:
        for lane in lanes:
            lane.interrupt()
