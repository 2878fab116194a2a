"""What a retry would read: windows in which rows were refused, never past what is read completely."""

from datetime import datetime
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.store import runs, windows
from gateway.store.database import Store
from gateway.store.refusals import Refused, add_refusals
from gateway.store.windows import NewWindow
from gateway.sync.rereading import Begun, RetryScope, begun, planned_retry, works_of
from gateway.sync.station import Station
from tests.integration.sync.shifts import HOST, NOW, at, configured

DATASET = "happenings"


def station(store: Store, **police: Any) -> Station:
    return Station(configured(**police), HOST, store, lambda: NOW)


def window(
    store: Store, since: str, until: str, *, refused: int = 0, state: str = "closed", run: int = 9
) -> int:
    with store.begin() as conn:
        opened = windows.create_window(conn, NewWindow(DATASET, at(since), at(until), run, at(until)))
        rows = [refusal(opened.window_id, f"{since}/{number}") for number in range(refused)]
        add_refusals(conn, rows)
        if state == "closed":
            windows.close_window(conn, opened.window_id, at(until))
        elif state == "short":
            windows.mark_short(conn, opened.window_id, "short", at(until))
        return opened.window_id


def refusal(window_id: int, content: str) -> Refused:
    return Refused(window_id, DATASET, "0f", "D", "date_form", at("2026-03-01"), content)


def spans(store: Store, before: Begun | None = None, **police: Any) -> list[tuple[datetime, datetime]]:
    with store.read() as conn:
        works = works_of(station(store, **police), conn, RetryScope(), before or Begun())
    return [(span.since, span.until) for work in works for span in work.spans]


def test_only_windows_with_refusals_are_read_and_overlaps_once(store: Store) -> None:
    window(store, "2026-01-01", "2026-02-01", refused=2)
    window(store, "2026-01-25", "2026-02-10", refused=1)
    window(store, "2026-02-10", "2026-03-01")
    assert spans(store) == [(at("2026-01-01"), at("2026-02-10"))]
    assert [each.refusals for each in planned_retry(station(store), RetryScope())] == [3]
    assert planned_retry(station(store), RetryScope(rule="id_form")) == []


def test_long_stretches_are_cut_as_a_sync_cuts_them(store: Store) -> None:
    window(store, "2026-01-01", "2026-02-15", refused=1)
    assert [until for _, until in spans(store, window_days=20)] == [
        at("2026-01-21"), at("2026-02-10"), at("2026-02-15")
    ]  # fmt: skip


def test_nothing_past_the_watermark_is_read_for_that_would_move_it(store: Store) -> None:
    window(store, "2026-01-01", "2026-02-01", refused=1, state="short")
    assert spans(store) == []
    window(store, "2026-01-01", "2026-01-20")
    assert spans(store) == [(at("2026-01-01"), at("2026-01-20"))]
    with store.read() as conn:
        (work,) = works_of(station(store), conn, RetryScope(), Begun())
    assert work.later


def test_what_an_interrupted_retry_of_the_same_scope_has_read_is_left_out(store: Store) -> None:
    window(store, "2026-01-01", "2026-02-01", refused=1)
    scope = RetryScope(DATASET)
    with store.begin() as conn:
        run_id = runs.start_run(conn, "retry", NOW)
        kept = {"scope": {"dataset": DATASET, "rule": None, "field": None}, "goes_on_from": [], "asked": 7}
        runs.note_summary(conn, run_id, kept)
    window(store, "2026-01-01", "2026-01-20", run=run_id)
    with store.begin() as conn:
        before = begun(conn, scope)
        assert (before.runs, before.asked) == ((run_id,), 7)
        assert begun(conn, RetryScope(rule="date_form")) == Begun()
    assert spans(store, before) == [(at("2026-01-20"), at("2026-02-01"))]
    with store.begin() as conn:
        runs.finish_run(conn, run_id, "done", NOW)
        assert begun(conn, scope) == Begun()


def test_a_dataset_that_is_not_on_is_named(store: Store) -> None:
    with (
        store.read() as conn,
        pytest.raises(ConfigError, match="no such dataset is switched on; there are: police/"),
    ):
        works_of(station(store), conn, RetryScope("cremations"), Begun())
