"""A station with an empty store, and jobs that are played."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.clock import CHINA
from gateway.department import Department
from gateway.host import Host
from gateway.settings import (
    DepartmentSettings,
    GatewaySettings,
    HubSettings,
    ScheduleSettings,
    Settings,
    SharingSettings,
)
from gateway.store.database import Store
from gateway.sync.station import Station
from tests.unit.core.examples import happenings, weddings

HOST = Host({"police": Department("police", "公安", [happenings, weddings])})
SCHEDULE: dict[str, Any] = {
    "run": "0 3 5 * *",
    "sync": {"default": "30 1 * * *"},
    "late_after_minutes": 60,
    "longest_minutes": 240,
    "retry_after_minutes": 30,
    "stale_after_days": {"default": 90},
}


@dataclass
class MovedClock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now.replace(tzinfo=CHINA)

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@dataclass
class PlayedProcess:
    """A job that ends when it is told to."""

    exit_code: int | None = None
    stopped: bool = False

    async def wait(self) -> None:
        """Over at once: a test looks by itself."""

    async def stop(self) -> None:
        """As if it had been killed."""
        self.stopped = True
        self.exit_code = -9 if self.exit_code is None else self.exit_code


@dataclass
class Launches:
    """What was started, and the process of each."""

    words: list[str] = field(default_factory=list)
    processes: list[PlayedProcess] = field(default_factory=list)

    async def __call__(self, words: Sequence[str]) -> PlayedProcess:
        self.words.append(" ".join(words))
        self.processes.append(PlayedProcess())
        return self.processes[-1]


def station_of(
    store: Store, folder: Path, clock: MovedClock, sharing: object = None, **schedule: object
) -> Station:
    """A station of two datasets over a store."""
    hub = HubSettings.model_validate({"base_url": "http://127.0.0.1:1", "auth": "none"})
    gateway = GatewaySettings(
        store="sqlite:///x",
        evidence=folder / "evidence",
        identity_key="env:K",
        hub=hub,
        schedule=ScheduleSettings.model_validate(SCHEDULE | schedule),
        sharing=SharingSettings.model_validate(sharing or {}),
    )
    settings = Settings(folder=folder, gateway=gateway, departments={"police": DepartmentSettings()})
    return Station(settings, HOST, store, clock)
