"""The HTTP application: the pull feed of events, and health."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from gateway.errors import NotFoundError, RequestError, StoreError
from gateway.store.alarms import Raised, standing_alarms
from gateway.store.database import Store
from gateway.store.outbox import StoredEvent, events_after
from gateway.sync.station import Station
from gateway.web import benefits, certifications, ledger, runs
from gateway.web.asking import STATION, is_local, reply
from gateway.web.requests import STORE, whole_number

LARGEST_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 100
_MAX_BODY: Final = 64 * 1024
_MAX_CURSOR: Final = 2**63 - 1

_FOR_ALL: Final = frozenset({"/healthz", "/v1/events"})
"""What anybody may read who reaches the gateway; all else is personal, or a write."""

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(store: Store, station: Station | None = None) -> web.Application:
    """The application over an open store; what decides or takes statements is served with a station only."""
    app = web.Application(middlewares=[problems, only_here], client_max_size=_MAX_BODY)
    app[STORE] = store
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/v1/events", events)
    runs.add_routes(app)
    benefits.add_routes(app)
    if station is not None:
        app[STATION] = station
        ledger.add_routes(app)
        certifications.add_routes(app)
    return app


async def healthz(request: web.Request) -> web.Response:
    """200 when the store can be read and written, else 503 with what is wrong; alarms only warn."""
    store = request.app[STORE]
    faults = await asyncio.to_thread(store.check)
    if faults:
        return reply({"status": "fail", "faults": faults, "alarms": []}, status=503)
    alarms = await asyncio.to_thread(_alarms, store)
    status = "warn" if alarms else "pass"
    return reply({"status": status, "faults": [], "alarms": [vars(alarm) for alarm in alarms]})


def _alarms(store: Store) -> list[Raised]:
    with store.read() as conn:
        return standing_alarms(conn)


async def events(request: web.Request) -> web.Response:
    """The events after a cursor, as stored: `{"events": […], "next": cursor}`; the cursor never goes back."""
    after = whole_number(request, "after", default=0, most=_MAX_CURSOR)
    limit = whole_number(request, "limit", default=DEFAULT_LIMIT, most=LARGEST_LIMIT, least=1)
    types = [name for name in request.query.get("types", "").split(",") if name] or None
    found = await asyncio.to_thread(_read, request.app[STORE], after, limit, types)
    last = str(found[-1].sequence if found else after)
    body = (
        b'{"events":['
        + b",".join(event.body for event in found)
        + b'],"next":'
        + json.dumps(last).encode()
        + b"}"
    )
    return web.Response(body=body, content_type="application/json", charset="utf-8")


def _read(store: Store, after: int, limit: int, types: list[str] | None) -> list[StoredEvent]:
    with store.read() as conn:
        return events_after(conn, after, limit, types)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every fault as problem+json (RFC 9457), without internals."""
    try:
        return await handler(request)
    except web.HTTPException as fault:
        return _problem(fault.status, fault.reason, fault.text)
    except NotFoundError as fault:
        return _problem(404, "Not Found", str(fault))
    except RequestError as fault:
        return _problem(409, "Conflict", str(fault))
    except StoreError as fault:
        _log.error("store: %s", fault)
        return _problem(503, "Service Unavailable", "the store cannot be used now; try again later")
    except Exception as fault:  # noqa: BLE001 - the last line of defence: nothing internal leaves
        _log.error("unexpected %s in %s", type(fault).__name__, request.path)
        return _problem(500, "Internal Server Error", "the gateway failed; its log says more")


@web.middleware
async def only_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Until callers have tokens with scopes, personal answers and every write are for this machine only."""
    if request.path not in _FOR_ALL and not is_local(request):
        raise web.HTTPForbidden(text="this is given to this machine only, without a proxy")
    return await handler(request)


def _problem(status: int, title: str, detail: str | None) -> web.Response:
    return web.json_response(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )
