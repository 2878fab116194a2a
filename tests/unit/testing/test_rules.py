"""Every rule can fail: a department broken in one place fails that rule, and is told what to change."""

from pathlib import Path

import pytest

from gateway.testing.conformance.checks import checks_of
from gateway.testing.conformance.rules import CASE_RULES, PACKAGE_RULES, WAIVERS, meaning
from tests.unit.testing import broken_code, broken_samples
from tests.unit.testing.breaking import CASES, Case
from tests.unit.testing.clinic import NAME, NUMBER, failed, package

EVERY_RULE = {WAIVERS, *PACKAGE_RULES, *CASE_RULES}


def test_a_sound_department_keeps_every_rule(tmp_path: Path) -> None:
    found = package(tmp_path)
    assert failed(found) == {}
    assert {check.rule for check in checks_of(found)} == EVERY_RULE


@pytest.mark.parametrize("case", CASES, ids=[case.make.__name__ for case in CASES])
def test_a_broken_department_fails_what_it_breaks_and_nothing_else(case: Case, tmp_path: Path) -> None:
    found = failed(case.make(tmp_path))
    assert found.keys() == case.rules
    told = "\n".join(found.values())
    assert case.told in told
    assert NUMBER not in told
    assert NAME not in told


@pytest.mark.parametrize("module", [broken_code, broken_samples])
def test_every_broken_department_of_a_file_is_tried(module: object) -> None:
    made = {case.make.__name__ for case in CASES if case.make.__module__ == getattr(module, "__name__", "")}
    assert made


def test_no_rule_is_without_a_department_that_breaks_it() -> None:
    assert {rule for case in CASES for rule in case.rules} == EVERY_RULE


@pytest.mark.parametrize("rule", sorted(EVERY_RULE))
def test_every_rule_says_what_it_asks(rule: str) -> None:
    assert meaning(rule).endswith(".")
