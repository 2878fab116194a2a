"""A department as a third party ships it: a distribution of its own on the path, with its entry point."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.support.project import ROOT
from tests.unit.testing.clinic import sheet

CODE: Final = """
from typing import Annotated

from gateway import Code, Codes, Dataset, Day, Department, Emit, Field, IdText, Key, NameText, SourceRow
from gateway import before, first, hookimpl, records

OUTCOME = Codes({"1": "回家", "2": "死亡"})


class Visit(SourceRow):
    number: Key = Field(alias="BH", title="编号")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    outcome: Annotated[Code, OUTCOME] = Field(alias="JG", title="结果")
    visited_on: Day = Field(alias="RQ", title="日期")


visits = Dataset(
    name="visits",
    title="就诊",
    envelope="sm4_cbc_mac",
    row=Visit,
    key="BH",
    emits=[
        Emit(records.OutpatientVisit, when={"JG": "1"}, happened_on="RQ"),
        Emit(
            records.Death,
            when={"JG": "2"},
            basis="died_in_hospital",
            happened_on=first("RQ", before("tong_time")),
        ),
    ],
)


@hookimpl
def gateway_department():
    return Department("clinic", "诊所", (visits,))
"""


def ship(folder: Path, samples: dict[str, Any] | None = None) -> Path:
    """Put the distribution into a folder; the field table of its README is not written yet."""
    package = folder / "gateway_clinic"
    (package / "samples").mkdir(parents=True)
    (package / "__init__.py").write_text(CODE, "utf-8")
    (package / "README.md").write_text("# clinic\n\n<!-- fields:start -->\n<!-- fields:end -->\n", "utf-8")
    text = json.dumps(samples or sheet(), ensure_ascii=False)
    (package / "samples" / "visits.json").write_text(text, "utf-8")
    about = folder / "gateway_clinic-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gateway-clinic\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text("[gateway.departments]\nclinic = gateway_clinic\n", "utf-8")
    return package


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the folder, with the distribution installed."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
