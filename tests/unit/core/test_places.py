"""Parts elsewhere: written whole, found again, copied here where they must be a file of this machine."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.errors import ConfigError
from gateway.places import Place, Remote, files_below, here, local_folder, opened, place_of, rooted
from gateway.store.files import durable
from gateway.store.reaching import reach


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    place = Remote("memory://evidence", tmp_path / "work")
    yield place
    if place.exists():
        place.system.rm(place.url, recursive=True)


@pytest.fixture(params=["here", "elsewhere"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    elsewhere: Place = request.getfixturevalue("remote")
    return tmp_path / "evidence" if request.param == "here" else elsewhere


def write(place: Place, content: bytes = b"content") -> None:
    with durable(place) as file:
        file.write(content)


def test_what_is_written_is_read_and_found(folder: Place) -> None:
    write(folder / "settled/a.parquet")
    write(folder / ".database")
    with opened(folder / "settled/a.parquet") as file:
        assert file.read() == b"content"
    assert files_below(folder) == ["settled/a.parquet"]
    assert (folder / "settled/a.parquet").exists()
    assert (folder / "settled/a.parquet").name == "a.parquet"


def test_what_fails_half_way_is_not_there(folder: Place) -> None:
    write(folder / "settled/a.parquet")
    with pytest.raises(RuntimeError):
        fail_half_way(folder / "settled/b.parquet")
    assert files_below(folder) == ["settled/a.parquet"]
    here_now = {file.name for file in local_folder(folder).rglob("*") if file.is_file()}
    assert here_now <= {"a.parquet"}


def fail_half_way(place: Place) -> None:
    with durable(place) as file:
        file.write(b"half")
        raise RuntimeError


def test_what_is_deleted_is_gone_and_may_be_deleted_again(folder: Place) -> None:
    write(folder / "settled/a.parquet")
    for _ in range(2):
        (folder / "settled/a.parquet").unlink(missing_ok=True)
    assert files_below(folder) == []
    with pytest.raises(FileNotFoundError):
        (folder / "settled/a.parquet").unlink()


def test_a_query_reads_parts_wherever_they_are(folder: Place) -> None:
    with durable(folder / "settled/a.parquet") as file:
        pq.write_table(pa.table({"a": [1, 2, 3]}), file)
    with duckdb.connect() as connection:
        for _ in range(2):
            reach(connection, folder)
        assert connection.read_parquet(str(folder / "settled/a.parquet")).sum("a").fetchall() == [(6,)]


def test_a_file_to_be_mapped_is_copied_here_once(remote: Remote) -> None:
    write(remote / "roster/1.keymap", b"map")
    write(remote / "roster/1.shapes", b"shapes")
    copy = here(remote / "roster/1.keymap", ".shapes", ".none")
    assert copy.read_bytes() == b"map"
    assert copy.with_suffix(".shapes").read_bytes() == b"shapes"
    assert copy.is_relative_to(remote.local)
    (remote / "roster/1.keymap").unlink()
    assert here(remote / "roster/1.keymap", ".shapes") == copy


def test_only_the_newest_copies_are_kept(remote: Remote) -> None:
    for number in range(12):
        write(remote / f"roster/{number:02}.keymap", b"map")
        here(remote / f"roster/{number:02}.keymap")
    kept = sorted(file.name for file in (remote.local / "copies").iterdir())
    assert len(kept) == 8
    assert kept[-1] == "11.keymap"


def test_a_file_of_this_machine_is_not_copied(tmp_path: Path) -> None:
    assert here(tmp_path / "1.keymap", ".shapes") == tmp_path / "1.keymap"


def test_every_driver_fails_as_the_disk_does(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    write(remote / "settled/a.parquet")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the driver's own words")

    monkeypatch.setattr(type(remote.system), "exists", fail)
    with pytest.raises(OSError, match="RuntimeError") as caught:
        remote.exists()
    assert "own words" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [("nothing-like-it://bucket", "knows no file system nothing-like-it"), ("gs://bucket", "gcsfs")],
)
def test_a_protocol_without_its_driver_is_named(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Remote(url, Path()).exists()


def test_a_place_is_written_as_a_path_or_a_url(tmp_path: Path) -> None:
    assert place_of("s3://bucket/path/") == Remote("s3://bucket/path", Path())
    assert place_of("file:///data/evidence") == Path("/data/evidence")
    assert place_of("../evidence") == "../evidence"
    assert place_of(7) == 7
    assert rooted(Path("../evidence"), tmp_path, Path("work")) == tmp_path.parent.resolve() / "evidence"
    there = Remote("s3://bucket/path", Path())
    assert rooted(there, tmp_path, Path("work")) == replace(there, local=tmp_path.resolve() / "work")
