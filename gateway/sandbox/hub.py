"""The simulated hub: real authentication, windows, paging and envelopes over HTTP, on loopback."""

import asyncio
import gzip
import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal

from aiohttp import web

from gateway.sandbox.authentication import SECRET_EXPIRED, SIGN_REFUSED, Gatekeeper, Rules
from gateway.sandbox.columns import service_id
from gateway.sandbox.faults import REFRESH, Fault, FaultKind, Faults
from gateway.sandbox.gates import Access, Gate, Refresh, make_gate
from gateway.sandbox.keys import SandboxKeys, forger_of, stranger_to
from gateway.sandbox.offers import Offer, offers_of
from gateway.sandbox.pages import Fields, seal_rows
from gateway.sandbox.province import Province

MAX_LIMIT = 20000
_HOUR = 3600
_TIME = "%Y-%m-%d %H:%M:%S"
_NO_PARAMETERS, _QUOTA = "E-101", "-1"
_OVERSIZE = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """What differs between hubs. Per department: the success code, whether the payload is a JSON text.

    `generation` is the key generation that seals (0 or 1); `empty` is how an empty window is written.
    `auth` are the schemes of signing it takes; `path` is where pages are asked for, else the schemes' own.
    """

    rules: Rules = field(default_factory=Rules)
    auth: tuple[str, ...] = ("national",)
    path: str | None = None
    success_codes: Mapping[str, str | int] = field(default_factory=dict)
    text_payload: frozenset[str] = frozenset()
    requests_per_hour: int | None = None
    generation: int = 0
    empty: Literal["null", "text", "sealed"] = "null"


@dataclass(frozen=True, slots=True)
class _Query:
    """One page asked for: the window, and where in it."""

    dataset: str
    since: datetime
    until: datetime
    start: int
    limit: int


class Hub:
    """A hub serving some datasets; `calls` counts business calls by dataset, and refreshes."""

    def __init__(
        self,
        offers: Mapping[str, Offer],
        keys: SandboxKeys,
        now: Callable[[], datetime],
        faults: Faults,
        options: HubOptions,
    ) -> None:
        self.faults = faults
        self.options = options
        self.calls: Counter[str] = Counter()
        self._offers = offers
        self._now = now
        self._datasets = {service_id(dataset): dataset for dataset in offers}
        access = Access(keys.rid, keys.app_key, frozenset(self._datasets))
        self.gatekeeper = Gatekeeper(keys.rid, keys.app_key, access.sids, options.rules)
        self.gates = {scheme: make_gate(scheme, access, self.gatekeeper) for scheme in options.auth}
        self._recent: dict[str, deque[float]] = {dataset: deque() for dataset in offers}

    def routes(self) -> list[web.RouteDef]:
        """Return where each scheme answers; schemes that share a path share its calls."""
        refreshes = [each for gate in self.gates.values() for each in gate.refreshes().items()]
        paths: dict[str, list[Gate]] = {}
        for gate in self.gates.values():
            paths.setdefault(self.options.path or gate.path, []).append(gate)
        return [
            *(web.post(path, partial(self._refresh, refresh)) for path, refresh in refreshes),
            *(web.post(path, partial(self._business, gates)) for path, gates in paths.items()),
        ]

    async def _refresh(self, refresh: Refresh, request: web.Request) -> web.StreamResponse:
        """Answer a refresh of the secret."""
        self.calls[REFRESH] += 1
        fault = self.faults.take(REFRESH)
        if fault and (broken := await _before(fault)):
            return broken
        is_form = request.content_type == "application/x-www-form-urlencoded"
        return web.json_response(refresh((await request.post() if is_form else await _body(request)) or {}))

    async def _business(self, gates: list[Gate], request: web.Request) -> web.StreamResponse:
        """Answer one page of one dataset."""
        sid = gates[0].sid(request.headers, request.match_info.get("sid", ""))
        dataset = self._datasets.get(sid, "")
        self.calls[dataset] += 1
        fault = self.faults.take(dataset)
        if fault and (broken := await _before(fault)):
            return broken
        if refused := _refused_by_all(gates, request.headers, sid):
            return _refusal(refused, "secret expired" if refused == SECRET_EXPIRED else "sign error")
        if wait := self._over_quota(dataset):
            return web.Response(status=429, headers={"Retry-After": str(wait)}, text="quota")
        query = _query(dataset, await _body(request))
        if isinstance(query, str):
            return _refusal(_NO_PARAMETERS, query)
        reply = self._reply(query, fault)
        return await _after(fault, request, json.dumps(reply, ensure_ascii=False).encode())

    def _over_quota(self, dataset: str) -> int:
        """Return how many seconds a caller has to wait, 0 within the quota; counts the call."""
        quota, recent, now = self.options.requests_per_hour, self._recent[dataset], time.monotonic()
        while recent and recent[0] <= now - _HOUR:
            recent.popleft()
        if quota is not None and len(recent) >= quota:
            return int(recent[0] + _HOUR - now) + 1
        recent.append(now)
        return 0

    def _reply(self, query: _Query, fault: Fault | None) -> dict[str, Any]:
        offer = self._offers[query.dataset]
        window = offer.window(query.since, query.until, self._now())
        end = query.start + query.limit
        rows = window[query.start : end]
        data: dict[str, Any] = {"total": len(window), "next": str(end) if end < len(window) else None}
        _falsify(data, rows, query, fault)
        data["payload"] = self._payload(offer, rows, fault)
        code = self.options.success_codes.get(offer.department, "0")
        return {"code": code, "message": "", "data": data}

    def _payload(self, offer: Offer, rows: list[Fields], fault: Fault | None) -> object:
        kind = fault.kind if fault else None
        empty = _EMPTY.get(kind, self.options.empty) if kind else self.options.empty
        if not rows and empty != "sealed":
            return None if empty == "null" else ""
        sender = offer.senders[self.options.generation]
        if kind in _OTHER_SENDERS:
            sender = _OTHER_SENDERS[kind](sender)
        style, stamp = self.calls[offer.dataset], int(time.time() * 1000)
        payload = seal_rows(offer.envelope, rows, sender, timestamp_ms=stamp, style=style, write=offer.write)
        as_text = offer.department in self.options.text_payload
        return json.dumps(payload, ensure_ascii=False) if as_text else payload


