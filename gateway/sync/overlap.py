"""Fetches, opens and commits at the same time, no more pages than there is room for, and in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from gateway.hub.sealed_page import closing

Page = TypeVar("Page")
Opened = TypeVar("Opened")

Under = deque[tuple[Page, asyncio.Task[Opened]]]
"""Pages that are being opened, or are open and wait for their commit; the oldest first."""

_END: Final = None


async def overlap(
    pages: AsyncIterator[Page],
    open_page: Callable[[Page], Coroutine[Any, Any, Opened]],
    commit: Callable[[Page, Opened], Awaitable[None]],
    room: asyncio.Semaphore,
) -> None:
    """Take pages one after the other while the next ones are being opened and fetched.

    A page takes room once it is fetched, and until it is committed; where there is none, nothing more is
    fetched. Pages are committed in the order they come. What goes wrong with a page, or with fetching the
    next, is raised in its turn: everything before it is committed, nothing after. Whichever way this ends,
    nothing of it goes on, and the room is free again.
    """
    under: Under[Page, Opened] = deque()
    fetched: asyncio.Queue[object] = asyncio.Queue()
    fetching = asyncio.create_task(_fetch(pages, open_page, room, under, fetched))
    try:
        while await fetched.get() is not _END:
            page, opening = under[0]
            await commit(page, await opening)
            under.popleft()
            room.release()
        await fetching
    finally:
        await _stop(fetching, *(opening for _, opening in under))
        for _ in under:
            room.release()


async def _fetch(
    pages: AsyncIterator[Page],
    open_page: Callable[[Page], Coroutine[Any, Any, Opened]],
    room: asyncio.Semaphore,
    under: Under[Page, Opened],
    fetched: asyncio.Queue[object],
) -> None:
    try:
        async with closing(pages):
            async for page in pages:
                await room.acquire()
                under.append((page, asyncio.create_task(open_page(page))))
                fetched.put_nowait(page)
    finally:
        fetched.put_nowait(_END)


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
