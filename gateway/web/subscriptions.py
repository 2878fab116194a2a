"""`/v1/subscriptions`: who is sent what, and where; a subscription is seen by the token that made it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal, cast

from aiohttp import hdrs, web
from pydantic import ConfigDict, Field

from gateway.delivery.filters import Filters, plain_filters
from gateway.delivery.subscribing import Desk, NotAllowedError, Subscriber, SubscriptionShown, Wish
from gateway.errors import NotFoundError, RequestError
from gateway.store.subscriptions import Changes, Kind, Subscription
from gateway.web.access import caller_of
from gateway.web.asking import STATION, Asked, body, query, reply, say_what_can_be_kept
from gateway.web.operations import Operation
from gateway.web.requests import KEYS, STORE

LARGEST_BATCH: Final = 100
LARGEST_CONCURRENCY: Final = 16
MOST_NETWORKS: Final = 64
HIGHEST_RATE: Final = 100_000.0

BatchSize = Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
Concurrency = Annotated[int, Field(ge=1, le=LARGEST_CONCURRENCY)]
PerSecond = Annotated[float, Field(gt=0, le=HIGHEST_RATE)]
Networks = Annotated[list[str], Field(max_length=MOST_NETWORKS)]
Counties = Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{6}$")]], Field(min_length=1, max_length=3000)]


class Listing(Asked):
    """Which subscriptions; those of every state where none is named."""

    state: Literal["pending", "active", "paused", "disabled"] | None = None


class New(Asked):
    """A subscription to be made.

    `sink`, `protocol` and `filters` are those of the CloudEvents Subscriptions API: all filters must match.
    `from` is `now`, `earliest`, or a cursor behind which it begins. `counties` are all that the token may
    see where none is named. `allow` names the networks that the sink may be in, and needs the scope `admin`.
    """

    sink: str
    protocol: Literal["HTTP"] = "HTTP"
    filters: Filters = ()
    counties: Counties | None = None
    allow: Networks | None = None
    batch_size: BatchSize = 1
    concurrency: Concurrency = 4
    rate_per_second: PerSecond | None = None
    signature: Kind = "hmac"
    start: str = Field("now", alias="from", max_length=100)


_MAY_BE_NULL: Final = frozenset({"counties", "rate_per_second", "version"})


def _say_what_may_be_null(schema: dict[str, Any]) -> None:
    """Put into the published schema which of them can be left out only."""
    say_what_can_be_kept(schema)
    for name in schema["properties"].keys() - _MAY_BE_NULL:
        described = schema["properties"][name]
        (some,) = [each for each in described.pop("anyOf") if each != {"type": "null"}]
        described.pop("default")
        described |= some


class Change(Asked):
    """What is to change; what is left out stays. With `version`, that of the one looked at.

    A new sink, and a higher rate than was agreed to, need the receiver's consent anew.
    """

    model_config = ConfigDict(json_schema_extra=_say_what_may_be_null)

    sink: str | None = None
    filters: Filters | None = None
    counties: Counties | None = None
    allow: Networks | None = None
    batch_size: BatchSize | None = None
    concurrency: Concurrency | None = None
    rate_per_second: PerSecond | None = None
    version: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class Rotation(Asked):
    """A new secret; the one before signs beside it for so many hours, 24 where nothing else is configured."""

    grace_hours: Annotated[float, Field(ge=0, le=168)] | None = None
    signature: Kind | None = None


@dataclass(frozen=True)
class SubscriptionList:
    """Subscriptions, the oldest first."""

    subscriptions: list[SubscriptionShown]


@dataclass(frozen=True)
class SubscriptionMade(SubscriptionShown):
    """A subscription, and what verifies its deliveries: a `whsec_` secret, told once, or a public key."""

    secret: str


async def create(request: web.Request) -> web.Response:
    """Subscribe; the answer tells the secret, once, and nothing is sent until the receiver consents."""
    asked = await body(request, New)
    wish = Wish(**{name: getattr(asked, name) for name in Wish.__dataclass_fields__})
    desk, by = _desk(request), _subscriber(request)
    with _told():
        made, secret = await asyncio.to_thread(desk.subscribe, by, wish)
    answer = _with_secret(desk, made, secret, status=201)
    answer.headers[hdrs.LOCATION] = f"/v1/subscriptions/{made.subscription_id}"
    return answer


async def subscriptions(request: web.Request) -> web.Response:
    """The caller's subscriptions, the oldest first; everybody's for an admin."""
    asked, desk = query(request, Listing), _desk(request)
    found = await asyncio.to_thread(desk.listed, _subscriber(request), asked.state)
    return reply(asdict(SubscriptionList([desk.shown(each) for each in found])))


async def one(request: web.Request) -> web.Response:
    """One subscription, without its secret."""
    return await _done(request, _desk(request).one)


async def change(request: web.Request) -> web.Response:
    """Change a subscription; what is left out stays."""
    asked = await body(request, Change)
    changes = _changes(asked)

    def changing(by: Subscriber, subscription_id: str) -> Subscription:
        return _desk(request).change(by, subscription_id, changes, asked.version)

    return await _done(request, changing)


async def remove(request: web.Request) -> web.Response:
    """End a subscription for good: what is pending is canceled, its secrets are forgotten."""
    desk, by = _desk(request), _subscriber(request)
    await asyncio.to_thread(desk.remove, by, _id(request))
    return web.Response(status=204)


async def pause(request: web.Request) -> web.Response:
    """Send nothing until it is resumed; what is due waits."""
    return await _done(request, _desk(request).pause)


async def resume(request: web.Request) -> web.Response:
    """Send again; a disabled one is asked for consent first."""
    return await _done(request, _desk(request).resume)


async def rotate(request: web.Request) -> web.Response:
    """Replace the secret; the answer tells the new one, once, and the old one signs beside it for a while."""
    asked = await body(request, Rotation)
    desk, by = _desk(request), _subscriber(request)
    with _told():
        found, secret = await asyncio.to_thread(
            desk.rotate, by, _id(request), asked.grace_hours, asked.signature
        )
    return _with_secret(desk, found, secret)


def _desk(request: web.Request) -> Desk:
    station = request.app[STATION]
    return Desk(request.app[STORE], request.app[KEYS], station.settings.gateway.delivery, station.clock)


def _subscriber(request: web.Request) -> Subscriber:
    caller = caller_of(request)
    return Subscriber(caller.token_id, caller.counties, caller.may("admin"))


def _id(request: web.Request) -> str:
    return request.match_info["id"]


def _changes(asked: Change) -> Changes:
    names = asked.model_fields_set - {"version"}
    given = {name: getattr(asked, name) for name in names}
    if empty := sorted(name for name, value in given.items() if value is None and name not in _MAY_BE_NULL):
        raise web.HTTPUnprocessableEntity(text=f"body: {empty[0]}: cannot be null: leave it out")
    if asked.filters is not None:
        given["filters"] = plain_filters(asked.filters)
    return cast("Changes", given)


async def _done(request: web.Request, act: Callable[[Subscriber, str], Subscription]) -> web.Response:
    with _told():
        found = await asyncio.to_thread(act, _subscriber(request), _id(request))
    return reply(asdict(_desk(request).shown(found)))


def _with_secret(desk: Desk, found: Subscription, secret: str, status: int = 200) -> web.Response:
    answer = reply({**asdict(desk.shown(found)), "secret": secret}, status)
    answer.headers[hdrs.CACHE_CONTROL] = "no-store"
    return answer


@contextmanager
def _told() -> Iterator[None]:
    """Tell what of the request is wrong as a fault of the request, and a conflict as a conflict."""
    try:
        yield
    except NotAllowedError as fault:
        raise web.HTTPForbidden(text=str(fault)) from None
    except NotFoundError:
        raise
    except RequestError as fault:
        if fault.field in {None, "version"}:
            raise
        raise web.HTTPUnprocessableEntity(text=str(fault)) from None


_SCOPE: Final = "subscriptions:write"
_TAG: Final = "subscriptions"
_ONE: Final = "/v1/subscriptions/{id}"

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/subscriptions",
        create,
        _SCOPE,
        _TAG,
        body=New,
        answer=SubscriptionMade,
        status=201,
        refuses=(403,),
    ),
    Operation(
        "GET", "/v1/subscriptions", subscriptions, _SCOPE, _TAG, query=Listing, answer=SubscriptionList
    ),
    Operation("GET", _ONE, one, _SCOPE, _TAG, answer=SubscriptionShown, refuses=(404,)),
    Operation(
        "PATCH",
        _ONE,
        change,
        _SCOPE,
        _TAG,
        body=Change,
        answer=SubscriptionShown,
        refuses=(403, 404, 409),
    ),
    Operation("DELETE", _ONE, remove, _SCOPE, _TAG, status=204, refuses=(404, 409)),
    Operation("POST", f"{_ONE}/pause", pause, _SCOPE, _TAG, answer=SubscriptionShown, refuses=(404, 409)),
    Operation("POST", f"{_ONE}/resume", resume, _SCOPE, _TAG, answer=SubscriptionShown, refuses=(404, 409)),
    Operation(
        "POST",
        f"{_ONE}/secret",
        rotate,
        _SCOPE,
        _TAG,
        body=Rotation,
        answer=SubscriptionMade,
        refuses=(404, 409),
    ),
)
