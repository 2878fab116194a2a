import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import HubUnavailable
from gateway.hub.file_drop import LARGEST_MANIFEST, DropRefusal, period_end, ready_files

DATASET = "prison_custody"
KINDS = (".zip.enc", ".manifest.json", ".ok")


def drop(folder: Path, stem: str, *kinds: str) -> None:
    for kind in kinds or KINDS:
        (folder / f"{stem}{kind}").write_bytes(b"" if kind == ".ok" else b"sealed")


def taken(folder: Path, after_seq: int = 0) -> list[int]:
    return [file.seq for file in ready_files(folder, DATASET, after_seq).files]


def test_files_come_in_the_order_of_their_number(tmp_path: Path) -> None:
    for stem in ("202502_10", "202501_2", "202501_01", *(f"202501_{n}" for n in range(3, 10))):
        drop(tmp_path, f"{DATASET}_{stem}")
    ready = ready_files(tmp_path, DATASET, 0)
    assert [file.seq for file in ready.files] == list(range(1, 11))
    assert ready.refusals == []
    last = ready.files[-1]
    assert (last.period, last.size, last.name) == ("202502", 6, f"{DATASET}_202502_10.zip.enc")
    assert last.manifest.name == f"{DATASET}_202502_10.manifest.json"


def test_what_was_taken_is_not_offered_again(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_1")
    drop(tmp_path, f"{DATASET}_202502_2")
    assert taken(tmp_path, 1) == [2]
    assert taken(tmp_path, 2) == []


def test_nothing_is_read_before_its_ok(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_1", ".zip.enc", ".manifest.json")
    assert ready_files(tmp_path, DATASET, 0) == ([], [])
    drop(tmp_path, f"{DATASET}_202501_1", ".ok")
    assert taken(tmp_path) == [1]


def test_a_missing_number_stops_the_dataset_and_is_named(tmp_path: Path) -> None:
    for seq in (1, 2, 5, 6):
        drop(tmp_path, f"{DATASET}_202501_{seq}")
    ready = ready_files(tmp_path, DATASET, 0)
    assert [file.seq for file in ready.files] == [1, 2]
    assert ready.refusals == [DropRefusal(f"{DATASET}_202501_5.zip.enc", "sequence_missing", 3)]


def test_the_number_after_the_last_taken_must_be_there(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_9")
    assert ready_files(tmp_path, DATASET, 7).refusals == [
        DropRefusal(f"{DATASET}_202501_9.zip.enc", "sequence_missing", 8)
    ]


def test_a_file_without_ok_holds_up_those_after_it(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_1", ".zip.enc", ".manifest.json")
    drop(tmp_path, f"{DATASET}_202501_2")
    assert ready_files(tmp_path, DATASET, 0) == (
        [],
        [DropRefusal(f"{DATASET}_202501_1.zip.enc", "sequence_unfinished", 1)],
    )


@pytest.mark.parametrize("other", ["202501_001", "202502_1"])
def test_one_number_used_twice_is_refused(tmp_path: Path, other: str) -> None:
    drop(tmp_path, f"{DATASET}_202501_1")
    drop(tmp_path, f"{DATASET}_{other}")
    ready = ready_files(tmp_path, DATASET, 0)
    assert (ready.files, ready.refusals[0].rule, ready.refusals[0].seq) == ([], "sequence_twice", 1)


@pytest.mark.parametrize(
    ("gone", "rule"), [(".zip.enc", "file_missing"), (".manifest.json", "manifest_missing")]
)
def test_an_ok_without_its_file_is_refused(tmp_path: Path, gone: str, rule: str) -> None:
    drop(tmp_path, f"{DATASET}_202501_1", *(kind for kind in KINDS if kind != gone))
    assert ready_files(tmp_path, DATASET, 0).refusals[0].rule == rule


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, kind: str) -> None:
    folder, outside = tmp_path / "drop", tmp_path / "elsewhere"
    folder.mkdir()
    outside.write_bytes(b"not for us")
    drop(folder, f"{DATASET}_202501_1")
    (folder / f"{DATASET}_202501_1{kind}").unlink()
    (folder / f"{DATASET}_202501_1{kind}").symlink_to(outside)
    ready = ready_files(folder, DATASET, 0)
    assert (ready.files, ready.refusals[0].rule) == ([], "not_a_file_of_the_folder")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused(tmp_path: Path, make: object) -> None:
    drop(tmp_path, f"{DATASET}_202501_1", ".ok", ".manifest.json")
    assert callable(make)
    make(tmp_path / f"{DATASET}_202501_1.zip.enc")
    assert ready_files(tmp_path, DATASET, 0).refusals[0].rule == "not_a_file_of_the_folder"


def test_sizes_are_capped(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_1")
    assert ready_files(tmp_path, DATASET, 0, largest=5).refusals[0].rule == "too_large"
    assert ready_files(tmp_path, DATASET, 0, largest=6).refusals == []
    (tmp_path / f"{DATASET}_202501_1.manifest.json").write_bytes(b" " * (LARGEST_MANIFEST + 1))
    assert ready_files(tmp_path, DATASET, 0).refusals[0].rule == "too_large"


@pytest.mark.parametrize(
    "stem", ["202513_1", "20250_1", "202501_", "202501_-1", "202501_1a", "202501_١", "1_1"]
)
def test_a_finished_file_with_a_wrong_name_is_named(tmp_path: Path, stem: str) -> None:
    drop(tmp_path, f"{DATASET}_{stem}")
    assert ready_files(tmp_path, DATASET, 0) == (
        [],
        [DropRefusal(f"{DATASET}_{stem}.ok", "name_not_understood")],
    )


def test_files_of_others_and_uploads_under_way_are_left_alone(tmp_path: Path) -> None:
    drop(tmp_path, "community_corrections_202501_1")
    drop(tmp_path, f"{DATASET}_archive_202501_1")
    drop(tmp_path, f"{DATASET}_202501_1", ".zip.enc.part", ".zip.enc")
    (tmp_path / "README").write_text("hello")
    assert ready_files(tmp_path, DATASET, 0) == ([], [])


def test_a_huge_number_does_not_make_a_huge_list(tmp_path: Path) -> None:
    drop(tmp_path, f"{DATASET}_202501_999999999")
    assert ready_files(tmp_path, DATASET, 0).refusals[0].seq == 1


def test_a_folder_that_is_not_there_is_no_reason_to_lose_anything(tmp_path: Path) -> None:
    with pytest.raises(HubUnavailable, match=r"prison_custody.*mounted"):
        ready_files(tmp_path / "gone", DATASET, 0)


@pytest.mark.parametrize(
    ("period", "end"), [("202501", (2025, 2)), ("202412", (2025, 1)), ("202402", (2024, 3))]
)
def test_a_period_reaches_to_the_first_of_the_next_month(period: str, end: tuple[int, int]) -> None:
    assert period_end(period) == datetime(*end, 1)  # noqa: DTZ001 - naive Asia/Shanghai


@given(st.text(max_size=8).filter(lambda text: not (text.isascii() and text.isdigit() and len(text) == 6)))
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="yyyyMM"):
        period_end(text)


def test_a_thirteenth_month_is_refused() -> None:
    with pytest.raises(ValueError, match="month"):
        period_end("202513")
