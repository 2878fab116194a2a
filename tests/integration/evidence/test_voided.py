"""A certificate that is taken back leaves what was derived from it standing, and is named beside it."""

from pathlib import Path

import pytest

from gateway.evidence.columns import EVIDENCE
from gateway.store.database import Store
from tests.integration.evidence.places import KEYER, STRANGER, Place, Row, paper
from tests.unit.core.examples import happening
from tests.unit.core.people import OTHER_ID, OTHER_NAME

LATER = "2026-03-10 12:00:00"
VOID = paper("C-1", ZF="1", op="U", tong_time=LATER)
DELETED = {"op": "D", "ZS": "C-1", "tong_time": LATER}
MOVED = paper("C-1", SFZH=OTHER_ID, XM=OTHER_NAME, op="U", tong_time=LATER)
TO_A_STRANGER = paper("C-1", SFZH=STRANGER, op="U", tong_time=LATER)
UNREADABLE = paper("C-1", SFZH="none", op="U", tong_time=LATER)
DERIVED = happening(YY="1", ZM="C-1")
WAYS = pytest.mark.parametrize(
    "gone",
    [VOID, DELETED, MOVED, TO_A_STRANGER, UNREADABLE],
    ids=["voided", "deleted", "moved to another", "moved to a stranger", "moved to nobody"],
)


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    return Place(store, tmp_path / "evidence")


def voided(place: Place) -> list[tuple[int, bytes]]:
    """Of whom which certificates are named as voided."""
    return [
        (row["person"], row["certificate"]) for row in place.whole() if row["kind"] == "voided_certificate"
    ]


def kinds_of(place: Place, person: int) -> list[str]:
    return [kind for about, kind in place.said() if about == person]


@WAYS
def test_a_certificate_that_is_taken_back_is_named_beside_what_rests_on_it(place: Place, gone: Row) -> None:
    place.settled(paper("C-1"), DERIVED)
    assert kinds_of(place, 7) == ["death", "death"]
    place.settled(gone)
    assert kinds_of(place, 7) == ["death", "voided_certificate"]
    assert voided(place) == [(7, KEYER.certificate("C-1"))]


@pytest.mark.parametrize("gone", [VOID, DELETED], ids=["voided", "deleted"])
def test_a_certificate_that_was_only_ever_seen_as_taken_back_is_named_too(place: Place, gone: Row) -> None:
    """The hub shows the last version of a row: the certificate itself may never arrive."""
    place.settled(DERIVED)
    place.settled(gone)
    assert voided(place) == [(7, KEYER.certificate("C-1"))]


@WAYS
def test_a_certificate_on_which_nothing_rests_is_not_named(place: Place, gone: Row) -> None:
    place.settled(paper("C-1"), happening(YY="1"), happening(BH="H-2", YY="1", ZM="C-2"))
    place.settled(gone)
    assert voided(place) == []


def test_a_correction_that_leaves_the_certificate_with_its_person_voids_nothing(place: Place) -> None:
    place.settled(paper("C-1"), DERIVED)
    place.settled(paper("C-1", RQ="20260302", op="U", tong_time=LATER))
    assert voided(place) == []


def test_a_certificate_that_is_given_again_is_no_longer_voided(place: Place) -> None:
    place.settled(paper("C-1"), DERIVED)
    place.settled(VOID)
    place.settled(paper("C-1", op="U", tong_time="2026-03-10 13:00:00"))
    assert voided(place) == []


def test_of_a_chain_the_certificate_it_rests_on_is_named(place: Place) -> None:
    place.settled(paper("C-1"), paper("C-2", ZM="C-1"), happening(YY="1", ZM="C-2"))
    place.settled(VOID)
    assert voided(place) == [(7, KEYER.certificate("C-1"))]


def test_a_voided_certificate_says_nothing_but_what_it_was(place: Place) -> None:
    place.settled(paper("C-1"), DERIVED)
    place.settled(DELETED)
    (row,) = [row for row in place.whole() if row["kind"] == "voided_certificate"]
    assert list(row) == EVIDENCE.names
    filled = {name for name, value in row.items() if value is not None}
    assert filled == {
        *("person", "department", "dataset", "key_hash", "item", "kind", "polarity", "origin", "identity"),
        *("certificate", "published_at", "received_at", "content"),
    }
    assert (row["polarity"], row["identity"], row["origin"]) == ("neutral", "match", "department")
    assert (row["dataset"], row["key_hash"]) == ("papers", KEYER.row("papers", "C-1"))


def test_each_person_whose_death_rests_on_it_is_told_apart(place: Place) -> None:
    other = happening(BH="H-2", YY="1", ZM="C-1", SFZH=OTHER_ID, XM=OTHER_NAME)
    place.settled(paper("C-1"), DERIVED, other)
    assert voided(place) == []
    place.settled(MOVED)
    assert voided(place) == [(7, KEYER.certificate("C-1"))]
    place.settled(paper("C-1", ZF="1", op="U", tong_time="2026-03-10 13:00:00"))
    assert sorted(voided(place)) == [(7, KEYER.certificate("C-1")), (24, KEYER.certificate("C-1"))]
