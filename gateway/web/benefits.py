"""`/v1/benefits/{id}`: what is decided about a benefit, and why."""

import asyncio
from typing import Final

from aiohttp import web

from gateway.sync.explaining import as_json, explanation_of
from gateway.web.asking import reply
from gateway.web.auditing import audited
from gateway.web.counties import is_seen
from gateway.web.explained import BenefitExplained
from gateway.web.operations import Operation
from gateway.web.requests import STORE


async def benefit(request: web.Request) -> web.Response:
    """The decision that stands with its explanation, its events and its history.

    It names more than events do, such as the kind and day of evidence of life: every look is audited first.
    """
    benefit_id = request.match_info["benefit_id"]
    seen = await is_seen(request, benefit_id)
    found = await asyncio.to_thread(explanation_of, request.app[STORE], benefit_id) if seen else None
    if found is None:
        raise web.HTTPNotFound(text="there is no decision about a benefit of that id")
    await audited(request, "benefit.looked_at", benefit_id)
    return reply(as_json(found))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/benefits/{benefit_id}",
        benefit,
        "ledger:write",
        "benefits",
        answer=BenefitExplained,
        refuses=(404,),
    ),
)
