"""Looks at one page of each dataset of a department, as a sync would read it, and keeps nothing of it.

No store is opened and no folder written: a look needs no lock and may go beside a sync. It costs one call of
each dataset's quota.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from gateway.clock import local
from gateway.crypto.file_drop import open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.errors import ConfigError, EnvelopeError, GatewayError, HubUnavailable, PluginError
from gateway.fields import rule_of
from gateway.host import Host
from gateway.hub.client import HubClient
from gateway.hub.file_drop import DropFile, newest_file
from gateway.hub.sealed_page import SealedPage
from gateway.hub.waiting import Timing
from gateway.intake.coverage import Findings, examine
from gateway.intake.drift import is_past
from gateway.intake.page import check_count, csv_rows, json_rows, open_page, read_rows
from gateway.policy import load_policy
from gateway.settings import DriftMode, Settings
from gateway.sync.drops import check_names
from gateway.sync.reading import untrusted
from gateway.sync.services import Feed, feeds, service_of

STRETCH: Final = timedelta(days=31)
"""How far back the window reaches, unless the configured ones are shorter: many departments load monthly."""

Told = Callable[[str], None]
"""Told the dataset that is being asked for."""


@dataclass(frozen=True)
class Timed:
    """How long it took to get the page, to open it and to read its rows; milliseconds."""

    asked_ms: float = 0.0
    opened_ms: float = 0.0
    read_ms: float = 0.0


@dataclass(frozen=True)
class Look:
    """One dataset as one page shows it, or the error that stood in the way.

    `source` says which window or file it was, `total` how many rows that declares. `drift` is what a sync
    would do about the page's drift, null where it would do nothing.
    """

    department: str
    dataset: str
    source: str | None = None
    total: int | None = None
    findings: Findings | None = None
    timed: Timed = Timed()
    drift: DriftMode | None = None
    error: GatewayError | None = None


@dataclass(frozen=True)
class _Page:
    """The rows of a page with where they are from and how long they took."""

    source: str
    total: int
    rows: Sequence[object]
    asked_ms: float
    opened_ms: float


@dataclass(frozen=True)
class _Desk:
    """What a look needs."""

    settings: Settings
    client: HubClient
    timing: Timing
    tolerance: timedelta

    def now(self) -> datetime:
        """The present as naive Asia/Shanghai."""
        return local(self.timing.clock())


async def look(
    settings: Settings,
    host: Host,
    department: str,
    dataset: str | None = None,
    *,
    timing: Timing | None = None,
    told: Told = lambda _dataset: None,
) -> list[Look]:
    """Look at each dataset of a department that is on, or at one; an error of one leaves the others be.

    Raises:
        ConfigError: nothing of that name is switched on, or the rules cannot be read.
        PluginError: the department is not installed or is broken.
    """
    chosen = _chosen(settings, host, department, dataset)
    tolerance = timedelta(days=load_policy(settings.folder).future_facts.tolerance_days.value)
    timing = timing or Timing()
    looks = []
    async with HubClient(timing=timing) as client:
        desk = _Desk(settings, client, timing, tolerance)
        for feed in chosen:
            told(feed.name)
            looks.append(await _look(desk, feed))
    return looks


def _chosen(settings: Settings, host: Host, department: str, dataset: str | None) -> list[Feed]:
    """The feeds of this department alone: another's fault is none of its concern."""
    if department not in settings.departments:
        there = ", ".join(settings.departments) or "none"
        raise ConfigError(
            f"department {department!r} is not switched on: write departments/{department}.yaml; on: {there}"
        )
    own = {department: settings.departments[department]}
    return feeds(settings.model_copy(update={"departments": own}), host, department, dataset)


async def _look(desk: _Desk, feed: Feed) -> Look:
    try:
        page = _file(desk, feed) if feed.dataset.shape == "file_drop" else await _page(desk, feed)
    except GatewayError as error:
        return Look(feed.department, feed.name, error=error)
    if page is None:
        return Look(feed.department, feed.name, source="no finished file in the folder")
    began = time.perf_counter()
    findings = examine(feed.dataset, page.rows, desk.now(), desk.tolerance)
    return Look(
        department=feed.department,
        dataset=feed.name,
        source=page.source,
        total=page.total,
        findings=findings,
        timed=Timed(page.asked_ms, page.opened_ms, _ms_since(began)),
        drift=_consequence(desk, feed, findings),
    )


