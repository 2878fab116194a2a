"""A department's whole test: a class to subclass, with one test for every rule and dataset.

pytest is not imported: it finds the test by its name, and this package is also used where it is missing.
"""

from typing import Any, ClassVar

from gateway.errors import PluginError
from gateway.testing.conformance.checks import Check, checks_of
from gateway.testing.conformance.package import installed
from gateway.testing.conformance.rules import meaning


class DepartmentConformance:
    """Holds an installed department to every rule. Subclass it, name the department, and run pytest.

        class TestPolice(DepartmentConformance):
            department = "police"

    A rule that the department cannot keep is waived in `waivers.json`, beside its README.
    """

    department: ClassVar[str]

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give pytest a test for every check."""
        checks = _checks(getattr(type(self), "department", ""))
        metafunc.parametrize("check", checks, ids=[_name(check) for check in checks])

    def test_conforms(self, check: Check) -> None:
        """The department keeps the rule, or says why it does not."""
        __tracebackhide__ = True
        verdict = check.run()
        if verdict.result == "failed":
            changes = "".join(f"\n  - {change}" for change in verdict.changes)
            raise AssertionError(f"{check.rule}: {meaning(check.rule)}{changes}")


def _checks(department: str) -> list[Check]:
    try:
        return checks_of(installed(department))
    except PluginError as error:
        fault = str(error)
        return [Check("department_is_installed", None, lambda: iter((fault,)))]


def _name(check: Check) -> str:
    where = f"{check.dataset}-{check.rule}" if check.dataset else check.rule
    return where if check.reason is None else f"{where}-waived"
