"""Sealed pages that were landed as files say the same wherever they are opened."""

import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.evidence.columns import EVIDENCE
from gateway.evidence.spark import session
from gateway.intake.keying import Refusal
from gateway.intake.landed import LANDED, evidence_of, read_landed, refusals_of
from gateway.intake.page import Bench, Taken
from gateway.intake.spark import landed, without_store
from gateway.settings import SparkSettings
from gateway.sync.roster import live_keymap
from tests.support.site import NOW, Trial

ON_LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "1g",
}
_ORDER = [(name, "ascending") for name in EVIDENCE.names]


@dataclass
class Landing:
    """Every page of a sync as a landed file, and what this process made of them."""

    folder: Path
    parts: list[pa.Table] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def land(self, department: str, dataset: str, payload: bytes) -> None:
        file = self.folder / department / dataset / f"{len(self.files):04}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(payload)
        self.files.append(file)

    def note(self, taken: Taken, evidence: Path) -> None:
        self.refusals += taken.refusals
        self.parts += [pq.read_table(evidence / taken.part.path)] if taken.part else []


@pytest.fixture
def landing(trial: Trial, tmp_path: Path) -> Landing:
    """The pages of a first sync."""
    found = Landing(tmp_path / "landed")
    usual = Bench.page

    def page(self: Bench, department: str, dataset: str, payload: bytes, received_at: datetime) -> Taken:
        taken = usual(self, department, dataset, payload, received_at)
        if payload:
            found.land(department, dataset, payload)
            found.note(taken, trial.station.work)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bench, "page", page)
        assert trial.sync().exit_code == 0
    assert len(found.files) > 5
    assert found.refusals
    return found


def test_a_page_says_the_same_here_as_in_a_sync(trial: Trial, landing: Landing) -> None:
    bench = Bench(trial.station.settings, live_keymap(trial.station))
    batches = [read_landed(bench, str(file), file.read_bytes(), NOW) for file in landing.files]
    agree(pa.Table.from_batches(batches, LANDED), landing)


def test_a_page_that_cannot_be_trusted_says_why_and_nothing_else(trial: Trial, landing: Landing) -> None:
    bench = Bench(trial.station.settings, live_keymap(trial.station))
    file = landing.files[0]
    forged = read_landed(bench, str(file), file.read_bytes()[:-4], NOW).to_pylist()
    lost = read_landed(bench, "page", file.read_bytes(), NOW).to_pylist()
    for (row,), page in ((forged, str(file)), (lost, "page")):
        assert {name for name, value in row.items() if value is not None} == {"page", "fault"}
        assert row["page"] == page


def test_a_cluster_reads_landed_pages(
    trial: Trial, landing: Landing, spark_master: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    settings = trial.station.settings
    with session(SparkSettings(master=spark_master, config=ON_LOOPBACK, answer_within_s=600)) as spark:
        rows = landed(spark, settings, live_keymap(trial.station), f"file://{landing.folder}", NOW)
        found = rows.toArrow()
    agree(found, landing)


def test_no_password_of_the_database_travels(trial: Trial) -> None:
    settings = trial.station.settings
    gateway = settings.gateway.model_copy(update={"store": "postgresql+psycopg://gateway:synthetic@db/x"})
    shipped = without_store(settings.model_copy(update={"gateway": gateway}))
    assert "synthetic@" not in shipped.model_dump_json()


def agree(found: pa.Table, landing: Landing) -> None:
    """The same records and refusals, in whatever order."""
    assert found["fault"].null_count == found.num_rows
    expected = pa.concat_tables(landing.parts)
    assert evidence_of(found).sort_by(_ORDER).equals(expected.sort_by(_ORDER))
    assert sorted(map(repr, refusals_of(found))) == sorted(map(repr, landing.refusals))
