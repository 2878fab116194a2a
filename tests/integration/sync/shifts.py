"""A shift over a hub and a pool that are played, for the tests of this folder."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np

from gateway.clock import CHINA
from gateway.department import Department
from gateway.errors import HubUnavailable
from gateway.host import Host
from gateway.hub.sealed_page import SealedPage, WindowChanged
from gateway.intake.page import Taken
from gateway.settings import DepartmentSettings, GatewaySettings, HubSettings, Settings
from gateway.store import windows
from gateway.store.database import Store
from gateway.sync.services import Feed
from gateway.sync.shift import Shift
from tests.unit.core.examples import happenings, weddings

NOW = datetime(2026, 3, 20, 12, tzinfo=CHINA)
FEED = Feed("police", happenings)
HOST = Host({"police": Department("police", "公安", [happenings, weddings])})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def configured(**police: Any) -> Settings:
    hub = HubSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": "none"})
    gateway = GatewaySettings(store="sqlite:///x", evidence=Path("e"), identity_key="env:K", hub=hub)
    return Settings(
        folder=Path(), gateway=gateway, departments={"police": DepartmentSettings.model_validate(police)}
    )


@dataclass
class Hub:
    """A hub that has rows by load time, hands out two a page, and promises `missing` more than it has."""

    rows: list[datetime]
    missing: Callable[[datetime], int] = lambda _since: 0
    asked: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    fails_at: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    bodies: list[dict[str, str]] = field(default_factory=list)

    async def ask(self, _service: object, body: dict[str, str]) -> dict[str, Any]:
        self.bodies.append(body)
        return self.answers

    async def pages(
        self, _service: object, since: datetime, until: datetime, start: str, total: int | None
    ) -> AsyncIterator[SealedPage]:
        found = [row for row in self.rows if since <= row < until]
        promised = len(found) + self.missing(since)
        if total is not None and total != promised:
            raise WindowChanged("changed")
        for first in range(int(start), max(len(found), 1), 2):
            self.asked.append((since, until, str(first)))
            if str(first) == self.fails_at:
                raise HubUnavailable("gone")
            following = str(first + 2) if first + 2 < len(found) else None
            stamps = [int(row.timestamp()) for row in found[first : first + 2]]
            yield SealedPage(
                "happenings", str(first), following, promised, np.array(stamps, np.int64).tobytes()
            )


class Pool:
    """Takes every page whose payload is its row hashes."""

    def __init__(self, room: int = 4) -> None:
        self.room = asyncio.Semaphore(room)

    async def page(self, _department: str, _dataset: str, payload: bytes, _at: datetime) -> Taken:
        count = len(payload) // 8
        return Taken(None, count, count, 0, 0, 0, {}, payload)


def shift(store: Store, hub: Hub, pool: object = None, **police: Any) -> Shift:
    made = cast("Any", pool or Pool())
    return Shift(configured(**police), store, made, cast("Any", hub), 1, lambda: NOW)


def days(*texts: str) -> list[datetime]:
    return [at(text) for text in texts]


def states(store: Store, run_id: int = 1) -> list[tuple[str, str, str]]:
    with store.read() as conn:
        found = windows.of_run(conn, run_id)
    return [(f"{each.since:%m-%d}", f"{each.until:%m-%d}", each.state) for each in found]
