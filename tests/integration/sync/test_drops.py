"""Dropped files are taken in order and once; the first that is doubted stops its dataset."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from gateway.crypto.file_drop import Manifest
from gateway.errors import ConfigError, EnvelopeError, HubUnavailable
from gateway.hub.file_drop import DropFile
from gateway.intake.page import Taken
from gateway.store.database import Store
from gateway.sync.drops import check_names, take_files
from tests.integration.sync.shifts import FEED, Hub, shift, states


def drop(folder: Path, seq: int) -> str:
    stem = f"happenings_202602_{seq:04}"
    for ending in (".zip.enc", ".manifest.json", ".ok"):
        (folder / f"{stem}{ending}").write_bytes(b"sealed" if ending != ".ok" else b"")
    return stem


@dataclass
class Opener:
    """Opens dropped files, but for those it is told to doubt."""

    doubted: int = 0
    taken: list[int] = field(default_factory=list)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def manifest(self, _department: str, _raw: bytes) -> Manifest:
        return MANIFESTS[len(self.taken)]

    async def file(self, *given: Any) -> Taken:
        manifest = given[3]
        if manifest.seq == self.doubted:
            raise EnvelopeError("the digest is another")
        self.taken.append(manifest.seq)
        return Taken(None, 3, 3, 0, 0, 0, {}, np.arange(3).tobytes())


def manifest(number: int, **changes: Any) -> Manifest:
    known = {
        "dataset": "happenings",
        "period": "202602",
        "seq": number,
        "mode": "full",
        "rows": 3,
        "bytes": 6,
    }
    return Manifest(**cast("Any", known | {"sm3": "00", "kid": "k", "signature": ""} | changes))


MANIFESTS = [manifest(seq) for seq in (1, 2, 3)]


async def test_files_are_taken_in_order_and_once(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, 1)
    drop(tmp_path, 2)
    opener = Opener()
    for _ in range(2):
        assert await take_files(shift(store, Hub([]), opener, folder=str(tmp_path)), FEED) == []
    assert opener.taken == [1, 2]
    assert states(store) == [("02-01", "03-01", "closed")] * 2


async def test_a_doubtful_file_stops_its_dataset_and_is_named(store: Store, tmp_path: Path) -> None:
    stem = [drop(tmp_path, seq) for seq in (1, 2, 3)][1]
    opener = Opener(doubted=2)
    with pytest.raises(EnvelopeError) as caught:
        await take_files(shift(store, Hub([]), opener, folder=str(tmp_path)), FEED)
    assert str(caught.value).startswith(f"happenings: {stem}.zip.enc is refused: the digest is another; ")
    assert [state for *_, state in states(store)] == ["closed", "refused"]
    opener.doubted = 0
    await take_files(shift(store, Hub([]), opener, folder=str(tmp_path)), FEED)
    assert opener.taken == [1, 2, 3]


async def test_a_missing_number_stops_what_follows_it(store: Store, tmp_path: Path) -> None:
    drop(tmp_path, 1)
    drop(tmp_path, 3)
    opener = Opener()
    with pytest.raises(EnvelopeError, match=r"sequence missing \(number 2\); nothing after it is read"):
        await take_files(shift(store, Hub([]), opener, folder=str(tmp_path)), FEED)
    assert opener.taken == [1]


async def test_a_file_that_vanishes_under_the_reader_is_one_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(_: Path) -> bytes:
        raise FileNotFoundError(2, os.strerror(2))

    stem = drop(tmp_path, 1)
    monkeypatch.setattr(Path, "read_bytes", vanish)
    with pytest.raises(HubUnavailable, match=rf"happenings: {stem}\.zip\.enc cannot be read \(No such file"):
        await take_files(shift(store, Hub([]), Opener(), folder=str(tmp_path)), FEED)
    assert states(store) == []


async def test_a_drop_without_a_folder_says_which_key_is_missing(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"departments/police\.yaml: folder is not set"):
        await take_files(shift(store, Hub([]), Opener()), FEED)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"seq": 9}, "seq"), ({"period": "202601"}, "period"), ({"bytes": 7, "dataset": "x"}, "dataset, bytes")],
)
def test_a_manifest_of_another_file_is_refused(changes: dict[str, Any], wrong: str) -> None:
    file = DropFile("happenings", "202602", 1, Path("a"), Path("b"), 6)
    check_names(file, manifest(1))
    with pytest.raises(EnvelopeError, match=f"the manifest names another {wrong} than the file"):
        check_names(file, manifest(1, **changes))
