"""Runs over HTTP: what was run, why one is held, what it found."""

import asyncio
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from gateway.store import runs
from gateway.store.database import Store
from gateway.store.runs import Kind, Run
from gateway.web.answers import RunPage, RunShown
from gateway.web.asking import Asked, number_in, query, reply
from gateway.web.operations import Operation
from gateway.web.requests import STORE

_LAST: Final = 2**31 - 1


class Page(Asked):
    """Which runs: those before a number, newest first."""

    limit: Annotated[int, Field(ge=1, le=200)] = 20
    """How many runs at most."""
    before: Annotated[int, Field(ge=0, le=_LAST)] = _LAST
    """Runs with a lower number than this only."""
    kind: Kind | None = None
    """Runs of this kind only."""


async def list_runs(request: web.Request) -> web.Response:
    """The runs before a number, newest first: `{"runs": […], "next": number or null}`."""
    page = query(request, Page)
    found = await asyncio.to_thread(_list, request.app[STORE], page)
    more = found[-1].run_id if len(found) == page.limit else None
    return reply({"runs": [vars(run) for run in found], "next": more})


async def show_run(request: web.Request) -> web.Response:
    """One run with its summary; of a decide run that is why it is held and what it found."""
    run = await asyncio.to_thread(_get, request.app[STORE], min(number_in(request, "run_id"), _LAST))
    return reply(vars(run))


def _list(store: Store, page: Page) -> list[Run]:
    with store.read() as conn:
        return runs.list_runs(conn, page.limit, page.kind, before=page.before)


def _get(store: Store, run_id: int) -> Run:
    with store.read() as conn:
        return runs.get(conn, run_id)


OPERATIONS: Final = (
    Operation("GET", "/v1/runs", list_runs, "admin", "runs", query=Page, answer=RunPage),
    Operation("GET", "/v1/runs/{run_id}", show_run, "admin", "runs", answer=RunShown, refuses=(404,)),
)
