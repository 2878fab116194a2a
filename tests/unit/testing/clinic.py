"""A small department that keeps every rule, to be broken in one place at a time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

from gateway import (
    Code,
    Codes,
    Dataset,
    Day,
    Department,
    Emit,
    Field,
    IdText,
    Key,
    NameText,
    SourceRow,
    before,
    first,
    records,
)
from gateway.testing.conformance.checks import checks_of
from gateway.testing.conformance.package import Package
from gateway.testing.markdown import END, START, with_tables
from tests.unit.core.people import id_number

OUTCOME: Final = Codes({"1": "回家", "2": "死亡"})
NUMBER: Final = id_number()
NAME: Final = "艾山·吐尔逊"


class Visit(SourceRow):
    number: Key = Field(alias="BH", title="编号")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    outcome: Annotated[Code, OUTCOME] = Field(alias="JG", title="结果")
    visited_on: Day = Field(alias="RQ", title="日期")


SEEN: Final = Emit(records.OutpatientVisit, when={"JG": "1"}, happened_on="RQ")
DIED: Final = Emit(
    records.Death,
    when={"JG": "2"},
    basis="died_in_hospital",
    happened_on=first("RQ", before("tong_time")),
)
VISITS: Final = Dataset(
    name="visits", title="就诊", envelope="sm4_cbc_mac", row=Visit, key="BH", emits=[SEEN, DIED]
)


def row(**columns: Any) -> dict[str, Any]:
    """A visit of somebody who went home."""
    usual = {"BH": "C-990101-1", "SFZH": NUMBER, "XM": NAME, "JG": "1", "RQ": "20260801"}
    return {**usual, "op": "I", "tong_time": "2026-08-06 01:00:00", **columns}


def sheet() -> dict[str, Any]:
    """Samples that leave nothing of the mapping untried."""
    visit = {"kind": "outpatient_visit", "happened_on": "2026-08-01"}
    death = {"kind": "death", "happened_on": "2026-08-01"}
    return {
        "received_at": "2026-09-02 08:00:00",
        "accepted": [
            {"why": "went home", "row": row(), "records": [visit]},
            {"why": "died", "row": row(BH="C-990101-2", JG="2"), "records": [death]},
        ],
        "refused": [
            {"why": "no day", "row": row(BH="C-990101-3", RQ="20260231"), "field": "RQ", "rule": "date_form"}
        ],
    }


def package(
    folder: Path,
    dataset: Dataset = VISITS,
    samples: Mapping[str, Any] | None = None,
    title: str = "诊所",
    waivers: Mapping[str, str] | None = None,
) -> Package:
    """The clinic in a folder of its own, as if it were installed."""
    department = Department("clinic", title, (dataset,))
    home = folder / "clinic"
    (home / "samples").mkdir(parents=True)
    readme = with_tables(f"# clinic\n\n{START}\n{END}\n", department)
    (home / "README.md").write_text(readme, "utf-8")
    _write(home / "samples" / "visits.json", samples or sheet())
    if waivers is not None:
        _write(home / "waivers.json", waivers)
    return Package(department, home)


def with_row(described: type[SourceRow], **changes: Any) -> Dataset:
    """The clinic's dataset with other rows."""
    return replace(VISITS, row=described, **changes)


def failed(found: Package) -> dict[str, str]:
    """The rules that a department does not keep, and what it is told to change."""
    verdicts = [check.run() for check in checks_of(found)]
    return {each.rule: "\n".join(each.changes) for each in verdicts if each.result == "failed"}


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
