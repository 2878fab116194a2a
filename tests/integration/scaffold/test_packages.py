"""Every written package is one that the gateway takes, that holds to its samples, and that is clean."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from gateway.crypto.keyring import KeyRing
from gateway.department import Department
from gateway.errors import RequestError
from gateway.fields import codes_of
from gateway.host import Host
from gateway.sandbox.keys import write_senders
from gateway.scaffold.files import distribution, write_files
from gateway.scaffold.plan import Wanted, WantedDataset
from gateway.scaffold.propose import propose
from gateway.settings import DepartmentSettings
from gateway.testing.conformance.checks import checks_of
from gateway.testing.conformance.package import Package
from tests.integration.scaffold.conftest import Written
from tests.support.project import ROOT


def test_every_package_loads_without_a_fault(host: Host, packages: dict[str, Written]) -> None:
    assert host.faults == {}
    assert set(host.departments) == set(packages)


def test_the_datasets_are_as_they_were_asked_for(department: Department, written: Written) -> None:
    shape = "file_drop" if written.envelope == "file_drop" else "service"
    assert {(each.envelope, each.shape) for each in department.datasets} == {(written.envelope, shape)}
    assert department.title == "交通运输"
    assert len(department.datasets) == (1 if written.name.startswith("start") else 8)


def test_every_rule_of_the_kit_is_kept(department: Department, written: Written) -> None:
    verdicts = [check.run() for check in checks_of(Package(department, written.package))]
    assert [verdict for verdict in verdicts if verdict.result == "failed"] == []
    assert len(verdicts) > 20


def test_what_was_told_and_what_was_guessed(packages: dict[str, Written], host: Host) -> None:
    code = packages["from_jwe"].code
    datasets = {each.name: each for each in host.department("from_jwe").datasets}
    kinds = {name: [emit.record.__name__ for emit in each.every_emit] for name, each in datasets.items()}
    assert kinds["records"] == ["Marriage", "Marriage"]
    assert kinds["cremations"] == ["Death"]
    assert kinds["day"] == ["HospitalStay"]
    assert kinds["people"] == ["PeopleRecord"]
    assert kinds["numbers"] == kinds["silent"] == ["Unclassified"]
    assert datasets["records"].name_check == "masked"
    assert datasets["first"].key == "DDH"
    assert codes_of(datasets["first"].row).keys() == {"state", "column_7"}
    assert '"9": "未说明"' in code
    assert code.count("# review: ") > 40
    assert "钱" not in code


def test_the_smallest_useful_plugin_has_forty_lines_at_most(packages: dict[str, Written]) -> None:
    for envelope in ("sm4_cbc_mac", "sm4_fields", "jwe", "sm2_sm4_gcm", "file_drop"):
        assert len(packages[f"start_{envelope}"].code.splitlines()) <= 40


def test_the_configuration_names_the_keys_that_the_envelope_needs(written: Written, tmp_path: Path) -> None:
    text = (written.folder / "config" / "departments" / f"{written.name}.yaml").read_text("utf-8")
    settings = DepartmentSettings.model_validate(yaml.safe_load(text))
    needed = [set(entry) for entry in write_senders(tmp_path, written.name, written.envelope)[0].entries]
    assert [set(entry) for entry in settings.keys] == needed
    references = [value for entry in settings.keys for part, value in entry.items() if part != "kid"]
    assert all(value.startswith(("env:GATEWAY_", "file:../secrets/")) for value in references)
    assert KeyRing(settings.keys).kids
    assert bool(settings.folder) is (written.envelope == "file_drop")
    assert all(bool(each.sid) is (written.envelope != "file_drop") for each in settings.datasets.values())


def run(*words: str, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_ruff_finds_nothing_by_the_packages_own_rules_and_by_the_projects(
    packages: dict[str, Written],
) -> None:
    folders = [str(each.folder) for each in packages.values()]
    code = [str(each.package) for each in packages.values()]
    run("ruff", "check", "--no-cache", *folders)
    run("ruff", "format", "--check", "--no-cache", *folders)
    run("ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), *code)
    run("ruff", "format", "--check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), *code)


def test_mypy_finds_nothing(packages: dict[str, Written], tmp_path: Path) -> None:
    code = [str(each.package) for each in packages.values()]
    run("mypy", "--strict", "--cache-dir", str(tmp_path), *code, MYPYPATH=str(ROOT))


def test_the_distribution_is_built_with_everything_in_it(
    packages: dict[str, Written], tmp_path: Path
) -> None:
    # a copy: what building leaves beside the package would be found as installed
    folder = shutil.copytree(packages["start_jwe"].folder, tmp_path / "copy")
    words = ("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(tmp_path))
    assert "Warning" not in run("pip", "-v", *words, str(folder))
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        points = archive.read("gateway_start_jwe-0.1.0.dist-info/entry_points.txt").decode()
    inside = {name.removeprefix("gateway_start_jwe/") for name in names if "dist-info" not in name}
    assert inside == {"__init__.py", "README.md", "py.typed", "samples/rail_trips.json"}
    assert points.split() == ["[gateway.departments]", "start_jwe", "=", "gateway_start_jwe"]


def test_the_distributions_metadata_name_it(written: Written) -> None:
    project = tomllib.loads((written.folder / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == f"gateway-{written.name.replace('_', '-')}"
    assert project["project"]["entry-points"]["gateway.departments"] == {written.name: written.package.name}


def test_its_test_is_three_lines(written: Written) -> None:
    text = (written.folder / "tests" / f"test_{written.name}.py").read_text("utf-8")
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 3
    assert lines[2] == f'    department = "{written.name}"'


PLAN = propose(Wanted("ferry", "轮渡", (WantedDataset("crossings", "航次"),), "jwe"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    files = distribution(PLAN, 2026)
    write_files(tmp_path, files)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RequestError, match=r"pyproject\.toml.*already there"):
        write_files(tmp_path, files)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_link_that_leads_nowhere_is_no_free_place(tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RequestError, match=r"README\.md"):
        write_files(tmp_path, distribution(PLAN, 2026))
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "gateway_ferry").write_text("a file where a folder should be")
    with pytest.raises(RequestError, match="cannot be written"):
        write_files(tmp_path, distribution(PLAN, 2026))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["gateway_ferry"]
