"""Worker processes, started afresh (`spawn`) by the first task: they heed nobody but who started them."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread
from typing import ParamSpec

P = ParamSpec("P")


def workers(count: int, prepare: Callable[P, None], *given: P.args, **named: P.kwargs) -> ProcessPoolExecutor:
    """A pool of so many processes, in each of which `prepare` is called before the first task.

    Ctrl-C is for the one who started them, who ends them in order. Where that one is killed they end at once:
    Python's own would wait for ever for the next task, with their memory and their keys.
    """
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(prepare, given, named),
    )


def _begin(prepare: Callable[..., None], given: tuple[object, ...], named: dict[str, object]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, name="parent", daemon=True).start()
    prepare(*given, **named)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
