"""A full disk is one clear line and the exit code of the store; once there is room, nothing is missing."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import StoreError
from tests.acceptance.limited import Limits
from tests.support.project import ROOT
from tests.support.site import AS_OF, NOW, Digest, Privates, Supplies, Trial, open_trial

DEPARTMENTS = ["medical_insurance"]
EVIDENCE_FULL = "cannot be written (File too large): free or mend the disk, then run again; nothing that was"
DATABASE_FULL = "the disk is full: free some space, then run again; nothing was lost (SQLITE_FULL)"
A_PART, TWO_PAGES = 1000, 2


@pytest.fixture
def site(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """A site that asks for small pages: many commits."""
    with open_trial(tmp_path, supplies, start=imported, departments=DEPARTMENTS, page_limit=5) as opened:
        in_small_pages(opened)
        yield opened


def gateway(trial: Trial, limits: Limits, *words: str) -> str:
    """Run a command with the disk full; the one line it says."""
    trial.station.store.close()
    file = limits.write(trial.site.folder / "limits.json")
    command = [sys.executable, "-m", "tests.acceptance.limited", str(file), *words]
    done = subprocess.run(
        [*command, "--config", str(trial.site.config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == StoreError.exit_code
    assert line.startswith("StoreError ")
    assert "run again" in line
    return line


def in_small_pages(trial: Trial) -> None:
    """Put the database into pages of which a run needs new ones: larger ones have room for all it says."""
    trial.station.store.close()
    with sqlite3.connect(trial.data / "gateway.db", isolation_level=None) as connection:
        for step in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 4096", "VACUUM"):
            connection.execute(step)
    connection.close()


def limits(**most: int) -> Limits:
    return Limits(now=NOW.isoformat(), **most)


def pages(trial: Trial) -> int:
    with sqlite3.connect(trial.data / "gateway.db") as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    return int(count)


def left_over(trial: Trial) -> list[str]:
    return [file.name for file in trial.data.rglob("*.part")]


@pytest.mark.parametrize("spared", [0, 1, 20])
def test_no_room_for_evidence(
    site: Trial, privates: Privates, insurance_undisturbed: Digest, spared: int
) -> None:
    """At the first page, at the second, and while what arrived is settled."""
    line = gateway(site, limits(part_bytes=A_PART, spared=spared), "sync")
    assert EVIDENCE_FULL in line
    assert privates.in_text(line) == 0
    assert left_over(site) == []
    assert line.endswith(site.latest_run().reason or "never")
    assert site.sync().exit_code == 0
    assert site.state() == insurance_undisturbed


@pytest.mark.parametrize("room", [0, 1, 2])
def test_no_room_for_the_database(site: Trial, insurance_undisturbed: Digest, room: int) -> None:
    line = gateway(site, limits(pages=pages(site) + room), "sync")
    assert DATABASE_FULL in line
    assert site.sync().exit_code == 0
    assert site.state() == insurance_undisturbed


def test_no_room_for_either(site: Trial, insurance_undisturbed: Digest) -> None:
    """SQLite's log stops growing in the middle of the run, wherever that is."""
    gateway(site, limits(file_bytes=150_000), "sync")
    assert site.sync().exit_code == 0
    assert site.state() == insurance_undisturbed


@pytest.mark.parametrize("full", [{"part_bytes": A_PART, "spared": 5}, {"pages": TWO_PAGES}])
def test_no_room_for_a_roster(
    supplies: Supplies, imported: Path, tmp_path: Path, full: dict[str, int]
) -> None:
    """The roster before it stands, and the next import reaches what it would have."""
    with open_trial(tmp_path / "full", supplies, start=imported, departments=DEPARTMENTS) as trial:
        in_small_pages(trial)
        before = trial.state()
        changed = tmp_path / "changed.csv"
        changed.write_text(supplies.roster.read_text("utf-8").replace("counter", "home_visit"), "utf-8")
        line = gateway(trial, limits(**full), "roster", "import", str(changed))
        assert "disk" in line
        assert trial.state() == before
        assert trial.take_roster(changed).imported.changed > 0


@pytest.mark.parametrize("full", [{"part_bytes": A_PART, "spared": 3}, {"pages": TWO_PAGES}])
def test_no_room_for_decisions(
    supplies: Supplies,
    read: tuple[Path, Digest],
    decided: tuple[Path, Digest],
    tmp_path: Path,
    full: dict[str, int],
) -> None:
    with open_trial(tmp_path, supplies, start=read[0]) as trial:
        in_small_pages(trial)
        line = gateway(trial, limits(**full), "decide", "--as-of", AS_OF.isoformat())
        assert "disk" in line
        trial.decide()
        assert trial.state() == decided[1]
