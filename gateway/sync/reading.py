"""Reads a service's windows, page by page, until each has kept its promise or proved short."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from gateway.errors import EnvelopeError, RowsChanged
from gateway.hub.sealed_page import SealedPage, WindowChanged, checked
from gateway.hub.service import Service
from gateway.hub.window import verdict
from gateway.hub.windows import OVERLAP, Plan, without
from gateway.hub.windows import Window as Span
from gateway.intake.page import Taken
from gateway.settings import Settings
from gateway.store import windows
from gateway.store.open_refusals import OpenRefusals
from gateway.store.windows import NewWindow, Window
from gateway.sync.overlap import overlap
from gateway.sync.services import Feed, service_of
from gateway.sync.shift import Place, Shift, note

HISTORY: Final = timedelta(days=366)
"""How far back the first window reaches when the configuration names no `history_from`."""

_CHANGED: Final = -1


async def read_service(
    shift: Shift, feed: Feed, since: datetime | None = None, until: datetime | None = None
) -> list[str]:
    """Read everything new of one service; returns warnings, a line each.

    Raises:
        HubError: the dataset or its department has to stop; what was taken stays taken.
    """
    service = service_of(shift.settings, feed)
    read = await shift.commit(windows.read_in, shift.run_id, feed.name)
    begun = await shift.commit(windows.open_window, feed.name)
    if short := await _finish(shift, feed, service, begun):
        return short
    if begun and begun.run_id == shift.run_id:  # by an instance of this run that died
        read.append(begun)
    reached = await shift.commit(windows.watermark, feed.name)
    for window in _left(new_windows(shift.settings, feed, shift.now(), reached, since, until), read):
        if short := await _read_new(shift, feed, service, window):
            # a later window, once closed, would move the watermark past this one, and it would never be read
            return short
    return []


def _left(spans: Sequence[Span], read: Sequence[Window]) -> list[Span]:
    """What of the new windows another instance has not read, that had taken the dataset on in this run."""
    gone = [Span(window.since, window.until) for window in read]
    return [piece for span in spans for piece in without([span], gone)]


async def read_again(shift: Shift, feed: Feed, spans: Sequence[Span]) -> list[str]:
    """Read windows that were read before; none of them may reach past the watermark, so that it stays.

    Raises:
        HubError: as `read_service`.
    """
    service = service_of(shift.settings, feed)
    begun = await shift.commit(windows.open_window, feed.name)
    warnings = await _finish(shift, feed, service, begun)
    for span in spans:
        warnings += await _read_new(shift, feed, service, span)
    return warnings


def new_windows(
    settings: Settings,
    feed: Feed,
    now: datetime,
    reached: datetime | None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Span]:
    """The windows to be read after the watermark `reached`; all times naive Asia/Shanghai.

    `since` reaches back, never over what is unread: the watermark is one instant and would leave a gap.
    """
    usual = plan_of(settings, feed, now)
    if since is not None and since < (reached or usual.history_start):
        return replace(usual, history_start=since).windows(None, now, until)
    return usual.windows(reached, now, until)


def plan_of(settings: Settings, feed: Feed, now: datetime) -> Plan:
    """How the feed's load time is cut into windows."""
    call = settings.call(feed.department, feed.name)
    history, overlap, days = call.get("history_from"), call.get("overlap_days"), call.get("window_days")
    return Plan(
        history_start=datetime.combine(history, time()) if history else now - HISTORY,
        overlap=OVERLAP if overlap is None else timedelta(days=overlap),
        longest=timedelta(days=days) if days else None,
        settling=timedelta(minutes=settings.gateway.hub.settle_minutes),
    )


async def _finish(shift: Shift, feed: Feed, service: Service, begun: Window | None) -> list[str]:
    """Read on in a window that was begun before; it counts for this run then."""
    if begun is None:
        return []
    await shift.commit(windows.adopt_window, begun.window_id, shift.run_id)
    return await _read(shift, feed, service, begun)


