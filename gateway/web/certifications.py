"""`/v1/certifications` and `/v1/community-reports`: what other channels say, from this machine."""

import asyncio
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from gateway.errors import NotFoundError
from gateway.store.statements import Statement, statement, statements_about
from gateway.sync.entries import as_stated
from gateway.sync.statements import DatasetName, Said, accept, withdraw
from gateway.sync.station import Station
from gateway.sync.texts import is_writable
from gateway.web.asking import STATION, Asked, Day, body, reply

_DATASETS: Final[dict[str, tuple[DatasetName, ...]]] = {
    "certifications": ("certifications",),
    "community-reports": ("community_reports", "community_visits"),
}


class Certification(Asked):
    """A certification through another channel; `reference` is the caller's own number for it."""

    benefit_id: str
    on: Day
    method: str
    reference: str | None = None
    by: str = "api"


class CommunityReport(Asked):
    """A death (基层死亡申报) or a visit (走访); `latest` says that the death was on that day or before it."""

    benefit_id: str
    on: Day
    kind: Literal["death", "visit"]
    latest: bool = False
    certificate: str | None = Field(None, repr=False)
    reference: str | None = None
    by: str = "api"


class Withdrawal(Asked):
    """Who takes a statement back."""

    by: str = "api"


def add_routes(app: web.Application) -> None:
    """Take statements for the application's station."""
    app.router.add_get("/v1/benefits/{benefit_id}/statements", about)
    app.router.add_post("/v1/certifications", certify)
    app.router.add_post("/v1/community-reports", report)
    for path in _DATASETS:
        app.router.add_get(f"/v1/{{path:{path}}}/{{statement}}", one)
        app.router.add_post(f"/v1/{{path:{path}}}/{{statement}}/withdraw", take_back)


async def certify(request: web.Request) -> web.Response:
    """202 with the statement; said again it is the same one."""
    given = await body(request, Certification)
    said = Said(
        "certifications",
        given.benefit_id,
        given.on,
        given.by,
        method=given.method,
        reference=given.reference,
    )
    return await _accepted(request, said)


async def report(request: web.Request) -> web.Response:
    """202 with the statement; said again it is the same one."""
    given = await body(request, CommunityReport)
    if given.kind == "visit" and (given.latest or given.certificate):
        raise web.HTTPUnprocessableEntity(text="a visit has one day and no certificate")
    said = Said(
        "community_reports" if given.kind == "death" else "community_visits",
        given.benefit_id,
        given.on,
        given.by,
        exact=not given.latest,
        certificate=given.certificate,
        reference=given.reference,
    )
    return await _accepted(request, said)


async def one(request: web.Request) -> web.Response:
    """A statement and its state: accepted, taken, withdrawn."""
    return reply(as_stated(await asyncio.to_thread(_found, request.app[STATION], *_named(request))))


async def about(request: web.Request) -> web.Response:
    """What was said about a benefit, oldest first: `{"statements": […]}`."""
    found = await asyncio.to_thread(_about, request.app[STATION], request.match_info["benefit_id"])
    return reply({"statements": [as_stated(each) for each in found]})


async def take_back(request: web.Request) -> web.Response:
    """Take a statement back; the next run decides anew what rested on it."""
    given = await body(request, Withdrawal)
    path, name = _named(request)
    await asyncio.to_thread(_found, request.app[STATION], path, name)
    return reply(as_stated(await asyncio.to_thread(withdraw, request.app[STATION], name, given.by)))


async def _accepted(request: web.Request, said: Said) -> web.Response:
    made = await asyncio.to_thread(accept, request.app[STATION], said)
    return reply(as_stated(made), status=202)


def _named(request: web.Request) -> tuple[str, str]:
    return request.match_info["path"], request.match_info["statement"]


def _about(station: Station, benefit_id: str) -> list[Statement]:
    if not is_writable(benefit_id):
        return []
    with station.store.read() as conn:
        return statements_about(conn, benefit_id)


def _found(station: Station, path: str, name: str) -> Statement:
    with station.store.read() as conn:
        found = statement(conn, name)
    if found.dataset not in _DATASETS[path]:
        raise NotFoundError("there is no statement of that name here")
    return found
