"""A hub that gives landed pages as quickly as they are asked for: real signs and envelopes, no quota.

It runs in a process of its own; a reply goes from the file to the socket without passing through Python.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final

from aiohttp import web

from bench.clock.offset import Offset
from bench.clock.turning import turn
from bench.data.calendar import Month
from bench.data.landing import Landed, Landing
from bench.data.sealing import PAGE_ROWS
from gateway.sandbox.authentication import Gatekeeper, Rules
from gateway.sandbox.columns import SERVED_DATASETS, service_id
from gateway.sandbox.gates import Access, NationalGate

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_NO_PARAMETERS: Final = "E-101"
_EMPTY: Final = b'{"code":"0","message":"","data":{"total":0,"next":null,"payload":null}}'

_Window = tuple[str, str, str]
"""Dataset, since, until."""


@dataclass(frozen=True)
class BenchHub:
    """Serves the months of a province that were made."""

    gate: NationalGate
    windows: Mapping[_Window, Landed]
    datasets: Mapping[str, str] = field(
        default_factory=lambda: {service_id(name): name for name in SERVED_DATASETS}
    )

    def routes(self) -> list[web.RouteDef]:
        """Where it answers."""
        refreshes = self.gate.refreshes().items()
        return [
            web.post(self.gate.path, self.page),
            *(web.post(path, partial(_refresh, refresh)) for path, refresh in refreshes),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """One page of a month."""
        sid = self.gate.sid(request.headers, "")
        if refused := self.gate.check(request.headers, sid):
            return _refusal(refused, "sign error")
        asked = await request.json()
        landed = self.windows.get((self.datasets[sid], asked["since"], asked["until"]))
        if landed is None or asked["limit"] != str(PAGE_ROWS):
            return _refusal(_NO_PARAMETERS, f"whole months that were made, in pages of {PAGE_ROWS}")
        if not landed.rows:
            return web.Response(body=_EMPTY, content_type="application/json")
        return await _send(request, landed, int(asked["start"]) // PAGE_ROWS)


async def _refresh(refresh: Any, request: web.Request) -> web.StreamResponse:
    return web.json_response(refresh(await request.json()))


async def _send(request: web.Request, landed: Landed, number: int) -> web.StreamResponse:
    path, start, length = landed.page(number)
    response = web.StreamResponse()
    response.content_type, response.content_length = "application/json", length
    await response.prepare(request)
    transport = request.transport
    if transport is None:
        return response
    with path.open("rb") as file:
        await asyncio.get_running_loop().sendfile(transport, file, start, length)
    return response


def _refusal(code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "data": None})


@contextmanager
def serving(landing: Landing, months: Sequence[Month], clock: Offset | None = None) -> Iterator[str]:
    """Serve these months on a free port of 127.0.0.1 and give the base URL; `clock` is what it lives by."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_process, args=(landing, months, theirs, clock), name="hub", daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _process(landing: Landing, months: Sequence[Month], told: Connection, clock: Offset | None) -> None:
    if clock:
        turn(clock.seconds)
    asyncio.run(_served(landing, months, told))


async def _served(landing: Landing, months: Sequence[Month], told: Connection) -> None:
    app = web.Application()
    app.add_routes(make_hub(landing, months).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def make_hub(landing: Landing, months: Sequence[Month]) -> BenchHub:
    """The hub of these months."""
    keys = landing.keys()
    sids = frozenset(map(service_id, SERVED_DATASETS))
    access = Access(keys.rid, keys.app_key, sids)
    keeper = Gatekeeper(access.rid, access.app_key, access.sids, Rules())
    windows = {
        (dataset, f"{month.since:{_TIME}}", f"{month.until:{_TIME}}"): landing.landed(month, dataset)
        for month in months
        for dataset in SERVED_DATASETS
    }
    return BenchHub(NationalGate(keeper), windows)
