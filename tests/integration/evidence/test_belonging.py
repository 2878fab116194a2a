"""An evidence folder and a database know each other, so that neither is ever used with a stranger."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.errors import StoreError
from gateway.evidence.belonging import MARKER, check_belongs
from gateway.evidence.columns import EVIDENCE
from gateway.evidence.files import as_part, sweep, write_part
from gateway.store import counters
from gateway.store.database import Store
from gateway.store.parts import add_parts, known_paths

AT = datetime(2026, 9, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times


class Pair(NamedTuple):
    """A database and an evidence folder."""

    store: Store
    folder: Path

    def check(self) -> None:
        with self.store.begin() as conn:
            check_belongs(conn, self.folder)

    def add_part(self) -> Path:
        written = write_part(self.folder, "settled", EVIDENCE.empty_table())
        with self.store.begin() as conn:
            add_parts(conn, [as_part(written, "settled", 0, 1, AT)])
        return self.folder / written.path

    def forget(self) -> None:
        """The database has no number any more."""
        with self.store.begin() as conn:
            counters.advance(conn, "evidence_folder", -counters.value(conn, "evidence_folder"))

    @property
    def marker(self) -> Path:
        return self.folder / MARKER


@pytest.fixture
def pair(store: Store, folder: Path) -> Pair:
    return Pair(store, folder)


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[Pair]:
    """Another database with another folder, in use."""
    assert store
    with Store(f"sqlite:///{tmp_path / 'other.sqlite'}") as second:
        second.migrate()
        pair = Pair(second, tmp_path / "other")
        pair.check()
        pair.add_part()
        yield pair


def test_the_first_time_both_get_one_number_and_keep_it(pair: Pair) -> None:
    pair.check()
    number = pair.marker.read_text("ascii")
    with pair.store.read() as conn:
        assert str(counters.value(conn, "evidence_folder")) == number
    pair.add_part()
    pair.check()
    assert pair.marker.read_text("ascii") == number


def test_two_databases_get_different_numbers(pair: Pair, other: Pair) -> None:
    pair.check()
    assert pair.marker.read_text("ascii") != other.marker.read_text("ascii")


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "never marked"])
def test_a_new_database_over_an_old_folder_is_refused_before_anything_is_swept(
    pair: Pair, other: Pair, *, marked: bool
) -> None:
    if not marked:
        other.marker.unlink()
    before = sorted(other.folder.rglob("*"))
    with pytest.raises(StoreError) as caught:
        Pair(pair.store, other.folder).check()
    assert str(other.folder) in str(caught.value)
    assert "gateway.yaml" in str(caught.value)
    assert sorted(other.folder.rglob("*")) == before


def test_a_database_in_use_refuses_another_folder(pair: Pair, other: Pair, tmp_path: Path) -> None:
    pair.check()
    pair.add_part()
    for folder in (other.folder, tmp_path / "empty"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(StoreError, match="not the one of this database"):
            Pair(pair.store, folder).check()


def test_a_new_database_takes_the_number_that_a_stop_left_in_an_empty_folder(pair: Pair) -> None:
    pair.check()
    number = pair.marker.read_text("ascii")
    pair.forget()
    pair.check()
    assert pair.marker.read_text("ascii") == number


@pytest.mark.parametrize("number", [None, "", "spoilt"], ids=["missing", "empty", "spoilt"])
def test_a_folder_that_lost_its_number_gets_it_back_if_it_holds_what_the_database_knows(
    pair: Pair, number: str | None
) -> None:
    pair.check()
    part, before = pair.add_part(), pair.marker.read_text("ascii")
    pair.marker.unlink() if number is None else pair.marker.write_text(number)
    pair.check()
    assert pair.marker.read_text("ascii") == before
    with pair.store.read() as conn:
        sweep(pair.folder, known_paths(conn))
    assert part.exists()
    assert pair.marker.exists()


def test_a_pair_from_before_there_were_numbers_is_known_by_its_parts(pair: Pair) -> None:
    pair.add_part()
    pair.check()
    assert pair.marker.exists()


def test_a_folder_that_cannot_be_written_is_one_line(pair: Pair) -> None:
    pair.folder.write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        pair.check()
