"""The kit as a third party uses it: three lines under pytest, and nothing of pytest where it is missing."""

from pathlib import Path

import pytest

from tests.integration.testing.third_party import python, ship
from tests.unit.testing.clinic import NAME, NUMBER, sheet

CLASSES = """from gateway.testing import DepartmentConformance
class TestClinic(DepartmentConformance):
    department = "clinic"
    def test_of_its_own(self):
        pass
class TestWaiving(DepartmentConformance):
    department = "clinic"
    waivers = {"titles_given": "because"}
class TestGone(DepartmentConformance):
    department = "clinics"
"""
WITHOUT_PYTEST = """import sys
sys.modules["pytest"] = None
from gateway.testing import DepartmentConformance
"""


def said_by_pytest(folder: Path) -> str:
    """What pytest says of the classes."""
    (folder / "test_clinic.py").write_text(CLASSES, "utf-8")
    return python(folder, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_clinic.py").stdout


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says where the department keeps every rule."""
    folder = tmp_path_factory.mktemp("sound")
    package = ship(folder)
    written = python(folder, "-m", "gateway.testing.field_table").stdout
    assert f"{package / 'README.md'}: written" in written
    return said_by_pytest(folder)


def test_three_lines_are_a_whole_test(sound: str) -> None:
    assert "TestClinic::test_conforms[visits-accepted_samples] PASSED" in sound
    assert "TestClinic::test_conforms[readme_is_current] PASSED" in sound
    assert "TestClinic::test_conforms[department_is_installed] PASSED" in sound
    assert "TestClinic::test_of_its_own PASSED" in sound


def test_waivers_stand_in_one_place(sound: str) -> None:
    assert "TestWaiving.waivers: move them to waivers.json" in sound
    assert "TestWaiving::test_conforms[titles_given] PASSED" in sound


def test_a_department_that_is_not_installed_is_a_failed_test(sound: str) -> None:
    assert "TestGone::test_conforms[department_is_installed] FAILED" in sound
    assert "no department 'clinics' is installed" in sound
    assert "2 failed, 60 passed" in sound


def test_a_failure_says_what_to_change_and_shows_no_row(tmp_path: Path) -> None:
    samples = sheet()
    samples["accepted"][0]["records"] = []
    ship(tmp_path, samples)
    said = said_by_pytest(tmp_path)
    assert "accepted_samples: Accepted samples become exactly their records" in said
    assert "“went home”: becomes outpatient_visit, not nothing: mend the mapping or the sample" in said
    assert "run `python -m gateway.testing.field_table`" in said
    assert NUMBER not in said
    assert NAME not in said


def test_the_class_needs_no_pytest(tmp_path: Path) -> None:
    assert python(tmp_path, "-c", WITHOUT_PYTEST).returncode == 0


def test_a_rule_that_is_not_kept_on_site_is_told_with_exit_code_11(tmp_path: Path) -> None:
    ship(tmp_path)
    found = python(tmp_path, "-m", "gateway.cli", "check", "clinic")
    assert found.returncode == 11
    assert "clinic does not keep every rule" in found.stderr
    [line] = [line for line in found.stdout.splitlines() if line.startswith("readme_is_current")]
    assert "failed" in line
    assert "run `python -m gateway.testing.field_table`" in line