_EMPTY: Mapping[FaultKind, Literal["null", "text", "sealed"]] = {
    FaultKind.EMPTY_NULL: "null",
    FaultKind.EMPTY_TEXT: "text",
    FaultKind.EMPTY_SEALED: "sealed",
}
NEW_FIELD = "BZ_NEW"


def _with_new_field(rows: list[Fields], _column: str, one_in: int) -> list[Fields]:
    return [row if place % one_in else row | {NEW_FIELD: "1"} for place, row in enumerate(rows)]


def _without(rows: list[Fields], column: str, _: int) -> list[Fields]:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def _with_lists(rows: list[Fields], column: str, _: int) -> list[Fields]:
    return [row | {column: [row.get(column)]} for row in rows]


_RESHAPED: Mapping[FaultKind | None, Callable[[list[Fields], str, int], list[Fields]]] = {
    FaultKind.NEW_FIELD: _with_new_field,
    FaultKind.GONE_FIELD: _without,
    FaultKind.CHANGED_TYPE: _with_lists,
}
_OTHER_SENDERS = {FaultKind.FORGED: forger_of, FaultKind.WRONG_KEY: stranger_to}

HUB = web.AppKey("hub", Hub)


def make_hub(
    province: Province,
    keys: SandboxKeys,
    *,
    now: Callable[[], datetime],
    faults: Faults | None = None,
    options: HubOptions | None = None,
    also: Iterable[Offer] = (),
) -> web.Application:
    """Return the hub as an application; `now` (naive, Asia/Shanghai) is how far its data reach.

    What is in `also` is served beside the province's datasets, or in place of one of that name.
    Signs are checked against this machine's clock. `app[HUB]` gives the counters and the faults.
    """
    offers = {**offers_of(province, keys), **{offer.dataset: offer for offer in also}}
    hub = Hub(offers, keys, now, faults or Faults(), options or HubOptions())
    app = web.Application()
    app[HUB] = hub
    app.add_routes(hub.routes())
    return app


