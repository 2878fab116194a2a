from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from gateway.errors import StoreError
from gateway.store import runs, windows
from gateway.store.counts import Counts, counts
from gateway.store.database import Store
from gateway.store.tally import MOST_NAMES, OTHERS
from gateway.store.windows import NewWindow, Page, Window

DAY = datetime(2026, 3, 1)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
HASHES = np.arange(3, dtype=np.int64).tobytes()


def opened(store: Store, dataset: str = "marriages", until: datetime = DAY) -> Window:
    with store.begin() as conn:
        run_id = runs.start_run(conn, "sync", DAY)
        return windows.create_window(conn, NewWindow(dataset, DAY - timedelta(days=9), until, run_id, DAY))


def page(window: Window, start: str = "0", next_start: str | None = None) -> Page:
    return Page(
        window.window_id,
        window.attempt,
        start,
        next_start,
        total=6,
        received=3,
        accepted=2,
        refused=1,
        matched=1,
        strangers=1,
        unknown_codes={"ZXLB=77": 1},
        row_hashes=HASHES,
        taken_at=DAY,
    )


def test_a_window_is_read_page_by_page_and_can_be_continued(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.take_page(conn, page(window, "0", "3"))
    with store.begin() as conn:
        found = windows.open_window(conn, "marriages")
        assert found is not None
        assert (found.next_start, found.total, found.attempt) == ("3", 6, 1)
        windows.take_page(conn, page(window, "3"))
        assert windows.get(conn, window.window_id).next_start is None
        assert windows.distinct_rows(conn, window.window_id, 1) == 3


def test_a_page_is_taken_once(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.take_page(conn, page(window, "0", "3"))
    with pytest.raises(StoreError, match="another sync"), store.begin() as conn:
        windows.take_page(conn, page(window, "0", "3"))


def test_a_page_of_an_earlier_attempt_is_not_taken(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.restart_window(conn, window.window_id)
    with pytest.raises(StoreError), store.begin() as conn:
        windows.take_page(conn, page(window))


def test_a_window_read_again_starts_from_nothing(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.take_page(conn, page(window, "0", "3"))
        again = windows.restart_window(conn, window.window_id)
        assert (again.attempt, again.next_start, again.total) == (2, "0", None)
        assert windows.distinct_rows(conn, window.window_id, 1) == 0
        windows.take_page(conn, page(again))
        assert windows.distinct_rows(conn, window.window_id, 2) == 3


@pytest.mark.parametrize("most", [1, 7, 50, 1_000, 4_000_000])
def test_different_rows_are_counted_right_in_however_many_shares(store: Store, most: int) -> None:
    window, numbers = opened(store), np.random.default_rng(7)
    pages = [numbers.integers(-(2**63), 2**63 - 1, 40, endpoint=True) for _ in range(5)]
    pages += [pages[0], np.zeros(3, np.int64), np.empty(0, np.int64), np.array([-(2**63), 2**63 - 1, 0])]
    with store.begin() as conn:
        for number, hashes in enumerate(pages):
            taken = replace(page(window, str(number), str(number + 1)), row_hashes=hashes.tobytes())
            windows.take_page(conn, taken)
        expected = len({each for hashes in pages for each in hashes.tolist()})
        assert windows.distinct_rows(conn, window.window_id, 1, most) == expected == 203
        assert windows.distinct_rows(conn, window.window_id, 2, most) == 0


def test_the_first_page_s_total_stands(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.take_page(conn, page(window, "0", "3"))
        windows.take_page(conn, replace(page(window, "3"), total=7))
        assert windows.get(conn, window.window_id).total == 6


def test_the_watermark_is_the_end_of_the_last_closed_window(store: Store) -> None:
    first, second, third = (opened(store, until=DAY + timedelta(days=day)) for day in (0, 1, 2))
    with store.begin() as conn:
        assert windows.watermark(conn, "marriages") is None
        windows.close_window(conn, first.window_id, DAY)
        windows.mark_short(conn, second.window_id, "2000 of 12345 rows", DAY)
        windows.mark_refused(conn, third.window_id, "wrong digest", DAY)
        assert windows.watermark(conn, "marriages") == DAY
        assert windows.watermark(conn, "cremations") is None
        assert windows.open_window(conn, "marriages") is None
        short = windows.get(conn, second.window_id)
    assert (short.state, short.reason, short.closed_at) == ("short", "2000 of 12345 rows", DAY)


def test_a_closed_window_keeps_no_row_hashes(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        windows.take_page(conn, page(window))
        windows.close_window(conn, window.window_id, DAY)
        assert windows.distinct_rows(conn, window.window_id, 1) == 0


def test_what_was_compared_reaches_to_the_last_day_a_window_touches(store: Store) -> None:
    to_midnight = opened(store, "prison_custody", datetime(2026, 4, 1))  # noqa: DTZ001 - as above
    to_noon = opened(store, "detentions", datetime(2026, 4, 1, 12))  # noqa: DTZ001 - as above
    with store.begin() as conn:
        windows.close_window(conn, to_midnight.window_id, DAY)
        windows.close_window(conn, to_noon.window_id, DAY)
        reached = windows.compared_until(conn)
    assert reached == {"prison_custody": date(2026, 3, 31), "detentions": date(2026, 4, 1)}


def test_the_last_file_is_the_last_one_read_completely(store: Store) -> None:
    with store.begin() as conn:
        assert windows.last_seq(conn, "prison_custody") is None
        for seq in (1, 2, 3):
            drop = NewWindow("prison_custody", DAY, DAY, 1, DAY, period="202603", seq=seq)
            window = windows.create_window(conn, drop)
            assert (window.period, window.seq) == ("202603", seq)
            end = (
                windows.close_window
                if seq < 3
                else lambda *a: windows.mark_refused(a[0], a[1], "digest", a[2])
            )
            end(conn, window.window_id, DAY)
        assert windows.last_seq(conn, "prison_custody") == 2


def test_counts_are_of_the_last_attempt_and_of_the_run_that_finished(store: Store) -> None:
    first, second = opened(store), opened(store, "cremations")
    with store.begin() as conn:
        windows.take_page(conn, page(first, "0", "3"))
        again = windows.restart_window(conn, first.window_id)
        windows.take_page(conn, page(again, "0", "3"))
        windows.take_page(conn, replace(page(again, "3"), unknown_codes={"ZXLB=77": 1, "ZXLB=78": 4}))
        windows.take_page(conn, replace(page(second), unknown_codes={}))
        windows.adopt_window(conn, second.window_id, first.run_id)
        found = counts(conn, first.run_id)
        assert counts(conn, second.run_id) == {}
        assert [each.dataset for each in windows.of_run(conn, first.run_id)] == ["marriages", "cremations"]
    assert found == {
        "cremations": Counts(3, 2, 1, 1, 1, {}),
        "marriages": Counts(6, 4, 2, 2, 2, {"ZXLB=77": 2, "ZXLB=78": 4}),
    }


def test_drift_is_added_up_over_the_pages_of_the_last_attempt(store: Store) -> None:
    window = opened(store)
    drift = {"unknown_fields": {"NEW": 2}, "changed_types": {"SWRQ: list": 1}, "drifted": 2}
    with store.begin() as conn:
        windows.take_page(conn, replace(page(window), drift=drift))
        again = windows.restart_window(conn, window.window_id)
        windows.take_page(conn, replace(page(again, "0", "3"), drift=drift))
        windows.take_page(conn, replace(page(again, "3", "6"), drift=None))
        windows.take_page(
            conn, replace(page(again, "6"), drift=drift | {"unknown_fields": {"A": 1, "NEW": 1}})
        )
    with store.read() as conn:
        found = counts(conn, window.run_id)["marriages"]
    assert (found.unknown_fields, found.changed_types) == ({"A": 1, "NEW": 3}, {"SWRQ: list": 2})
    assert found.drifted == 4


def test_a_run_keeps_no_more_names_apart_than_a_page(store: Store) -> None:
    window = opened(store)
    with store.begin() as conn:
        for number in range(4):
            names = {f"N{number}_{each}": 1 for each in range(MOST_NAMES)}
            drift = {"unknown_fields": names, "changed_types": {}, "drifted": MOST_NAMES}
            windows.take_page(conn, replace(page(window, str(number), str(number + 1)), drift=drift))
    with store.read() as conn:
        found = counts(conn, window.run_id)["marriages"]
    assert len(found.unknown_fields) == MOST_NAMES + 1
    assert found.unknown_fields[OTHERS] == 3 * MOST_NAMES
