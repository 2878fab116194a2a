"""Who may ask for what, and how often: a token's scopes and counties, or being on this machine."""

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, NoReturn

from aiohttp import hdrs, web

from gateway.clock import Clock, local, system_clock
from gateway.settings import ServeSettings
from gateway.store.database import Store
from gateway.store.tokens import Scope, Token, find_token
from gateway.web.asking import STATION, is_local
from gateway.web.limits import Buckets, Rate, Verdict
from gateway.web.operations import operation_of
from gateway.web.requests import STORE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LONGEST_KEPT_S: Final = 5.0
"""For so long a token that was looked up is not looked up again: within it, a revocation acts."""

_MOST_KEPT: Final = 1000
_REALM: Final = 'Bearer realm="certification gateway"'


@dataclass(frozen=True)
class Caller:
    """Who asks; `token_id` is null for whoever brings no token, `counties` for every county."""

    token_id: str | None
    name: str
    scopes: frozenset[Scope]
    counties: frozenset[str] | None = None

    def may(self, scope: Scope) -> bool:
        """Whether this is allowed; `admin` allows everything."""
        return scope in self.scopes or "admin" in self.scopes


ON_THIS_MACHINE: Final = Caller(None, "this machine", frozenset({"admin"}))
NOBODY: Final = Caller(None, "nobody", frozenset(), frozenset())
"""Whoever asks for what is for everybody: it may see no county."""

_CALLER: Final = web.RequestKey("caller", Caller)
_LEFT: Final = web.RequestKey("left", Verdict)


