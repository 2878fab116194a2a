"""`/v1/deliveries`: what was sent to whom; a delivery is seen by the token that made its subscription."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from gateway.clock import local
from gateway.store.database import Store
from gateway.store.deliveries import Delivery, State
from gateway.store.resending import UNDELIVERED, Which, delivery, list_deliveries, resend
from gateway.web.access import caller_of
from gateway.web.asking import STATION, Asked, Instant, number_in, query, reply
from gateway.web.auditing import actor_of
from gateway.web.operations import Operation
from gateway.web.requests import STORE

_SCOPE: Final = "subscriptions:write"
_TAG: Final = "deliveries"
_LAST: Final = 2**63 - 1


class Page(Asked):
    """Which deliveries: those before a number, newest first."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[int, Field(ge=0, le=_LAST)] = _LAST
    subscription: Annotated[str, Field(max_length=100)] | None = None
    state: State | None = None
    undelivered: bool = False
    since: Instant | None = None


@dataclass(frozen=True)
class DeliveryList:
    """Deliveries, the newest first; `next` is what `before` is to be for those behind them."""

    deliveries: list[Delivery]
    next: int | None


async def deliveries(request: web.Request) -> web.Response:
    """The deliveries before a number, newest first; everybody's for an admin."""
    asked = query(request, Page)
    states = (asked.state,) if asked.state else UNDELIVERED if asked.undelivered else None
    since = local(asked.since) if asked.since else None
    which = Which(states, asked.subscription, since, _owner(request), asked.before)
    found = await asyncio.to_thread(_list, request.app[STORE], which, asked.limit)
    more = found[-1].delivery_id if len(found) == asked.limit else None
    return reply({"deliveries": [vars(each) for each in found], "next": more})


async def one(request: web.Request) -> web.Response:
    """One delivery: where it stands, how often it was tried, and why it was not taken."""
    number = number_in(request, "delivery_id")
    found = await asyncio.to_thread(_one, request.app[STORE], number, _owner(request))
    return reply(vars(found))


async def again(request: web.Request) -> web.Response:
    """Send a settled delivery again; the answer is the new one, and the audit keeps who asked."""
    number, now = number_in(request, "delivery_id"), request.app[STATION].now()
    by = actor_of(request)
    found = await asyncio.to_thread(_again, request.app[STORE], number, _owner(request), now, by)
    return reply(vars(found), 201)


def _owner(request: web.Request) -> str | None:
    caller = caller_of(request)
    return None if caller.may("admin") else caller.token_id


def _list(store: Store, which: Which, limit: int) -> list[Delivery]:
    with store.read() as conn:
        return list_deliveries(conn, which, limit)


def _one(store: Store, number: int, owner: str | None) -> Delivery:
    with store.read() as conn:
        return delivery(conn, number, owner)


def _again(store: Store, number: int, owner: str | None, now: datetime, by: str) -> Delivery:
    with store.begin() as conn:
        return delivery(conn, resend(conn, delivery(conn, number, owner), now, by))


OPERATIONS: Final = (
    Operation("GET", "/v1/deliveries", deliveries, _SCOPE, _TAG, query=Page, answer=DeliveryList),
    Operation("GET", "/v1/deliveries/{delivery_id}", one, _SCOPE, _TAG, answer=Delivery, refuses=(404,)),
    Operation(
        "POST",
        "/v1/deliveries/{delivery_id}/resend",
        again,
        _SCOPE,
        _TAG,
        answer=Delivery,
        status=201,
        refuses=(404, 409),
    ),
)