@asynccontextmanager
async def serve_hub(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve a hub on 127.0.0.1, on a free port unless one is given, and yield its base URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _refused_by_all(gates: list[Gate], headers: Mapping[str, str], sid: str) -> str | None:
    """Return the first gate's code where no gate lets the call in."""
    codes = [gate.check(headers, sid) for gate in gates]
    return None if None in codes else codes[0]


def _query(dataset: str, body: Mapping[str, Any] | None) -> _Query | str:
    """Read a page request, or say what is wrong with it."""
    names = ("since", "until", "start", "limit")
    if body is None or not all(isinstance(body.get(name), str) for name in names):
        return "since, until, start and limit are required, as strings"
    try:
        since, until = (datetime.strptime(body[name], _TIME) for name in names[:2])  # noqa: DTZ007 - local wall time
        start, limit = int(body["start"]), int(body["limit"])
    except ValueError:
        return "since, until, start or limit cannot be read"
    if start < 0 or not 0 < limit <= MAX_LIMIT:
        return f"limit must be 1 to {MAX_LIMIT}, start not negative"
    return _Query(dataset, since, until, start, limit)


async def _body(request: web.Request) -> Mapping[str, Any] | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _refusal(code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "data": None})


async def _before(fault: Fault) -> web.Response | None:
    """Return the answer of a fault that strikes before the call is looked at."""
    value = fault.value
    if fault.kind is FaultKind.SLOW:
        await asyncio.sleep(5 if value is None else value)
    answers = {
        FaultKind.SERVER_ERROR: lambda: web.Response(status=int(value or 503), text="unavailable"),
        FaultKind.FORBIDDEN: lambda: web.Response(status=403, text="forbidden"),
        FaultKind.TOO_MANY: lambda: web.Response(
            status=429, headers={"Retry-After": f"{1 if value is None else value:g}"}
        ),
        FaultKind.QUOTA: lambda: _refusal(_QUOTA, "接口调用超过频次限制 (quota exceeded)"),
        FaultKind.SECRET_EXPIRED: lambda: _refusal(SECRET_EXPIRED, "secret expired"),
        FaultKind.REFUSED: lambda: _refusal(SIGN_REFUSED, "not authorised"),
    }
    return answers[fault.kind]() if fault.kind in answers else None


def _falsify(data: dict[str, Any], rows: list[Fields], query: _Query, fault: Fault | None) -> None:
    """Let a fault of paging change what a page says about itself."""
    kind, value = (fault.kind, fault.value) if fault else (None, None)
    if kind is FaultKind.LOOPING_CURSOR:
        data["next"] = str(query.start)
    elif kind is FaultKind.WRONG_TOTAL:
        data["total"] += 7 if value is None else int(value)
    elif kind is FaultKind.CHANGING_TOTAL:
        data["total"] += query.start
    elif kind is FaultKind.SHORT_PAGE:
        del rows[10 if value is None else int(value) :]
        data["next"] = None
    elif kind in _EMPTY:
        rows.clear()
        data.update(total=0, next=None)
    elif kind in _RESHAPED and rows:
        # the last column of its own: op and tong_time come after it
        column = [*max(rows, key=len)][-3]
        rows[:] = _RESHAPED[kind](rows, column, int(value or 1))


async def _after(fault: Fault | None, request: web.Request, body: bytes) -> web.StreamResponse:
    """Send a reply, whole or as a fault of transport leaves it."""
    kind = fault.kind if fault else None
    if kind is FaultKind.BROKEN_JSON:
        body = body[: len(body) // 2]
    if fault and kind is FaultKind.OVERSIZED:
        padding = b" " * int(_OVERSIZE if fault.value is None else fault.value)
        headers = {"Content-Encoding": "gzip"}
        return web.Response(
            body=gzip.compress(padding + body, 1), headers=headers, content_type="application/json"
        )
    if kind is FaultKind.CUT_BODY:
        return await _cut(request, body)
    return web.Response(body=body, content_type="application/json")


async def _cut(request: web.Request, body: bytes) -> web.StreamResponse:
    """Promise a body, send half of it and hang up."""
    response = web.StreamResponse()
    response.content_type, response.content_length = "application/json", len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return response
