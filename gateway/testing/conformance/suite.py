"""A department's whole test: a class to subclass, with one test for every rule and dataset.

pytest is not imported: it finds the test by its name, and this package is also used where it is missing.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from gateway.errors import PluginError
from gateway.testing.conformance.checks import Check, checks_of
from gateway.testing.conformance.package import installed
from gateway.testing.conformance.rules import INSTALLED, meaning
from gateway.testing.conformance.waivers import FILE


class DepartmentConformance:
    """Holds an installed department to every rule. Subclass it, name the department, and run pytest.

        class TestPolice(DepartmentConformance):
            department = "police"

    A rule that the department cannot keep is waived in `waivers.json`, beside its README.
    """

    department: ClassVar[str]

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give pytest a test for every check."""
        if "check" in metafunc.fixturenames:
            checks = _checks(type(self))
            metafunc.parametrize("check", checks, ids=[_name(check) for check in checks])

    def test_conforms(self, check: Check) -> None:
        """The department keeps the rule, or says why it does not."""
        __tracebackhide__ = True
        verdict = check.run()
        if verdict.result == "failed":
            changes = "".join(f"\n  - {change}" for change in verdict.changes)
            raise AssertionError(f"{check.rule}: {meaning(check.rule)}{changes}")


def _checks(test: type[DepartmentConformance]) -> list[Check]:
    faults = [*_misstated(test)]
    try:
        checks = checks_of(installed(getattr(test, "department", "")))
    except PluginError as error:
        faults, checks = [str(error)], []
    return [Check(INSTALLED, None, partial(iter, faults)), *checks]


def _misstated(test: type[DepartmentConformance]) -> Iterator[str]:
    if hasattr(test, "waivers"):
        yield f"{test.__name__}.waivers: move them to {FILE} beside the README, for `gateway check` as well"


def _name(check: Check) -> str:
    where = f"{check.dataset}-{check.rule}" if check.dataset else check.rule
    return where if check.reason is None else f"{where}-waived"
