"""A file that cannot be trusted is named, nothing after it is read, and the good one is taken next time."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import EnvelopeError, HubUnavailable
from gateway.sandbox.drop import DropFault, write_drop
from tests.support.site import NOW, Digest, Privates, Supplies, Trial, open_trial

SPOILT, OTHER = "community_corrections", "prison_custody"
MONTH = timedelta(days=31)
FAULTS = {
    DropFault.WRONG_DIGEST: "digest: the file is not the one its manifest was signed for",
    DropFault.BAD_SIGNATURE: "signature: it does not match",
    DropFault.WRONG_ROW_COUNT: "rows, but the manifest says",
    DropFault.SEQUENCE_GAP: "is refused: sequence missing (number 5)",
    DropFault.PATH_IN_ZIP: "zip: not a sound archive with exactly one CSV and no path in its name",
    DropFault.ZIP_BOMB: "zip: it grows far beyond its size",
    DropFault.MISSING_OK: "is refused: sequence unfinished (number 5)",
}


@pytest.fixture
def justice(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """A site that reads justice alone, with a drop folder of its own, still empty."""
    (tmp_path / "drop").mkdir()
    with open_trial(tmp_path, supplies, start=imported, departments=["justice"]) as opened:
        yield opened


@pytest.fixture(scope="session")
def justice_undisturbed(
    supplies: Supplies, imported: Path, tmp_path_factory: pytest.TempPathFactory
) -> Digest:
    folder = tmp_path_factory.mktemp("justice")
    with open_trial(folder, supplies, start=imported, departments=["justice"]) as opened:
        assert opened.sync().exit_code == 0
        return opened.state()


def drop_spoilt(trial: Trial, fault: DropFault) -> None:
    """Drop all months: the last but one spoilt, the last one sound."""
    folder, until = trial.site.drop, NOW - MONTH
    write_drop(folder, trial.province, trial.keys, until=until, fault=fault, fault_in=SPOILT)
    write_drop(folder, trial.province, trial.keys, until=NOW)


def send_again(trial: Trial, supplies: Supplies) -> None:
    """Put the sound files of the spoilt dataset in the place of all that is there."""
    for file in trial.site.drop.glob(f"{SPOILT}_*"):
        file.unlink()
    for file in supplies.drop.glob(f"{SPOILT}_*"):
        shutil.copy(file, trial.site.drop)


@pytest.mark.parametrize(("fault", "said"), FAULTS.items())
def test_a_faulty_file_is_refused_by_name_and_taken_once_it_is_mended(
    justice: Trial,
    supplies: Supplies,
    justice_undisturbed: Digest,
    privates: Privates,
    fault: DropFault,
    said: str,
) -> None:
    drop_spoilt(justice, fault)
    report = justice.sync()
    (stop,) = report.stops.values()
    line = str(stop)
    assert (list(report.stops), type(stop), report.exit_code) == ([SPOILT], EnvelopeError, 22)
    assert line.startswith(f"{SPOILT}: {SPOILT}_20260")
    assert said in line
    assert line.endswith("nothing after it is read: ask justice to send it again, then run again")
    assert "\n" not in line
    assert privates.in_text(line) == 0
    assert justice.latest_run().reason == line
    assert [(dataset, seq) for dataset, _, seq in justice.reach()] == [(SPOILT, 4), (OTHER, 7)]
    send_again(justice, supplies)
    assert justice.sync().exit_code == 0
    assert justice.state() == justice_undisturbed


def test_a_file_is_refused_again_for_as_long_as_it_is_faulty(justice: Trial) -> None:
    drop_spoilt(justice, DropFault.WRONG_DIGEST)
    first, second = (str(justice.sync().stops[SPOILT]) for _ in range(2))
    assert first == second


def test_a_file_that_is_still_being_written_is_waited_for_without_a_word(
    justice: Trial, justice_undisturbed: Digest
) -> None:
    folder, fault = justice.site.drop, DropFault.MISSING_OK
    write_drop(folder, justice.province, justice.keys, until=NOW, fault=fault, fault_in=SPOILT)
    report = justice.sync()
    assert (report.exit_code, report.warnings) == (0, [])
    assert [seq for _, _, seq in justice.reach()] == [6, 7]
    (folder / f"{SPOILT}_202609_0007.ok").touch()
    justice.sync()
    assert justice.state() == justice_undisturbed


def test_a_file_with_a_name_nobody_understands_is_said_and_stops_nothing(
    justice: Trial, supplies: Supplies, justice_undisturbed: Digest
) -> None:
    shutil.copytree(supplies.drop, justice.site.drop, dirs_exist_ok=True)
    (justice.site.drop / f"{SPOILT}_2026-09_8.ok").touch()
    report = justice.sync()
    assert report.warnings == [f"{SPOILT}: {SPOILT}_2026-09_8.ok is refused: name not understood"]
    assert report.exit_code == 0
    assert justice.state() == justice_undisturbed


def test_a_drop_folder_that_is_not_mounted_is_said(
    justice: Trial, supplies: Supplies, justice_undisturbed: Digest
) -> None:
    justice.site.drop.rmdir()
    report = justice.sync()
    assert report.exit_code == HubUnavailable.exit_code
    for dataset in (SPOILT, OTHER):
        line = str(report.stops[dataset])
        assert line.startswith(f"{dataset}: the drop folder cannot be read (FileNotFoundError)")
        assert line.endswith("check that it is mounted")
    justice.site.drop.symlink_to(supplies.drop)
    assert justice.sync().exit_code == 0
    assert justice.state() == justice_undisturbed


def test_a_file_that_vanishes_while_it_is_read_is_taken_when_it_is_back(
    justice: Trial, supplies: Supplies, justice_undisturbed: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(supplies.drop, justice.site.drop, dirs_exist_ok=True)
    manifest = justice.site.drop / f"{SPOILT}_202605_0003.manifest.json"
    read_bytes = Path.read_bytes

    def gone(path: Path) -> bytes:
        if path == manifest:
            raise FileNotFoundError(2, "No such file or directory")
        return read_bytes(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", gone)
        report = justice.sync()
    assert type(report.stops[SPOILT]) is HubUnavailable
    assert f"{SPOILT}_202605_0003.zip.enc cannot be read" in str(report.stops[SPOILT])
    assert justice.sync().exit_code == 0
    assert justice.state() == justice_undisturbed
