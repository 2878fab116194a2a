"""Packages of every envelope, from nothing, from rows and from a data dictionary, written once."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gateway.department import Department
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import Host, build_host
from gateway.scaffold.files import distribution, write_files
from gateway.scaffold.plan import KNOWN_ENVELOPES, Wanted, WantedDataset, shape_for
from gateway.scaffold.propose import propose

TRIPS = [
    {
        "DDH": f"T2026{number}",
        "SFZH": "99010219450203002X",
        "XM": "钱多多",
        "CCSJ": "2026-07-03 08:15:00" if number % 3 else None,
        "CCRQ": "2026/07/03",
        "ZT": str(number % 3),
        "席别": "A1" if number % 2 else "B",
        "PRICE": 12.5,
        "BZ": "轮椅旅客",
        "op": "I",
        "tong_time": "2026-07-04 01:00:00",
    }
    for number in range(9)
]
COUPLES = [
    {
        "cert_no": f"M2026{number}",
        "name_man": "钱*",
        "cert_num_man": "990101400101001",
        "name_woman": "孙**",
        "cert_num_woman": "99010219450203002X",
        "op_type": "IA",
        "op_date": "20260703093000",
    }
    for number in range(4)
]
STRANGE = [
    {
        "class": "x",
        "import": f"N{number}",
        "json": "y",
        "l": "y",
        "operation": "z",
        "loaded_at": "20260703",
        "model_config": "v",
        "Name": "张三",
        "name": "z",
        "NAME_": "w",
        "座位号": "x",
        "A" * 40: "x",
        "数" * 40: "20260703",
        "x.y(z)/a": "u",
        "SFZH": "99010219450203002X",
        "id": "u",
        "PRESENT": "u",
        "records": "1",
        "OP": "I",
    }
    for number in range(5)
]
DEATHS = """字段名,中文名,类型,代码,主键
ZMBH,证明编号,C20,,是
SFZH,身份证号,C18,,
XM,姓名,C50,,
HHSJ,火化时间,DT14,,
XB,性别,C1,1 男 2 女 9 未说明,
"""
PEOPLE = [{"N_NO": f"P2026{number}", "SFZH": "99010219450203002X", "XM": "孙多多"} for number in range(3)]
NUMBERS = "N_NO,SFZH,CSRQ\nP20261,99010219450203002X,19450203\n"
SILENT = "N_NO,SFZH\nP20261,99010219450203002X\n"
STAYS = "MEDRCDNO,CERTNO,PSN_NAME,RYRQ,CYRQ\nA20261,99010219450203002X,孙多多,20260703,\n"


@dataclass(frozen=True)
class Written:
    """One package as it lies there."""

    name: str
    envelope: str
    folder: Path

    @property
    def package(self) -> Path:
        return self.folder / f"gateway_{self.name}"

    @property
    def code(self) -> str:
        return (self.package / "__init__.py").read_text("utf-8")

    def sheet(self, dataset: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.package / "samples" / f"{dataset}.json").read_text("utf-8"))
        return found


def sampled(folder: Path) -> tuple[WantedDataset, ...]:
    """Datasets of every form of sample file."""
    files = {
        "first": ("行程", json.dumps(TRIPS).encode()),
        "records": ("结婚登记", "\n".join(map(json.dumps, COUPLES)).encode()),
        "strange_columns_x": ("列" * 30, json.dumps({"rows": STRANGE}).encode()),
        "cremations": ("火化", DEATHS.encode("gb18030")),
        "people": ("人口", json.dumps(PEOPLE).encode()),
        "numbers": ("证件", NUMBERS.encode()),
        "silent": ("名单", SILENT.encode()),
        "day": ("住院", ("\ufeff" + STAYS).encode()),
    }
    for name, (_, content) in files.items():
        (folder / f"{name}.sample").write_bytes(content)
    return tuple(
        WantedDataset(name, title, None, (folder / f"{name}.sample",)) for name, (title, _) in files.items()
    )


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Written]]:
    folder = tmp_path_factory.mktemp("packages")
    start = (WantedDataset("rail_trips", "铁路实名行程"),)
    written = {}
    for envelope in KNOWN_ENVELOPES:
        for name, datasets in ((f"start_{envelope}", start), (f"from_{envelope}", sampled(folder))):
            plan = propose(Wanted(name, "交通运输", datasets, envelope, shape_for(envelope, None)))
            write_files(folder / name, distribution(plan, 2026))
            written[name] = Written(name, envelope, folder / name)
            sys.path.insert(0, str(folder / name))
    yield written
    for each in written.values():
        sys.path.remove(str(each.folder))
        sys.modules.pop(each.package.name, None)


@pytest.fixture(scope="session")
def host(packages: dict[str, Written]) -> Host:
    return build_host([EntryPoint(name, f"gateway_{name}", ENTRY_POINTS) for name in packages])


@pytest.fixture(params=[f"{kind}_{envelope}" for kind in ("start", "from") for envelope in KNOWN_ENVELOPES])
def written(request: pytest.FixtureRequest, packages: dict[str, Written]) -> Written:
    return packages[request.param]


@pytest.fixture
def department(written: Written, host: Host) -> Department:
    return host.department(written.name)
