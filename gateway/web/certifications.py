"""`/v1/certifications` and `/v1/community-reports`: what other channels say, from this machine."""

import asyncio
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from gateway.errors import NotFoundError
from gateway.store.statements import Statement, find_statement, statements_about
from gateway.sync.benefits import no_holder
from gateway.sync.entries import as_stated
from gateway.sync.statements import DatasetName, Said, accept, withdraw
from gateway.sync.station import Station
from gateway.sync.texts import is_writable
from gateway.web.answers import Statements, StatementShown
from gateway.web.asking import STATION, Asked, Day, body, reply, say_what_can_be_kept
from gateway.web.counties import is_seen
from gateway.web.operations import Operation

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


def _say_what_a_visit_has(schema: dict[str, Any]) -> None:
    say_what_can_be_kept(schema)
    schema["if"] = {"properties": {"kind": {"const": "visit"}}}
    schema["then"] = {"properties": {"latest": {"const": False}, "certificate": {"enum": [None, ""]}}}


class CommunityReport(Asked):
    """A death (基层死亡申报) or a visit (走访); `latest` says that the death was on that day or before it."""

    model_config = ConfigDict(json_schema_extra=_say_what_a_visit_has)

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
    return reply(as_stated(await _seen(request)))


async def about(request: web.Request) -> web.Response:
    """What was said about a benefit, oldest first: `{"statements": […]}`."""
    benefit_id = request.match_info["benefit_id"]
    if not await is_seen(request, benefit_id):
        raise no_holder()
    found = await asyncio.to_thread(_about, request.app[STATION], benefit_id)
    return reply({"statements": [as_stated(each) for each in found]})


async def take_back(request: web.Request) -> web.Response:
    """Take a statement back; the next run decides anew what rested on it."""
    given = await body(request, Withdrawal)
    name = (await _seen(request)).statement_id
    return reply(as_stated(await asyncio.to_thread(withdraw, request.app[STATION], name, given.by)))


async def _accepted(request: web.Request, said: Said) -> web.Response:
    if not await is_seen(request, said.benefit_id):
        raise no_holder()
    made = await asyncio.to_thread(accept, request.app[STATION], said)
    return reply(as_stated(made), status=202)


async def _seen(request: web.Request) -> Statement:
    """The statement in the path, if the caller may see it."""
    path, name = request.match_info["path"], request.match_info["statement"]
    found = await asyncio.to_thread(_found, request.app[STATION], path, name)
    if not await is_seen(request, found.benefit_id):
        raise _no_statement()
    return found


def _about(station: Station, benefit_id: str) -> list[Statement]:
    if not is_writable(benefit_id):
        return []
    with station.store.read() as conn:
        return statements_about(conn, benefit_id)


def _found(station: Station, path: str, name: str) -> Statement:
    with station.store.read() as conn:
        found = find_statement(conn, name)
    if found is None or found.dataset not in _DATASETS[path]:
        raise _no_statement()
    return found


def _no_statement() -> NotFoundError:
    return NotFoundError("there is no statement of that name here")


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/benefits/{benefit_id}/statements",
        about,
        "ledger:write",
        "statements",
        answer=Statements,
        refuses=(404,),
    ),
    Operation(
        "POST",
        "/v1/certifications",
        certify,
        "ledger:write",
        "statements",
        body=Certification,
        status=202,
        answer=StatementShown,
    ),
    Operation(
        "POST",
        "/v1/community-reports",
        report,
        "ledger:write",
        "statements",
        body=CommunityReport,
        answer=StatementShown,
        status=202,
        refuses=(404,),
    ),
    *(
        operation
        for path in _DATASETS
        for operation in (
            Operation(
                "GET",
                f"/v1/{{path:{path}}}/{{statement}}",
                one,
                "ledger:write",
                "statements",
                answer=StatementShown,
                refuses=(404,),
            ),
            Operation(
                "POST",
                f"/v1/{{path:{path}}}/{{statement}}/withdraw",
                take_back,
                "ledger:write",
                "statements",
                body=Withdrawal,
                answer=StatementShown,
                refuses=(404,),
            ),
        )
    ),
)
