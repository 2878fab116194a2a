"""Windows are read whole, or read again, or said to be short."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from gateway import Ask, SealedPage
from gateway.errors import HubUnavailable
from gateway.store import windows
from gateway.store.database import Store
from gateway.store.windows import NewWindow
from gateway.sync.reading import read_service
from tests.integration.sync.shifts import FEED, Hub, at, days, shift, states


async def test_a_window_that_keeps_its_promise_is_closed_and_the_next_overlaps_it(store: Store) -> None:
    hub = Hub(days("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-18"))
    assert await read_service(shift(store, hub, history_from="2026-01-01"), FEED) == []
    assert [start for *_, start in hub.asked] == ["0", "2"]
    hub.asked.clear()
    assert await read_service(shift(store, hub, history_from="2026-01-01"), FEED) == []
    assert states(store) == [("01-01", "03-20", "closed"), ("03-13", "03-20", "closed")]
    assert hub.asked[0][0] == at("2026-03-13 11:50:00")


async def test_a_window_that_breaks_its_promise_is_read_three_times_and_then_short(store: Store) -> None:
    hub = Hub(days("2026-03-01"), missing=lambda _: 1)
    (warning,) = await read_service(shift(store, hub, history_from="2026-01-01"), FEED)
    assert "short, 1 rows came, promised: 2, in 3 attempts" in warning
    assert len(hub.asked) == 3
    assert states(store) == [("01-01", "03-20", "short")]
    with store.read() as conn:
        assert windows.watermark(conn, "happenings") is None


async def test_nothing_after_a_short_window_is_read_so_that_it_is_read_again(store: Store) -> None:
    hub = Hub(days("2026-01-05", "2026-03-01"), missing=lambda since: int(since == at("2026-01-31")))
    settings = {"history_from": "2026-01-01", "window_days": 30}
    warnings = await read_service(shift(store, hub, **settings), FEED)
    assert len(warnings) == 1
    assert states(store) == [("01-01", "01-31", "closed"), ("01-31", "03-02", "short")]
    hub.missing = lambda _since: 0
    assert await read_service(shift(store, hub, **settings), FEED) == []
    assert hub.asked[-1][1] == at("2026-03-20 11:50:00")
    assert {state for *_, state in states(store)[2:]} == {"closed"}


async def test_a_window_that_was_cut_off_goes_on_at_its_next_page(store: Store) -> None:
    hub = Hub(days("2026-03-01", "2026-03-02", "2026-03-03"), fails_at="2")
    with pytest.raises(HubUnavailable):
        await read_service(shift(store, hub, history_from="2026-01-01"), FEED)
    assert states(store) == [("01-01", "03-20", "open")]
    hub.asked.clear()
    hub.fails_at = None
    await read_service(shift(store, hub, history_from="2026-01-01"), FEED)
    assert hub.asked[0] == (at("2026-01-01"), at("2026-03-20 11:50:00"), "2")
    assert states(store)[0][2] == "closed"


async def test_a_window_that_changed_while_it_was_cut_off_is_read_again_from_its_beginning(
    store: Store,
) -> None:
    hub = Hub(days("2026-03-01", "2026-03-02", "2026-03-03"), fails_at="2")
    with pytest.raises(HubUnavailable):
        await read_service(shift(store, hub, history_from="2026-01-01"), FEED)
    hub.fails_at, hub.rows = None, hub.rows[:2]
    assert await read_service(shift(store, hub, history_from="2026-01-01"), FEED) == []
    with store.read() as conn:
        assert windows.of_run(conn, 1)[0].attempt == 2
    assert states(store)[0][2] == "closed"


async def test_since_reaches_back_and_never_leaves_a_gap_behind_the_watermark(store: Store) -> None:
    with store.begin() as conn:
        read = NewWindow("happenings", at("2026-01-01"), at("2026-02-01"), 9, at("2026-02-01"))
        windows.close_window(conn, windows.create_window(conn, read).window_id, at("2026-02-01"))
    await read_service(shift(store, Hub([])), FEED, at("2026-03-01"))
    assert states(store) == [("01-25", "03-20", "closed")]
    await read_service(shift(store, Hub([])), FEED, at("2025-12-01"), at("2025-12-15"))
    assert states(store)[1] == ("12-01", "12-15", "closed")
    with store.read() as conn:
        assert windows.watermark(conn, "happenings") == at("2026-03-20 11:50:00")


async def test_a_dataset_that_fetches_its_own_pages_keeps_the_gateway_s_checks(store: Store) -> None:
    async def fetch(ask: Ask, since: datetime, _until: datetime, _start: str) -> AsyncIterator[SealedPage]:
        reply = await ask({"from": f"{since:%Y%m%d}"})
        payload = np.array(reply["stamps"], np.int64).tobytes()
        yield SealedPage("happenings", "0", None, reply["promised"], payload)

    hub = Hub([])
    feed = replace(FEED, dataset=replace(FEED.dataset, fetch=fetch))
    hub.answers = {"stamps": [1, 2], "promised": 3}
    (warning,) = await read_service(shift(store, hub, history_from="2026-01-01"), feed)
    assert "2 rows came, promised: 3" in warning
    hub.answers = {"stamps": [1, 2], "promised": 2}
    assert await read_service(shift(store, hub, history_from="2026-01-01"), feed) == []
    assert hub.bodies[0] == {"from": "20260101"}
