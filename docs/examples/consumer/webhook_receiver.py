"""Takes webhooks: agrees to them, verifies each, and answers only when its work is done."""

import os

from aiohttp import web

from gateway.client import NotTrusted, verify_webhook

SECRETS = [os.environ["WEBHOOK_SECRET"]]
SEEN: set[str] = set()  # yours is a table, written in the transaction of the work itself


async def agree(request: web.Request) -> web.Response:
    """Agree to be sent deliveries by whoever asks; name one origin to agree to it alone."""
    return web.Response(headers={"WebHook-Allowed-Origin": request.headers["WebHook-Request-Origin"]})


async def take(request: web.Request) -> web.Response:
    """Take a delivery: 204 once it is handled, 401 where it is not the gateway's."""
    try:
        delivery = verify_webhook(request.headers, await request.read(), SECRETS)
    except NotTrusted as fault:
        raise web.HTTPUnauthorized(text=str(fault)) from None
    SEEN.update(event.id for event in delivery.events if event.id not in SEEN)
    return web.Response(status=204)


app = web.Application()
app.add_routes([web.options("/hook", agree), web.post("/hook", take)])
