"""Every rule that a row can break is explained once, and nothing else is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import fields, identity
from gateway.intake import interpret
from gateway.intake.rules import RULES, meaning_of
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.hostile import HOSTILE
from gateway.testing.conformance.package import installed
from tests.plugins.examples import DEPARTMENTS

MODULES = (fields, identity, interpret)
CASES = [Case(installed(name), dataset) for name in DEPARTMENTS for dataset in DEPARTMENTS[name].datasets]
NAMING = {"ValueError", "Fault", "_BrokenRule"}


def named_in(source: str) -> Iterator[str]:
    """The rules that a module's code names as it gives them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMING:
            last = node.args[-1] if node.args else None
            if isinstance(last, ast.Constant) and isinstance(last.value, str):
                yield last.value


def named() -> set[str]:
    return {rule for module in MODULES for rule in named_in(Path(str(module.__file__)).read_text("utf-8"))}


@pytest.fixture(scope="module")
def met() -> set[str]:
    """The rules that hostile values break in the departments' rows."""
    found: set[str] = set()
    for case in CASES:
        for row in (sample.row for sample in case.of_each_shape()):
            hostile = [{**row, name: value} for name in row for value in HOSTILE.values()]
            dropped = [{key: value for key, value in row.items() if key != name} for name in row]
            for each in [*hostile, *dropped]:
                found.update(fault.rule for fault in case.read(each).faults)
    return found


def test_every_rule_of_fields_identities_and_reading_is_explained() -> None:
    assert {"date_form", "id_check_digit", "row_form", "future_date"} <= named()
    assert named() - set(RULES) == set()


def test_every_rule_that_hostile_rows_break_is_explained(met: set[str]) -> None:
    own = meaning_of("a_rule_of_some_plugin")
    assert {rule for rule in met if meaning_of(rule) == own} == set()
    assert len(met) > 8


def test_no_rule_is_explained_that_cannot_be_broken(met: set[str]) -> None:
    assert set(RULES) - named() - met == set()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("date_type", "of another type than the plugin gives the column"),
        ("int_parsing", "cannot be read as what the plugin says"),
        ("KeyError", "own code failed"),
        ("case_number_form", "its README says"),
    ],
)
def test_other_names_are_explained_by_where_they_come_from(rule: str, said: str) -> None:
    assert said in meaning_of(rule).means


@pytest.mark.parametrize("rule", RULES)
def test_an_explanation_is_a_sentence_and_says_what_to_do(rule: str) -> None:
    for text in meaning_of(rule):
        assert text[0].isupper()
        assert text.endswith(".")
        assert len(text) < 160
