"""`/v1/benefits/{id}`: what is decided about a benefit, and why."""

import asyncio

from aiohttp import web

from gateway.sync.explaining import as_json, explanation_of
from gateway.web.asking import reply
from gateway.web.requests import STORE


def add_routes(app: web.Application) -> None:
    """Serve what is stored about single benefits."""
    app.router.add_get("/v1/benefits/{benefit_id}", benefit)


async def benefit(request: web.Request) -> web.Response:
    """The decision that stands with its explanation, its events and its history.

    It names more than events do, such as the kind and day of evidence of life.
    """
    found = await asyncio.to_thread(explanation_of, request.app[STORE], request.match_info["benefit_id"])
    if found is None:
        raise web.HTTPNotFound(text="there is no decision about a benefit of that id")
    return reply(as_json(found))
