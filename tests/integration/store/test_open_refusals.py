"""A page is compared with what stands refused without a query, and nothing that stands is missed."""

from datetime import datetime

import numpy as np
from sqlalchemy import event

from gateway.store import windows
from gateway.store.database import Store
from gateway.store.open_refusals import OpenRefusals
from gateway.store.refusals import Refused, add_refusals
from gateway.store.settling import ReadRows, settle_refusals
from gateway.store.windows import NewWindow

AT = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
NUMBERS = np.random.default_rng(3)


def hashes(count: int) -> list[int]:
    found: list[int] = NUMBERS.integers(0, 2**64 - 1, count, np.uint64, endpoint=True).tolist()
    return found


def refused(content: int, key: int | None, dataset: str = "marriages") -> Refused:
    key_hash = None if key is None else f"{key:016x}{0:016x}"
    return Refused(1, dataset, key_hash, "op_date", "date_form", AT, f"{content:016x}")


def known(found: OpenRefusals, contents: list[int], keys: list[int]) -> tuple[list[bool], list[bool]]:
    answers = found.may_answer(np.array(contents, np.uint64))
    return answers.tolist(), found.may_supersede(np.array(keys, np.uint64)).tolist()


def test_what_stands_open_in_the_store_is_known_and_nothing_else(store: Store) -> None:
    contents, keys, strange = hashes(30), hashes(30), hashes(30)
    with store.begin() as conn:
        add_refusals(conn, [refused(*each) for each in zip(contents, keys, strict=True)])
        add_refusals(conn, [refused(each, each, "cremations") for each in strange])
        found = OpenRefusals("marriages")
        found.read_once(conn)
    assert known(found, contents, keys) == ([True] * 30, [True] * 30)
    assert known(found, keys, contents) == ([False] * 30, [False] * 30)
    assert known(found, strange, strange) == ([False] * 30, [False] * 30)
    assert known(found, [], []) == ([], [])


def test_what_is_settled_does_not_stand(store: Store) -> None:
    with store.begin() as conn:
        read = windows.create_window(conn, NewWindow("marriages", AT, AT, 1, AT))
        add_refusals(conn, [refused(1, 2)])
        settle_refusals(conn, ReadRows("marriages", read.window_id, 1, AT, {f"{1:016x}"}, set()))
        found = OpenRefusals("marriages")
        found.read_once(conn)
    assert known(found, [1], [2]) == ([False], [False])


def test_what_is_refused_meanwhile_is_known_however_much_it_is(store: Store) -> None:
    found, contents, keys = OpenRefusals("marriages"), hashes(10_000), hashes(10_000)
    with store.begin() as conn:
        found.read_once(conn)
    for start in range(0, 10_000, 250):
        some = zip(contents[start : start + 250], keys[start : start + 250], strict=True)
        found.add([refused(*each) for each in some])
        assert known(found, contents[: start + 251], keys[: start + 250]) == (
            [True] * (start + 250) + [False] * (start < 9_750),
            [True] * (start + 250),
        )


def test_a_row_without_a_key_and_the_highest_hash_are_known(store: Store) -> None:
    highest = 2**64 - 1
    with store.begin() as conn:
        add_refusals(conn, [refused(highest, None), refused(0, highest)])
        found = OpenRefusals("marriages")
        found.read_once(conn)
    assert known(found, [highest, 0, 1], [highest, 0]) == ([True, True, False], [True, False])


def test_the_store_is_asked_once(store: Store) -> None:
    asked: list[str] = []
    found = OpenRefusals("marriages")
    with store.begin() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: asked.append(given[2]))
        for _ in range(3):
            found.read_once(conn)
    assert len(asked) == 1
