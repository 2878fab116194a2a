"""One version of every (dataset, key) lives, in whatever order and pieces the versions arrive."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import StoreError
from gateway.evidence import settle as settling
from gateway.evidence.columns import BUCKETS
from gateway.evidence.files import sweep, write_part
from gateway.evidence.settle import Settled, settle
from gateway.intake.interpret import RowReader
from gateway.intake.keying import NOTHING, Keyed, RowKeyer
from gateway.store.database import Store
from gateway.store.parts import known_paths, live_parts
from tests.integration.evidence.places import (
    BOTH,
    COMPARED,
    KEYER,
    STRANGER,
    Place,
    Roster,
    Row,
    deletion,
    new_place,
    version,
)
from tests.unit.core.examples import RECEIVED_AT, happening, happenings, wedding
from tests.unit.core.people import ID, OTHER_ID


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    return Place(store, tmp_path / "evidence")


def test_nothing_arrived_changes_nothing(place: Place) -> None:
    assert place.settle() == Settled(0, 0, 0, 0)
    assert place.parts() == set()


def test_the_last_load_time_wins(place: Place) -> None:
    assert place.settled(version(0, YY="1"), version(2, YY="3"), version(1, YY="2")) == Settled(1, 0, 2, 0)
    assert place.said() == [(7, "health_check")]
    assert place.settled(version(3, YY="2")) == Settled(1, 1, 0, 0)
    assert place.said() == [(7, "custody")]


def test_the_same_again_changes_nothing(place: Place) -> None:
    rows = [version(0), happening(BH="H-2", YY="1"), wedding(), happening(BH="H-3", SFZH=STRANGER)]
    assert place.settled(*rows) == Settled(3, 0, 0, 1)
    before, parts = place.counting(), {path for path in place.parts() if not path.startswith("arrived")}
    assert place.settled(*rows) == Settled(0, 0, 3, 1)
    assert place.counting() == before
    assert place.parts() == parts


def test_the_same_twice_in_a_settle_counts_once(place: Place) -> None:
    place.arrive(version(0), wedding())
    place.arrive(wedding(), version(0))
    assert place.settle() == Settled(2, 0, 0, 0)
    assert place.said() == [(24, "marriage"), (7, "health_check"), (7, "marriage")]


def test_a_deleted_row_is_gone_and_an_older_version_does_not_bring_it_back(place: Place) -> None:
    place.settled(version(1, YY="1"))
    assert place.settled(deletion(3)) == Settled(1, 1, 0, 0)
    assert place.said() == []
    assert place.settled(version(0, YY="1")) == Settled(0, 0, 1, 0)
    assert place.settled(version(2, YY="1")) == Settled(0, 0, 1, 0)
    assert place.said() == []
    place.settled(version(4, YY="1"))
    assert place.said() == [(7, "death")]


def test_a_deletion_that_comes_first_holds(place: Place) -> None:
    place.settled(deletion(3))
    place.settled(version(1, YY="1"))
    assert place.said() == []


@pytest.mark.parametrize("code", ["1", "3"])
def test_a_correction_moves_a_record_to_another_person(place: Place, code: str) -> None:
    place.settled(version(0, YY=code))
    assert [person for person, _ in place.said()] == [7]
    assert place.settled(version(1, YY=code, SFZH=OTHER_ID)) == Settled(1, 1, 0, 0)
    assert [person for person, _ in place.said()] == [24]
    with place.store.read() as conn:
        assert {part.bucket for part in live_parts(conn, "retired")} == {7}
        assert {part.bucket for part in live_parts(conn, "settled")} == {7, 24 % BUCKETS}


@pytest.mark.parametrize(
    "columns",
    [{"SFZH": STRANGER}, {"YY": "9"}, {"SFZH": "none"}, {"SFZH": None}],
    ids=["to a stranger", "to nothing", "to an ID number that is none", "to no ID number"],
)
def test_a_correction_frees_the_person_whichever_comes_first(place: Place, columns: Row) -> None:
    place.settled(version(1, **columns))
    place.settled(version(0))
    assert place.said() == []
    place.settled(version(2))
    assert place.said() == [(7, "health_check")]
    place.settled(version(3, **columns))
    assert place.said() == []


def test_a_correction_that_is_read_again_and_usable_then_counts(place: Place) -> None:
    """Its ID number may be refused by one release and understood by the next."""
    place.settled(version(0))
    place.settled(version(1, SFZH="none"))
    assert place.said() == []
    place.settled(version(1))
    assert place.said() == [(7, "health_check")]
    place.settled(version(1, SFZH="none"))
    assert place.said() == [(7, "health_check")]


def test_a_correction_that_cannot_be_read_at_all_leaves_what_was_known(place: Place) -> None:
    place.settled(version(0, YY="1"))
    place.settled(version(1, YY="1", RQ="soon"), version(2, YY="2", RQ=None))
    assert place.said() == [(7, "death")]


def test_a_correction_of_a_couple_replaces_both(place: Place) -> None:
    place.settled(wedding())
    place.settled(wedding(op="U", tong_time="2026-03-11 00:00:00", M=STRANGER))
    assert place.said() == [(7, "marriage")]


def test_a_withdrawal_of_another_key_hides_it_until_it_is_itself_deleted(place: Place) -> None:
    place.settled(happening(YY="1"))
    place.settled(happening(BH="H-2", YY="9", YBH="H-1"))
    assert place.said() == []
    place.settled(version(5, YY="1"))
    assert place.said() == []
    place.settled(deletion(12, "H-2"))
    assert place.said() == [(7, "death")]


def test_a_withdrawal_that_is_itself_withdrawn_undoes_nothing(place: Place) -> None:
    place.settled(happening(YY="1"), happening(BH="H-2", YY="9", YBH="H-1"))
    assert place.said() == []
    place.settled(happening(BH="H-3", YY="9", YBH="H-2"))
    assert place.said() == [(7, "death")]
    place.settled(deletion(12, "H-3"))
    assert place.said() == []


def test_a_withdrawal_may_come_before_what_it_withdraws(place: Place) -> None:
    place.settled(happening(BH="H-2", YY="9", YBH="H-1"))
    place.settled(happening(YY="1"), happening(BH="H-3"))
    assert place.said() == [(7, "health_check")]


def test_a_withdrawal_of_its_own_key_is_simply_its_newest_version(place: Place) -> None:
    place.settled(version(0, YY="1"))
    place.settled(version(1, YY="9", YBH="H-1"))
    assert place.said() == []
    place.settled(version(2, YY="1"))
    assert place.said() == [(7, "death")]


def test_a_row_that_withdraws_its_own_older_version_still_says_what_it_says(place: Place) -> None:
    place.settled(version(0))
    place.settled(version(1, YY="2", YBH="H-1"))
    assert place.said() == [(7, "custody")]


def test_another_dataset_s_key_is_another_row(place: Place) -> None:
    place.settled(happening(BH="1"), wedding(BH="1", M=STRANGER))
    place.settled(deletion(12, "1"))
    assert place.said() == [(7, "marriage")]


def test_of_two_readings_of_a_version_the_one_with_the_newer_roster_is_kept(place: Place) -> None:
    place.arrive(happening(YY="1"), people=Roster(), at=RECEIVED_AT)
    place.arrive(happening(YY="1"), people=BOTH, at=RECEIVED_AT + timedelta(days=1))
    place.arrive(happening(YY="1"), people=Roster(), at=RECEIVED_AT - timedelta(days=1))
    assert place.settle() == Settled(1, 0, 0, 0)
    assert place.said() == [(7, "death")]


@pytest.mark.parametrize("step", ["add_parts", "retire_parts", "write_by_bucket"])
def test_a_stop_before_the_commit_leaves_everything_as_it_was(
    place: Place, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.settled(version(0), happening(BH="H-2"))
    place.arrive(version(1, SFZH=OTHER_ID), deletion(12, "H-2"))
    before, parts, said = place.counting(), place.parts(), place.said()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(settling, step, stop)
        with pytest.raises(KeyboardInterrupt):
            place.settle()
    assert (place.parts(), place.said()) == (parts, said)
    with place.store.read() as conn:
        sweep(place.folder, known_paths(conn))
    assert place.counting() == before
    assert place.files() >= parts
    place.settle()
    assert place.said() == [(24, "health_check")]


def test_a_sweep_removes_only_what_no_commit_names(place: Place) -> None:
    place.settled(version(0))
    place.settled(version(1))
    place.arrive(version(2))
    kept = place.files()
    orphan = write_part(place.folder, "settled", Keyed().evidence())
    with place.store.read() as conn:
        assert sweep(place.folder, known_paths(conn)) == 1
    assert orphan.path not in place.files()
    assert place.files() == kept


@pytest.mark.parametrize("harm", ["missing", "cut short"])
def test_a_part_that_cannot_be_read_is_one_line_and_loses_nothing(place: Place, harm: str) -> None:
    place.settled(version(0))
    place.arrive(version(1))
    parts = place.parts()
    (part,) = (path for path in parts if path.startswith("settled"))
    whole = (place.folder / part).read_bytes()
    (place.folder / part).unlink() if harm == "missing" else (place.folder / part).write_bytes(whole[:50])
    with pytest.raises(StoreError) as caught:
        place.settle()
    assert "\n" not in str(caught.value)
    assert "nothing is lost" in str(caught.value)
    assert place.parts() == parts
    (place.folder / part).write_bytes(whole)
    assert place.settle().replaced == 1


def test_what_does_not_fit_into_memory_is_spilled_beside_the_evidence(place: Place) -> None:
    place.arrive(*(happening(BH=f"H-{number}") for number in range(50)))
    settle(place.store, place.folder, 1, RECEIVED_AT, memory_mb=64)
    assert not Path(".tmp").exists()
    assert len(place.said()) == 50


def expected(rows: Sequence[Row]) -> list[Row]:
    """What counts, by the rules read literally: all versions at once, no stores, no buckets."""
    keyed = Keyed()
    for raw in rows:
        reading = RowReader(happenings).read(raw, RECEIVED_AT)
        RowKeyer("police", happenings, KEYER, BOTH).take(keyed, reading, raw, RECEIVED_AT)
    newest: dict[bytes, tuple[datetime, int]] = {}
    for row in keyed.rows:
        stamp = (row["published_at"], row["content"])
        newest[row["key_hash"]] = max(newest.get(row["key_hash"], stamp), stamp)
    alive = [row for row in keyed.rows if newest[row["key_hash"]] == (row["published_at"], row["content"])]
    undoing = [row for row in alive if row.get("withdraws") not in (None, row["key_hash"])]
    taken_back = {row["withdraws"] for row in undoing}
    undone = {row["withdraws"] for row in undoing if row["key_hash"] not in taken_back}
    records = {
        repr(row): {name: row.get(name) for name in COMPARED}
        for row in alive
        if row["kind"] not in {NOTHING, "withdrawal"} and row["key_hash"] not in undone
    }
    return sorted(records.values(), key=repr)


PEOPLE = st.sampled_from([ID, OTHER_ID, STRANGER, "none"])
UNDONE = st.sampled_from([None, None, None, "H-1", "H-2"])


def versions_of(key: str) -> st.SearchStrategy[list[Row]]:
    """The first version of a row, and some updates and deletions of it, two of which may be simultaneous."""
    updates = st.builds(
        version, st.integers(1, 4), BH=st.just(key), SFZH=PEOPLE, YY=st.sampled_from("1239"), YBH=UNDONE
    )
    deletions = st.builds(deletion, st.integers(1, 4), st.just(key))
    first = st.builds(version, st.just(0), BH=st.just(key), SFZH=PEOPLE, YY=st.sampled_from("139"))
    return st.builds(lambda one, more: [one, *more], first, st.lists(updates | deletions, max_size=4))


histories = st.tuples(*map(versions_of, ("H-1", "H-2", "H-3")))
arrivals = histories.flatmap(lambda keys: st.permutations([row for rows in keys for row in rows]))


@settings(max_examples=12)
@given(rows=arrivals, data=st.data())
def test_any_order_and_any_pieces_give_the_same_evidence(
    migrated_file: Path, rows: list[Row], data: st.DataObject
) -> None:
    rows = [*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=3), label="sent again")]
    cuts = data.draw(st.lists(st.tuples(st.integers(1, len(rows)), st.booleans()), max_size=2), label="cuts")
    with new_place(migrated_file) as place:
        edges = sorted({0, len(rows), *(cut for cut, _ in cuts)})
        settled_at = {cut for cut, settles in cuts if settles}
        for begin, end in pairwise(edges):
            place.arrive(*rows[begin:end])
            if end in settled_at:
                place.settle()
        place.settle()
        assert place.counting() == expected(rows)
