"""Doubles for the hub's tests: a clock that only sleeping moves, and replies in the hub's form."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import respx

from gateway.clock import CHINA
from gateway.hub.client import HubClient
from gateway.hub.http import open_client
from gateway.hub.service import Service
from gateway.hub.waiting import Timing, Waiting

BASE = "https://hub.invalid"
PAGES = f"{BASE}/httpproxy"
REFRESH = f"{BASE}/sysapi/auth/refreshappsecret"
START = datetime(2025, 3, 1, 12, 0, tzinfo=CHINA)
SINCE = datetime(2025, 2, 1)  # noqa: DTZ001 - naive Asia/Shanghai, the form kept in columns
UNTIL = datetime(2025, 3, 1)  # noqa: DTZ001 - as above


@dataclass
class FakeTime:
    """Time that passes only while somebody sleeps."""

    elapsed: float = 0.0
    chance: float = 1.0
    said: list[Waiting] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)

    @property
    def timing(self) -> Timing:
        return Timing(
            sleep=self.sleep,
            monotonic=lambda: self.elapsed,
            random=lambda: self.chance,
            clock=lambda: START + timedelta(seconds=self.elapsed),
            told=self.said.append,
        )


def service(**changes: Any) -> Service:
    values: dict[str, Any] = {
        "dataset": "identity_cards",
        "base_url": BASE,
        "rid": "rid-0001",
        "sid": "s_430000000_0001",
        "app_key": "test-app-key-0001",
    }
    return Service(**(values | changes))


def unsigned(**changes: Any) -> Service:
    return service(auth="none", **changes)


def client(router: respx.MockRouter, time: FakeTime) -> HubClient:
    http = open_client(transport=httpx.MockTransport(router.async_handler))
    return HubClient(timing=time.timing, http=http)


def page(payload: Any = None, total: Any = 0, following: Any = None, code: Any = "0") -> httpx.Response:
    data = {"total": total, "next": following, "payload": payload}
    return httpx.Response(200, json={"code": code, "message": "", "data": data})


def failure(code: Any, message: str = "") -> httpx.Response:
    return httpx.Response(200, json={"code": code, "message": message, "data": None})
