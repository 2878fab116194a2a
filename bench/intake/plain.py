"""The same rows in clear behind a plain REST service on loopback: what a loader without envelopes reads."""

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from aiohttp import web

from bench.data.calendar import Month
from bench.data.departments import columns_of
from bench.data.drafts import draft
from bench.data.people import People
from bench.data.sealing import PAGE_ROWS, plain_pages


@contextmanager
def serving_plain(people: People, month: Month, datasets: Sequence[str]) -> Iterator[str]:
    """Serve `/DATASET?offset=N` on a free port of 127.0.0.1 and give the base URL; pages are made before."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_process, args=(people, month, datasets, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _process(people: People, month: Month, datasets: Sequence[str], told: Connection) -> None:
    asyncio.run(_served({name: _pages(people, month, name) for name in datasets}, told))


def _pages(people: People, month: Month, dataset: str) -> list[bytes]:
    """Whole replies: rows, and where the next page begins."""
    plan = draft(people, month, dataset)
    found = plain_pages(dataset, columns_of(plan.between(0, plan.rows)))
    return [_reply(page, number, len(found)) for number, page in enumerate(found)]


def _reply(page: bytes, number: int, count: int) -> bytes:
    following = str((number + 1) * PAGE_ROWS) if number + 1 < count else "null"
    return b'{"rows":' + page + b',"next":' + following.encode() + b"}"


async def _served(pages: Mapping[str, Sequence[bytes]], told: Connection) -> None:
    async def page(request: web.Request) -> web.Response:
        own = pages[request.match_info["dataset"]]
        place = int(request.query.get("offset", "0")) // PAGE_ROWS
        return web.Response(body=own[place], content_type="application/json")

    app = web.Application()
    app.add_routes([web.get("/{dataset}", page)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.send(runner.addresses[0][1])
    await asyncio.Event().wait()