def _consequence(desk: _Desk, feed: Feed, findings: Findings) -> DriftMode | None:
    rule = desk.settings.drift(feed.department, feed.name)
    return rule.mode if is_past(findings.drift.drifted, findings.rows, rule.share) else None


async def _page(desk: _Desk, feed: Feed) -> _Page:
    since, until = _window(desk, feed)
    keys = KeyRing(desk.settings.departments[feed.department].keys)
    began = time.perf_counter()
    sealed = await _sealed(desk, feed, since, until)
    asked_ms = _ms_since(began)
    began = time.perf_counter()
    rows = _rows(feed, sealed.payload, keys)
    return _Page(f"loaded from {since} to {until}", sealed.total, rows, asked_ms, _ms_since(began))


def _rows(feed: Feed, payload: bytes, keys: KeyRing) -> Sequence[object]:
    try:
        return read_rows(feed.dataset, open_page(feed.dataset, payload, keys), json_rows) if payload else []
    except EnvelopeError as error:
        raise untrusted(feed, error) from None


def _window(desk: _Desk, feed: Feed) -> tuple[datetime, datetime]:
    """The newest window that a sync could read."""
    longest = desk.settings.call(feed.department, feed.name).get("window_days")
    settled = desk.now().replace(microsecond=0) - timedelta(minutes=desk.settings.gateway.hub.settle_minutes)
    return settled - min(STRETCH, timedelta(days=longest) if longest else STRETCH), settled


async def _sealed(desk: _Desk, feed: Feed, since: datetime, until: datetime) -> SealedPage:
    """The window's first page, in one attempt, as the hub gives it or as the dataset fetches it itself."""
    service = replace(service_of(desk.settings, feed), max_attempts=1)
    if feed.dataset.fetch is None:
        return await desk.client.page(service, since, until, "0")
    pages = feed.dataset.fetch(partial(desk.client.ask, service), since, until, "0")
    try:
        return await _first(pages, feed.name)
    except GatewayError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, one dataset stops
        raise PluginError(f"{feed.name}: its fetch raised {rule_of(error)}: correct the plugin") from None


async def _first(pages: AsyncIterator[SealedPage], dataset: str) -> SealedPage:
    async for page in pages:
        return page
    raise HubUnavailable(f"{dataset}: its fetch gave no page: give one with an empty payload")


def _file(desk: _Desk, feed: Feed) -> _Page | None:
    """The newest dropped file; none where none is finished."""
    configured = desk.settings.departments[feed.department]
    if configured.folder is None:
        raise ConfigError(f"departments/{feed.department}.yaml: folder is not set: where are files dropped?")
    began = time.perf_counter()
    ready = newest_file(configured.folder, feed.name, configured.max_file_bytes)
    unsound = next((each for each in ready.refusals if each.seq is not None), None)
    if unsound:
        raise EnvelopeError(f"{feed.name}: {unsound.file} is refused: {unsound.rule.replace('_', ' ')}")
    if not ready.files:
        return None
    asked_ms = _ms_since(began)
    return replace(_opened(feed, ready.files[-1], KeyRing(configured.keys)), asked_ms=asked_ms)


def _opened(feed: Feed, file: DropFile, keys: KeyRing) -> _Page:
    began = time.perf_counter()
    try:
        manifest = read_manifest(file.manifest.read_bytes(), keys)
        check_names(file, manifest)
        rows = read_rows(feed.dataset, open_file(file.path, manifest, keys), csv_rows)
        check_count(file.name, manifest, rows)
    except EnvelopeError as error:
        raise EnvelopeError(f"{feed.name}: {file.name} is refused: {error}") from None
    except OSError as error:
        raise HubUnavailable(f"{feed.name}: {file.name} cannot be read ({error.strerror})") from None
    return _Page(file.name, manifest.rows, rows, 0.0, _ms_since(began))


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
