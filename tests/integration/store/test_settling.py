from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.store import windows
from gateway.store.database import Store
from gateway.store.refusals import Refused, Which, add_refusals, list_refusals, windows_of
from gateway.store.retries import count_refusals, refused_by, settled_by
from gateway.store.settling import ReadRows, settle_refusals
from gateway.store.windows import NewWindow
from tests.support.plans import plans_of

AT = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
LATER = AT + timedelta(days=1)
KEY, OTHER = "0f" * 16, "1f" * 16


def refused(window_id: int, key_hash: str = KEY, content: str = "c1", rule: str = "date_form") -> Refused:
    return Refused(window_id, "marriages", key_hash, "op_date", rule, AT, content)


def read(window_id: int, contents: set[str], accepted: set[str], *again: Refused) -> ReadRows:
    return ReadRows("marriages", window_id, 2, LATER, contents, accepted, again)


@pytest.fixture
def filled(store: Store) -> list[int]:
    """The windows' numbers; in the first one row was refused."""
    with store.begin() as conn:
        wanted = [NewWindow("marriages", AT - timedelta(days=9), AT, run, AT) for run in (1, 2)]
        numbers = [windows.create_window(conn, each).window_id for each in wanted]
        add_refusals(conn, [refused(numbers[0])])
    return numbers


def outcomes(store: Store) -> list[str | None]:
    with store.read() as conn:
        return [each.outcome for each in list_refusals(conn, Which(with_settled=True))]


def test_the_same_row_taken_settles_its_refusal(store: Store, filled: list[int]) -> None:
    with store.begin() as conn:
        settle_refusals(conn, read(filled[1], {"c1"}, {KEY}))
        assert list_refusals(conn) == []
        (kept,) = list_refusals(conn, Which(with_settled=True))
        assert (kept.outcome, kept.settled_at, kept.settled_run_id) == ("accepted", LATER, 2)
        assert settled_by(conn, [2], Which(with_settled=True)) == {"accepted": 1}


def test_the_same_row_refused_again_stays_and_is_noted(store: Store, filled: list[int]) -> None:
    again = replace(refused(filled[1]), received_at=LATER)
    with store.begin() as conn:
        add_refusals(conn, [again])
        settle_refusals(conn, read(filled[1], {"c1"}, set(), again))
        (kept,) = list_refusals(conn)
        assert (kept.window_id, kept.again_window_id, kept.again_at) == (*filled, LATER)
        assert [group.count for group in refused_by(conn, [2], Which(), again=True)] == [1]
        assert refused_by(conn, [3], Which()) == []


def test_a_row_that_breaks_another_rule_now_leaves_that_refusal(store: Store, filled: list[int]) -> None:
    other = refused(filled[1], rule="id_form")
    with store.begin() as conn:
        add_refusals(conn, [other])
        settle_refusals(conn, read(filled[1], {"c1"}, set(), other))
        assert [each.rule for each in list_refusals(conn)] == ["id_form"]
        assert settled_by(conn, [2], Which(with_settled=True)) == {"otherwise": 1}


def test_a_newer_version_that_is_taken_settles_the_older_one(store: Store, filled: list[int]) -> None:
    with store.begin() as conn:
        settle_refusals(conn, read(filled[1], {"c2"}, {OTHER}))
        assert count_refusals(conn, Which()) == 1
        settle_refusals(conn, read(filled[1], {"c2"}, {KEY}))
    assert outcomes(store) == ["superseded"]


def test_another_version_in_the_same_window_settles_nothing(store: Store, filled: list[int]) -> None:
    with store.begin() as conn:
        settle_refusals(conn, read(filled[0], {"c0"}, {KEY}))
    assert outcomes(store) == [None]


def test_files_are_newer_by_number_not_by_when_they_are_read(store: Store) -> None:
    def file(seq: int) -> NewWindow:
        return NewWindow("marriages", AT - timedelta(days=30), AT, 1, AT, period="202602", seq=seq)

    with store.begin() as conn:
        second = windows.create_window(conn, file(2)).window_id
        add_refusals(conn, [refused(second)])
        first_again = windows.create_window(conn, file(1)).window_id
        settle_refusals(conn, read(first_again, {"c0"}, {KEY}))
        assert count_refusals(conn, Which()) == 1
        third = windows.create_window(conn, file(3)).window_id
        settle_refusals(conn, read(third, {"c2"}, {KEY}))
    assert outcomes(store) == ["superseded"]


def test_a_settled_refusal_that_comes_back_is_open_again(store: Store, filled: list[int]) -> None:
    with store.begin() as conn:
        settle_refusals(conn, read(filled[1], {"c1"}, {KEY}))
        add_refusals(conn, [refused(filled[1])])
    assert outcomes(store) == [None]


def test_refusals_are_chosen_by_all_that_is_given(store: Store, filled: list[int]) -> None:
    with store.begin() as conn:
        add_refusals(conn, [replace(refused(filled[0], OTHER, "c9", "row_form"), field=None)])
        for which, count in (
            (Which(field=""), 1), (Which(rule="row_form", field="op_date"), 0), (Which(key_hash="0F0f"), 1),
            (Which(key_hash="%"), 0), (Which("marriages"), 2), (Which("cremations"), 0),
        ):  # fmt: skip
            assert count_refusals(conn, which) == count
        assert [(each.window_id, each.run_id, each.count) for each in windows_of(conn, Which())] == [
            (filled[0], 1, 2)
        ]


def test_what_stands_open_is_not_gone_through_for_each_page(sqlite_store: Store) -> None:
    """A province has 300 000 refusals of one dataset open, and reads 8 000 pages of it."""
    with sqlite_store.begin() as conn:
        here = windows.create_window(conn, NewWindow("marriages", AT - timedelta(days=9), AT, 1, AT))
        add_refusals(conn, [refused(here.window_id)])
        with plans_of(conn) as steps:
            settle_refusals(conn, read(here.window_id, {"c1", "c2", "c3"}, {KEY, OTHER}))
    any_open, superseded, answered = [step for step in steps if " refusals " in step]
    assert "settled_at=?" in any_open
    assert "key_hash=?" in superseded
    assert "content=?" in answered
