"""Reads a service's windows, page by page, until each has kept its promise or proved short."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from gateway.errors import EnvelopeError, RowsChanged
from gateway.hub.sealed_page import SealedPage, WindowChanged, checked
from gateway.hub.service import Service
from gateway.hub.window import distinct_rows, verdict
from gateway.hub.windows import OVERLAP, Plan
from gateway.hub.windows import Window as Span
from gateway.settings import Settings
from gateway.store import windows
from gateway.store.windows import NewWindow, Window
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
    if short := await _finish_begun(shift, feed, service):
        return short
    reached = await shift.commit(windows.watermark, feed.name)
    for window in new_windows(shift.settings, feed, shift.now(), reached, since, until):
        if short := await _read_new(shift, feed, service, window):
            # a later window, once closed, would move the watermark past this one, and it would never be read
            return short
    return []


async def read_again(shift: Shift, feed: Feed, spans: Sequence[Span]) -> list[str]:
    """Read windows that were read before; none of them may reach past the watermark, so that it stays.

    Raises:
        HubError: as `read_service`.
    """
    service = service_of(shift.settings, feed)
    warnings = await _finish_begun(shift, feed, service)
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


async def _finish_begun(shift: Shift, feed: Feed, service: Service) -> list[str]:
    begun = await shift.commit(windows.open_window, feed.name)
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
    hashes = await shift.commit(windows.row_hashes, window.window_id, window.attempt)
    return totals, distinct_rows(hashes)


async def _take_pages(shift: Shift, feed: Feed, service: Service, window: Window, start: str) -> set[int]:
    received, totals = 0, set[int]()
    try:
        async for page in _pages(shift, feed, service, window, start):
            totals.add(page.total)
            received += await _take_page(shift, feed, window, page)
            shift.progress(feed.name, received, page.total)
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


async def _take_page(shift: Shift, feed: Feed, window: Window, page: SealedPage) -> int:
    now = shift.now()
    try:
        taken = await shift.pool.page(feed.department, feed.name, page.payload, now)
    except RowsChanged:
        raise
    except EnvelopeError as error:
        raise untrusted(feed, error) from None
    place = Place(
        run_id=shift.run_id,
        dataset=feed.name,
        window_id=window.window_id,
        attempt=window.attempt,
        start=page.start,
        next_start=page.next,
        total=page.total,
        at=now,
    )
    await shift.commit(note, place, taken)
    return taken.received


def untrusted(feed: Feed, error: EnvelopeError) -> EnvelopeError:
    """The same doubt, with the dataset it is about and what to do."""
    said = str(error).removeprefix(f"{feed.name}: ")
    step = f"nothing of this page is taken: mend the key or ask {feed.department}, then run again"
    return EnvelopeError(f"{feed.name}: {said}; {step}")
