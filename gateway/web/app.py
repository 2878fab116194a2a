"""The HTTP application: its parts, and what stands before them."""

from typing import Final

from aiohttp import web

from gateway.crypto.serving import ServingKeys
from gateway.store.database import Store
from gateway.sync.station import Station
from gateway.web import (
    access,
    benefits,
    certifications,
    consumers,
    deliveries,
    evidence,
    feed,
    health,
    jwks,
    ledger,
    measuring,
    metrics,
    pages,
    runs,
    stream,
    subscriptions,
    tail,
)
from gateway.web.access import Access, only_allowed
from gateway.web.asking import STATION
from gateway.web.measuring import measured
from gateway.web.operations import OPERATIONS, serve
from gateway.web.problem import problems
from gateway.web.requests import KEYS, STORE
from gateway.web.server import MOST_BODY_BYTES, guarded

_PARTS: Final = (health, metrics, stream, feed, consumers, jwks, runs, benefits, pages)
_WITH_A_STATION: Final = (ledger, certifications, evidence, subscriptions, deliveries)
_KEEPING: Final = (access, measuring, health, metrics, tail, stream, jwks, evidence)
"""What keeps something of its own in the application."""


def make_app(
    store: Store, keys: ServingKeys, station: Station | None = None, allowed: Access | None = None
) -> web.Application:
    """The application over an open store; what decides or takes statements is served with a station only.

    Who may ask is as the station is configured, unless `allowed` says otherwise.
    """
    before = [measured, problems, guarded, only_allowed]
    app = web.Application(middlewares=before, client_max_size=MOST_BODY_BYTES)
    app[STORE], app[KEYS], app[OPERATIONS] = store, keys, {}
    if station is not None:
        app[STATION] = station
    for keeping in _KEEPING:
        keeping.set_up(app)
    if allowed is not None:
        app[access.ACCESS] = allowed
    for part in (*_PARTS, *(_WITH_A_STATION if station else ())):
        serve(app, part.OPERATIONS)
    return app
