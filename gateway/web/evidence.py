"""`/v1/evidence/{id}`: what is kept behind the opaque id that an event carries, for a reason that is kept."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Final

from aiohttp import web
from pydantic import AfterValidator, Field

from gateway.errors import RequestError
from gateway.sync.tracing import LONGEST_REASON, Trace, kept_reason, trace
from gateway.web.asking import STATION, Asked, query, reply
from gateway.web.auditing import audited, counties_of
from gateway.web.operations import Operation

ACTION: Final = "evidence.resolved"

# each trace works on up to decide_memory_mb and all cores: one after the other is quicker than side by side
TRACING: Final = web.AppKey("tracing", asyncio.Lock)


def set_up(app: web.Application) -> None:
    """Nothing is traced yet."""
    app[TRACING] = asyncio.Lock()


def _kept(text: str) -> str:
    try:
        return kept_reason(text)
    except RequestError as fault:
        raise ValueError(str(fault)) from None


class Why(Asked):
    """Why somebody looks: kept with the id and who asked. Name no person."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON), AfterValidator(_kept)]


async def evidence(request: web.Request) -> web.Response:
    """The record behind an evidence id: whose and of which kind, where it came from, and what rests on it.

    Every answer is audited first, with the reason; what cannot be audited is not answered.
    """
    reason = query(request, Why).reason
    evidence_id = request.match_info["evidence_id"]
    async with request.app[TRACING]:
        found = await asyncio.to_thread(trace, request.app[STATION], evidence_id, counties_of(request))
    await audited(request, ACTION, evidence_id, {"reason": reason})
    return reply(asdict(found))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/evidence/{evidence_id}",
        evidence,
        "ledger:write",
        "evidence",
        query=Why,
        answer=Trace,
        refuses=(404,),
    ),
)
