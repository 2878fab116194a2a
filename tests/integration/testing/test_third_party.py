"""The kit as a third party uses it: three lines under pytest, and `gateway check` where there is no pytest."""

import json
from pathlib import Path

import pytest

from tests.integration.testing.third_party import python, ship
from tests.unit.testing.clinic import NAME, NUMBER, sheet

THREE_LINES = """from gateway.testing import DepartmentConformance
class TestClinic(DepartmentConformance):
    department = "clinic"
"""
WITHOUT_PYTEST = """import sys
sys.modules["pytest"] = None
from gateway.testing import DepartmentConformance
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ship(tmp_path)
    assert python(tmp_path, "-m", "gateway.testing.field_table").returncode == 0
    return tmp_path


def pytest_in(folder: Path, test: str) -> str:
    (folder / "test_clinic.py").write_text(test, "utf-8")
    return python(folder, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_clinic.py").stdout


def test_three_lines_are_a_whole_test(folder: Path) -> None:
    said = pytest_in(folder, THREE_LINES)
    assert "TestClinic::test_conforms[visits-accepted_samples] PASSED" in said
    assert "TestClinic::test_conforms[readme_is_current] PASSED" in said
    assert "29 passed" in said


def test_a_failure_says_what_to_change_and_shows_no_row(tmp_path: Path) -> None:
    samples = sheet()
    samples["accepted"][0]["records"] = []
    ship(tmp_path, samples)
    said = pytest_in(tmp_path, THREE_LINES)
    assert "2 failed, 27 passed" in said
    assert "accepted_samples: Accepted samples become exactly their records" in said
    assert "“went home”: becomes outpatient_visit, not nothing: mend the mapping or the sample" in said
    assert "run `python -m gateway.testing.field_table`" in said
    assert NUMBER not in said
    assert NAME not in said


def test_waivers_stand_in_one_place(folder: Path) -> None:
    said = pytest_in(folder, f'{THREE_LINES}    waivers = {{"titles_given": "because"}}\n')
    assert "TestClinic.waivers: move them to waivers.json" in said
    assert "1 failed, 28 passed" in said


def test_a_department_that_is_not_installed_is_a_failed_test(folder: Path) -> None:
    said = pytest_in(folder, THREE_LINES.replace('"clinic"', '"clinics"'))
    assert "no department 'clinics' is installed" in said
    assert "1 failed" in said


def test_the_class_needs_no_pytest(folder: Path) -> None:
    assert python(folder, "-c", WITHOUT_PYTEST).returncode == 0


def test_the_command_says_the_same_in_a_table(tmp_path: Path) -> None:
    package = ship(tmp_path)
    reason = "the department's people keep the README elsewhere"
    broken = python(tmp_path, "-m", "gateway.cli", "check", "clinic")
    assert broken.returncode == 11
    assert "clinic does not keep every rule" in broken.stderr
    [line] = [line for line in broken.stdout.splitlines() if line.startswith("readme_is_current")]
    assert "failed" in line
    assert "run `python -m gateway.testing.field_table`" in line
    (package / "waivers.json").write_text(json.dumps({"readme_is_current": reason}), "utf-8")
    waived = python(tmp_path, "-m", "gateway.cli", "check", "clinic")
    assert waived.returncode == 0
    assert f"waived: {reason}" in waived.stdout
    assert "clinic: 27 passed, 1 waived" in waived.stdout


def test_the_command_speaks_json(folder: Path) -> None:
    found = python(folder, "-m", "gateway.cli", "check", "clinic", "--json")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert found.returncode == 0
    assert {row["result"] for row in rows} == {"passed"}
    assert rows[-1].keys() == {"department", "rule", "dataset", "result", "changes", "reason"}