async def _read_new(shift: Shift, feed: Feed, service: Service, span: Span) -> list[str]:
    wanted = NewWindow(feed.name, span.since, span.until, shift.run_id, shift.now())
    return await _read(shift, feed, service, await shift.commit(windows.create_window, wanted))


async def _read(shift: Shift, feed: Feed, service: Service, window: Window) -> list[str]:
    while True:
        totals, distinct = await _attempt(shift, feed, service, window)
        judged = verdict(totals, distinct, window.attempt)
        if judged == "closed":
            await shift.commit(windows.close_window, window.window_id, shift.now(), distinct)
            return []
        if judged == "short":
            reason = _shortfall(totals, distinct, window.attempt)
            await shift.commit(windows.mark_short, window.window_id, reason, shift.now(), distinct)
            return [f"{feed.name}: the window from {window.since} to {window.until} stays unread: {reason}"]
        window = await shift.commit(windows.restart_window, window.window_id)


def _shortfall(totals: set[int], distinct: int, attempts: int) -> str:
    promised = ", ".join("changed on the way" if t == _CHANGED else str(t) for t in sorted(totals))
    return f"short, {distinct} rows came, promised: {promised or 'nothing'}, in {attempts} attempts"


async def _attempt(shift: Shift, feed: Feed, service: Service, window: Window) -> tuple[set[int], int]:
    totals = set() if window.total is None else {window.total}
    if window.next_start is not None:
        totals |= await _take_pages(shift, feed, service, window, window.next_start)
    return totals, await shift.commit(windows.distinct_rows, window.window_id, window.attempt)


async def _take_pages(shift: Shift, feed: Feed, service: Service, window: Window, start: str) -> set[int]:
    received, totals, standing = 0, set[int](), OpenRefusals(feed.name)

    async def commit(page: SealedPage, opened: Opened) -> None:
        nonlocal received
        await shift.commit(note, _place(shift, window, page, opened.at), opened.taken, standing)
        totals.add(page.total)
        received += opened.taken.received
        shift.progress(feed.name, received, page.total)

    pages = _pages(shift, feed, service, window, start)
    try:
        await overlap(pages, partial(_open, shift, feed), commit, shift.pool.room)
    except WindowChanged:
        totals.add(_CHANGED)
    return totals


def _pages(
    shift: Shift, feed: Feed, service: Service, window: Window, start: str
) -> AsyncIterator[SealedPage]:
    """The window's pages as the hub gives them, or as the dataset fetches them itself."""
    if feed.dataset.fetch is None:
        return shift.client.pages(service, window.since, window.until, start, window.total)
    ask = partial(shift.client.ask, service)
    return checked(feed.dataset.fetch(ask, window.since, window.until, start), window.total)


@dataclass(frozen=True)
class Opened:
    """What a page came to, and when it had been fetched."""

    at: datetime
    taken: Taken


async def _open(shift: Shift, feed: Feed, page: SealedPage) -> Opened:
    now = shift.now()
    try:
        return Opened(now, await shift.pool.page(feed.department, feed.name, page.payload, now))
    except RowsChanged:
        raise
    except EnvelopeError as error:
        raise untrusted(feed, error) from None


def _place(shift: Shift, window: Window, page: SealedPage, at: datetime) -> Place:
    return Place(
        run_id=shift.run_id,
        dataset=window.dataset,
        window_id=window.window_id,
        attempt=window.attempt,
        start=page.start,
        next_start=page.next,
        total=page.total,
        at=at,
    )


def untrusted(feed: Feed, error: EnvelopeError) -> EnvelopeError:
    """The same doubt, with the dataset it is about and what to do."""
    said = str(error).removeprefix(f"{feed.name}: ")
    step = f"nothing of this page is taken: mend the key or ask {feed.department}, then run again"
    return EnvelopeError(f"{feed.name}: {said}; {step}")
