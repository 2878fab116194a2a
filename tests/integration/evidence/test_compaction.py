"""Compaction lets go of what no decision can miss; what it let go never comes back in an older version."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.evidence.columns import STRANGERS
from gateway.evidence.files import sweep
from gateway.evidence.settle import settle
from gateway.store import audit
from gateway.store.database import Store
from gateway.store.parts import Part, known_paths, live_parts
from gateway.sync import compacting
from gateway.sync.compacting import Task, compact, compact_where_it_pays, pays
from tests.integration.evidence.compaction import (
    LATER,
    compacted,
    days,
    decided,
    essence,
    standing,
    station_of,
)
from tests.integration.evidence.places import STAGES, Place, Row, deletion, new_place, paper, version
from tests.integration.evidence.test_settle import PEOPLE, UNDONE, expected
from tests.unit.core.examples import RECEIVED_AT, happening, wedding
from tests.unit.core.people import ID, OTHER_ID


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    return Place(store, tmp_path / "evidence")


def seen(day: int, **columns: object) -> Row:
    """The known person was seen on a day of March."""
    return happening(**{"BH": f"H-{day}", "RQ": f"202603{day:02}", **columns})


def seen_on(place: Place, *march: int) -> None:
    """One settle for each day, so that there is a part for each."""
    for day in march:
        place.settled(seen(day))


def test_the_newest_three_days_of_evidence_of_life_are_kept(place: Place) -> None:
    seen_on(place, 5, 1, 4, 2, 3)
    (done,) = compacted(place)
    assert (done.parts, done.rows, done.kept, done.folded) == (5, 5, 3, 2)
    assert days(place, 7) == [3, 4, 5]
    with place.store.read() as conn:
        (part,) = live_parts(conn, "settled")
    assert part.rows == 3
    assert part.compacted_at == LATER
    assert part.created_at < LATER


def test_all_rows_of_a_day_that_is_kept_are_kept(place: Place) -> None:
    seen_on(place, 1, 2, 3)
    place.settled(seen(3, BH="H-33"), seen(2, BH="H-22"))
    compacted(place)
    assert days(place, 7) == [1, 2, 2, 3, 3]


def test_weak_and_strong_evidence_is_counted_apart(place: Place) -> None:
    strong = {"SJ": "2026-03-01 08:00:00"}
    place.settled(*(seen(day, **strong) for day in (1,)), *(seen(day) for day in (2, 3, 4, 5)))
    compacted(place)
    assert days(place, 7) == [1, 3, 4, 5]


def test_of_every_sort_the_newest_day_is_kept(place: Place) -> None:
    place.arrive(seen(1, BH="H-11"), seen(2, BH="H-12"), department="health")
    place.settled(*(seen(day) for day in (3, 4, 5, 6)))
    compacted(place)
    assert days(place, 7) == [2, 4, 5, 6]


def test_a_day_that_a_decision_rests_on_is_kept(place: Place) -> None:
    standing(place, 7, certified_on=date(2026, 3, 2))
    seen_on(place, 1, 2, 3, 4, 5)
    compacted(place)
    assert days(place, 7) == [2, 3, 4, 5]


def test_of_who_has_adverse_evidence_everything_is_kept(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    place.settled(happening(BH="H-d", YY="1", RQ="20260301"))
    compacted(place)
    assert days(place, 7) == [1, 2, 3, 4, 5]
    assert (7, "death") in place.said()


def test_grounds_and_superseded_adverse_versions_are_kept(place: Place) -> None:
    place.settled(happening(BH="H-e", YY="41"), wedding(), paper("C-1"))
    place.settled(paper("C-1", op="U", tong_time="2026-03-10 10:00:00", SFZH=OTHER_ID))
    place.settled(happening(BH="H-r", YY="1", ZM="C-1"))
    before = place.whole()
    assert "voided_certificate" in {row["kind"] for row in before}
    compacted(place)
    assert sorted(place.whole(), key=repr) == sorted(before, key=repr)


def test_what_came_lately_is_neither_folded_nor_counted(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4)
    place.arrive(*(seen(day) for day in (5, 6, 7, 8)), at=LATER - timedelta(days=30))
    place.settle()
    compacted(place)
    assert days(place, 7) == [2, 3, 4, 5, 6, 7, 8]


def test_what_nothing_was_decided_by_yet_is_left_as_it_is(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4)
    assert compact(station_of(place), Task("tests")) == []
    run_id = decided(place)
    place.arrive(*(seen(day) for day in (5, 6, 7)), deletion(12, "H-1"))
    settle(place.store, place.folder, run_id + 1, RECEIVED_AT)
    with place.store.read() as conn:
        later = {
            part.path for stage in STAGES for part in live_parts(conn, stage) if part.run_id == run_id + 1
        }
    (done,) = compact(station_of(place), Task("tests"))
    assert (done.rows, done.kept) == (4, 4)
    assert later <= place.parts()
    assert days(place, 7) == [2, 3, 4, 5, 6, 7]


def test_days_behind_the_last_decided_one_do_not_count(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    decided(place, date(2026, 3, 3))
    compact(station_of(place), Task("tests"))
    assert days(place, 7) == [1, 2, 3, 4, 5]


def test_a_superseded_version_goes_with_its_entry_in_the_list(place: Place) -> None:
    place.settled(version(0), seen(9))
    place.settled(version(1, SFZH=OTHER_ID))
    (done,) = [each for each in compacted(place) if each.superseded]
    assert (done.bucket, done.kept, done.superseded) == (7, 1, 1)
    with place.store.read() as conn:
        assert live_parts(conn, "retired") == []
    assert place.settled(version(0)).repeated == 1
    assert days(place, 24) == [1]


def test_an_older_version_of_a_folded_row_does_not_come_alive(place: Place) -> None:
    place.settled(version(2, RQ="20260301"), *(seen(day) for day in (5, 6, 7)))
    compacted(place)
    assert days(place, 7) == [5, 6, 7]
    assert place.settled(version(1, RQ="20260309", SFZH=OTHER_ID)).new == 0
    assert days(place, 24) == []
    assert place.settled(version(3, RQ="20260309", SFZH=OTHER_ID)).new == 1
    assert days(place, 24) == [9]


def test_a_folded_row_counts_again_where_its_window_is_read_again(place: Place) -> None:
    rows = [seen(day) for day in (1, 5, 6, 7)]
    place.settled(*rows)
    compacted(place)
    place.settled(*(deletion(12, f"H-{day}") for day in (5, 6, 7)))
    assert days(place, 7) == []
    place.settled(*rows)
    assert days(place, 7) == [1]


def test_a_folded_row_that_is_deleted_stays_away(place: Place) -> None:
    place.settled(*(seen(day) for day in (1, 5, 6, 7)))
    compacted(place)
    place.settled(deletion(12, "H-1"))
    compacted(place)
    place.settled(seen(1))
    assert days(place, 7) == [5, 6, 7]


def test_a_withdrawn_day_gives_way_to_the_one_before_and_comes_back(place: Place) -> None:
    place.settled(*(seen(day) for day in (3, 4, 5, 6)))
    compacted(place)
    place.settled(happening(BH="W", YBH="H-6", YY="9"))
    compacted(place)
    assert days(place, 7) == [4, 5]
    place.settled(happening(BH="WW", YBH="W", YY="9"))
    assert days(place, 7) == [4, 5, 6]


def test_deletions_among_strangers_become_versions_that_are_known(place: Place) -> None:
    place.settled(deletion(5, "H-1"), deletion(5, "H-2"))
    (done,) = compacted(place)
    assert (done.bucket, done.folded, done.kept) == (STRANGERS, 2, 0)
    assert place.settled(seen(1, tong_time="2026-03-10 04:00:00")).new == 0
    assert place.settled(seen(2, tong_time="2026-03-10 06:00:00")).new == 1


def test_done_twice_it_changes_nothing(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    compacted(place)
    parts = place.parts()
    assert compacted(place) == []
    assert place.parts() == parts


def test_a_dry_run_counts_and_changes_nothing(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    parts = place.parts()
    said = compacted(place, dry_run=True)
    assert place.parts() == parts
    assert compacted(place) == said


@pytest.mark.parametrize("step", ["add_parts", "retire_parts", "rewrite"])
def test_a_stop_before_the_commit_leaves_everything_as_it_was(
    place: Place, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    before, parts = place.counting(), place.parts()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(compacting, step, stop)
        with pytest.raises(KeyboardInterrupt):
            compacted(place)
    assert place.counting() == before
    assert place.parts() == parts
    with place.store.read() as conn:
        sweep(place.folder, known_paths(conn))
    compacted(place)
    assert days(place, 7) == [3, 4, 5]


def test_it_is_audited_by_bucket(place: Place) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    compacted(place)
    with place.store.read() as conn:
        (entry,) = audit.list_entries(conn, audit.Wanted())
    assert (entry.actor, entry.action, entry.subject) == ("tests", "evidence.compacted", "bucket 7")
    assert entry.details["folded"] == 2


def part(rows: int, *, compacted: bool = False) -> Part:
    return Part("p", "settled", None, 1, "p", rows, 1, RECEIVED_AT, LATER if compacted else None)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], False),
        ([part(10_000_000)], False),
        ([part(600_000), part(600_000)], True),
        ([part(1_000_000, compacted=True), part(400_000)], False),
        ([part(1_000_000, compacted=True), part(500_000)], True),
        ([part(400_000, compacted=True), part(200_000), part(200_000)], True),
        ([part(10)] * 48, False),
        ([part(10)] * 49, True),
    ],
)
def test_it_pays_once_enough_has_come_since(parts: list[Part], expected: bool) -> None:  # noqa: FBT001 - a case
    assert pays(parts) is expected


def test_by_itself_it_compacts_where_it_pays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_on(place, 1, 2, 3, 4, 5)
    decided(place)
    assert compact_where_it_pays(station_of(place), "run-1") == []
    monkeypatch.setattr(compacting, "_FEWEST_ROWS", 5)
    assert [each.bucket for each in compact_where_it_pays(station_of(place), "run-1")] == [7]


CHANGING = ("H-1", "H-2")
STEADY = [seen(day, BH=f"K-{person}{day}", SFZH=person) for day in range(2, 8) for person in (ID, OTHER_ID)]
DAYS = st.sampled_from(["20260301", "20260304", "20260309"])


def changing(key: str) -> st.SearchStrategy[list[Row]]:
    """Versions of a row, which may move it to another person, another day, another kind, or end it."""
    updates = st.builds(
        version,
        st.integers(0, 4),
        BH=st.just(key),
        SFZH=PEOPLE,
        YY=st.sampled_from("333129"),
        YBH=UNDONE,
        RQ=DAYS,
    )
    deletions = st.builds(deletion, st.integers(1, 4), st.just(key))
    return st.lists(updates | deletions, min_size=1, max_size=4)


@settings(max_examples=8)
@given(
    changes=st.tuples(*map(changing, CHANGING)),
    order=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(1, 19), min_size=1, max_size=3),
)
def test_whenever_it_is_done_the_same_can_be_seen(
    migrated_file: Path, changes: tuple[list[Row], ...], order: Random, cuts: list[int]
) -> None:
    """Two rows change in every way, in whatever order their versions come, twice too; the others stay."""
    rows = [*STEADY, *(row for rows in changes for row in rows)]
    rows += [row for rows in changes for row in rows]
    order.shuffle(rows)
    with new_place(migrated_file) as place:
        edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
        for begin, end in pairwise(edges):
            place.settled(*rows[begin:end])
            compacted(place)
        assert essence(place.counting()) == essence(expected(rows))
