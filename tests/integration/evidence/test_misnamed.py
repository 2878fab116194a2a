"""Records that rest on one certificate should name one person: whom fewer name is in doubt."""

from pathlib import Path

import pytest

from gateway.store.database import Store
from tests.integration.evidence.places import STRANGER, Place, Roster, Row, paper
from tests.unit.core.examples import happening
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    return Place(store, tmp_path / "evidence")


def derived(number: str, **changes: object) -> Row:
    """A death that rests on the certificate C-1, by default of person 7."""
    return happening(BH=number, YY="1", ZM="C-1", **changes)


def arrive(place: Place, **by_department: Row) -> None:
    for department, row in by_department.items():
        place.arrive(row, department=department)
    place.settle()


def identities(place: Place) -> dict[int | None, set[str]]:
    found: dict[int | None, set[str]] = {}
    for row in place.whole(doubting=True):
        found.setdefault(row["person"], set()).add(row["identity"])
    return found


def test_an_echo_whose_certificate_names_somebody_else_is_in_doubt(place: Place) -> None:
    arrive(place, health=paper("C-1", SFZH=OTHER_ID, XM=OTHER_NAME), civil_affairs=derived("H-1"))
    assert identities(place) == {7: {"doubt"}, 24: {"match"}}


def test_also_where_the_certificate_names_nobody_on_the_roster(place: Place) -> None:
    arrive(place, health=paper("C-1", SFZH=STRANGER, XM="others"), civil_affairs=derived("H-1"))
    assert identities(place)[7] == {"doubt"}


def test_two_departments_are_believed_more_than_the_certificate_they_rest_on(place: Place) -> None:
    certificate = paper("C-1", SFZH=OTHER_ID, XM=OTHER_NAME)
    arrive(place, health=certificate, civil_affairs=derived("H-1"), police=derived("H-2"))
    assert identities(place) == {7: {"match"}, 24: {"doubt"}}


def test_one_name_under_two_numbers_is_one_person(place: Place) -> None:
    arrive(place, health=paper("C-1", SFZH=STRANGER), civil_affairs=derived("H-1"))
    assert identities(place)[7] == {"match"}


def test_two_people_of_one_name_on_the_roster_are_two_people(place: Place) -> None:
    namesakes = Roster(ID, OTHER_ID, names={OTHER_ID: NAME})
    place.arrive(paper("C-1", SFZH=OTHER_ID, XM=NAME), people=namesakes, department="health")
    place.arrive(derived("H-1"), people=namesakes, department="civil_affairs")
    place.settle()
    assert identities(place) == {7: {"doubt"}, 24: {"match"}}


def test_two_departments_that_disagree_without_the_certificate_are_both_believed(place: Place) -> None:
    other = derived("H-2", SFZH=OTHER_ID, XM=OTHER_NAME)
    arrive(place, civil_affairs=derived("H-1"), police=other)
    assert identities(place) == {7: {"match"}, 24: {"match"}}


def test_records_that_rest_on_no_certificate_are_as_they_were(place: Place) -> None:
    arrive(place, health=paper("C-1", SFZH=OTHER_ID, XM=OTHER_NAME), police=happening(BH="H-1", YY="1"))
    assert identities(place) == {7: {"match"}, 24: {"match"}}