class Access:
    """Knows tokens for a few seconds without asking the store, and counts how often each caller asks."""

    def __init__(
        self,
        store: Store,
        serve: ServeSettings,
        clock: Clock = system_clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate = Rate(serve.requests_per_second, serve.burst)
        self.trusts_this_machine = serve.trust_this_machine
        self._store, self._clock, self._ticks = store, clock, ticks
        # apart, so that a crowd of addresses pushes no token's bucket out
        self._of_tokens, self._of_addresses = Buckets(self.rate), Buckets(self.rate)
        self._kept: OrderedDict[bytes, tuple[Token, float]] = OrderedDict()

    def count(self, caller: Caller, address: str | None) -> Verdict:
        """Count one request of a caller's token, or of the address it comes from without one."""
        now = self._ticks()
        if caller.token_id is not None:
            return self._of_tokens.ask(caller.token_id, now)
        return self._of_addresses.ask(_network(address), now)

    def kept(self, text: str) -> Token | None:
        """The token of that text, if it was looked up a moment ago."""
        token, until = self._kept.get(_key(text), (None, 0.0))
        return token if self._ticks() < until else None

    async def find(self, text: str) -> Token | None:
        """The token of that text as the store has it, whatever its state."""
        found = await asyncio.to_thread(self._read, text)
        if found is not None:
            self._kept[_key(text)] = (found, self._ticks() + LONGEST_KEPT_S)
            self._kept.move_to_end(_key(text))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def state(self, token: Token) -> str:
        """Whether a token is valid now, expired or revoked."""
        return token.state(local(self._clock()))

    def _read(self, text: str) -> Token | None:
        with self._store.read() as conn:
            return find_token(conn, text)


ACCESS: Final = web.AppKey("access", Access)


def set_up(app: web.Application) -> None:
    """Let in as the station is configured, and tell with each answer what is left."""
    station = app.get(STATION)
    if station is None:
        app[ACCESS] = Access(app[STORE], ServeSettings())
    else:
        app[ACCESS] = Access(app[STORE], station.settings.gateway.serve, station.clock)
    app.on_response_prepare.append(tell_what_is_left)


@web.middleware
async def only_allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in whoever may do what the operation is, as often as they may; what has no scope is for everybody.

    A route that is no operation is for `admin`.
    """
    if _is_trusted(request):
        request[_CALLER] = ON_THIS_MACHINE
    elif (scope := _needed(request)) is None:
        _count(request, NOBODY)
    else:
        caller = await _caller(request)
        if not caller.may(scope):
            _forbidden(scope)
        request[_CALLER] = caller
    return await handler(request)


def caller_of(request: web.Request) -> Caller:
    """Who asks; nobody in particular where the operation is for everybody."""
    caller: Caller = request.get(_CALLER, NOBODY)
    return caller


def allowed_counties(request: web.Request) -> frozenset[str] | None:
    """The counties that the caller may see; null for every county, those that nobody knows included."""
    return caller_of(request).counties


async def still_allowed(request: web.Request) -> bool:
    """Whether the caller may go on with what it does; a stream asks this from time to time."""
    text = _sent(request)
    if text is None:
        return True
    access = request.app[ACCESS]
    token = access.kept(text) or await access.find(text)
    return token is not None and access.state(token) == "valid"


async def tell_what_is_left(request: web.Request, response: web.StreamResponse) -> None:
    """Say how many more requests may come, as draft-ietf-httpapi-ratelimit-headers writes it."""
    if _LEFT not in request:
        return
    left, rate = request[_LEFT], request.app[ACCESS].rate
    full_s = math.ceil(rate.burst / rate.per_second)
    response.headers["RateLimit-Policy"] = f'"requests";q={rate.burst};w={full_s}'
    response.headers["RateLimit"] = f'"requests";r={left.left};t={math.ceil(left.wait_s)}'


def _is_trusted(request: web.Request) -> bool:
    """Whether the caller is on this machine, and that is enough; a token counts even there."""
    return _sent(request) is None and request.app[ACCESS].trusts_this_machine and is_local(request)


def _needed(request: web.Request) -> Scope | None:
    """What the caller must have; nothing where nothing is, or where everybody is let in."""
    if request.match_info.http_exception is not None:
        return None
    operation = operation_of(request)
    return "admin" if operation is None else operation.scope


async def _caller(request: web.Request) -> Caller:
    """Who asks, by the token that is sent; counted.

    Raises:
        web.HTTPUnauthorized: no token is sent where one is needed, or none that is valid.
        web.HTTPTooManyRequests: it asks too often.
    """
    access, text = request.app[ACCESS], _sent(request)
    if text is None:
        _count(request, NOBODY)
        _unauthorized("send a token: `Authorization: Bearer …`, as `gateway token new` prints it")
    token = access.kept(text)
    if token is None:
        # before the store is asked: whoever guesses must not keep it busy
        _count(request, NOBODY)
        token = await access.find(text)
    if token is None:
        _unauthorized("the token is unknown: check how it was copied", "invalid_token")
    caller = Caller(token.token_id, token.name, token.scopes, token.counties)
    _count(request, caller)
    if (state := access.state(token)) != "valid":
        _unauthorized(f"the token is {state}: ask for a new one", "invalid_token")
    return caller


def _sent(request: web.Request) -> str | None:
    """What is sent to be let in; of another scheme than Bearer it is nothing that could be known."""
    sent = request.headers.get(hdrs.AUTHORIZATION)
    if sent is None:
        return None
    scheme, _, text = sent.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _count(request: web.Request, caller: Caller) -> None:
    verdict = request.app[ACCESS].count(caller, request.remote)
    request[_LEFT] = verdict
    if not verdict.passes:
        wait = str(max(1, math.ceil(verdict.wait_s)))
        text = f"too many requests: wait {wait} s, and ask no more often than the RateLimit headers say"
        raise web.HTTPTooManyRequests(text=text, headers={hdrs.RETRY_AFTER: wait})


def _unauthorized(text: str, error: str | None = None) -> NoReturn:
    told = f'{_REALM}, error="{error}"' if error else _REALM
    raise web.HTTPUnauthorized(text=text, headers={hdrs.WWW_AUTHENTICATE: told})


def _forbidden(scope: Scope) -> NoReturn:
    told = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
    text = f"this needs a token with the scope {scope}: see `gateway token new`"
    raise web.HTTPForbidden(text=text, headers={hdrs.WWW_AUTHENTICATE: told})


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _network(address: str | None) -> str:
    """An IPv4 address, or the /64 of an IPv6 address, of which one machine may have any number."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
