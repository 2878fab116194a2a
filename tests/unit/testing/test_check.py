"""`gateway check`: the rules as a table, or as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import check
from gateway.cli.app import app
from gateway.errors import PluginError
from gateway.testing.conformance.package import Package
from tests.unit.testing.clinic import VISITS, package


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> "Run":
    return Run(monkeypatch)


class Run:
    """The command, for a package that is not truly installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, found: Package, *words: str) -> Result:
        self._monkeypatch.setattr(check, "installed", lambda _name: found)
        return CliRunner().invoke(app, ["check", "clinic", *words])


def test_rules_that_are_kept_are_one_line_each(run: Run, tmp_path: Path) -> None:
    found = run(package(tmp_path))
    assert found.exit_code == 0
    lines = [line.split() for line in found.stdout.splitlines()]
    assert ["accepted_samples", "all", "passed", "-"] in lines
    assert ["name_is_folder", "-", "passed", "-"] in lines
    assert "clinic: 29 passed" in found.stdout


def test_a_rule_that_is_not_kept_is_told_with_what_to_change(run: Run, tmp_path: Path) -> None:
    found = run(package(tmp_path, replace(VISITS, title="")))
    assert isinstance(found.exception, PluginError)
    assert "visits has no title: give its Dataset one" in found.stdout
    assert "clinic: 28 passed, 1 failed" in found.stdout


def test_a_waived_rule_is_told_with_its_reason(run: Run, tmp_path: Path) -> None:
    reason = "the data dictionary has none"
    found = run(package(tmp_path, title="", waivers={"titles_given": reason}))
    assert found.exit_code == 0
    assert f"waived: {reason}" in found.stdout
    assert "clinic: 28 passed, 1 waived" in found.stdout


def test_json_has_an_object_for_each_rule_and_dataset(run: Run, tmp_path: Path) -> None:
    found = run(package(tmp_path, title=""), "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    [failed] = [row for row in rows if row["result"] == "failed"]
    assert failed == {
        "department": "clinic",
        "rule": "titles_given",
        "dataset": None,
        "result": "failed",
        "changes": ['Department("clinic", …) has no title: give it its Chinese name'],
        "reason": None,
    }


def test_the_others_that_keep_a_rule_are_named_beside_the_one_that_does_not(run: Run, tmp_path: Path) -> None:
    found = package(tmp_path)
    second = replace(VISITS, name="calls")
    found = replace(found, department=replace(found.department, datasets=(VISITS, second)))
    lines = [line.split() for line in run(found).stdout.splitlines()]
    assert ["samples_are_readable", "visits", "passed", "-"] in lines
    assert any(line[:3] == ["samples_are_readable", "calls", "failed"] for line in lines)
