"""Holds one department to every rule: the checks in their order, and the verdict on each."""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from gateway.errors import GatewayError, PluginError
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.package import Package
from gateway.testing.conformance.rules import CASE_RULES, PACKAGE_RULES, READABLE, WAIVERS
from gateway.testing.conformance.waivers import FILE, reason_for, unfounded, waivers_of

_SHOWN: Final = 5
"""How many faults of one check are told: whoever mends those runs it again."""

Result = Literal["passed", "failed", "waived"]


@dataclass(frozen=True)
class Verdict:
    """What one check came to; `changes` say what to change, `reason` why the rule is waived."""

    rule: str
    dataset: str | None
    result: Result
    changes: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Check:
    """One rule and what it is asked of: a dataset, or the package as a whole."""

    rule: str
    dataset: str | None
    ask: Callable[[], Iterator[str]] = field(repr=False)
    reason: str | None = None

    def run(self) -> Verdict:
        """Try the rule; whatever comes out of the department's own code is a fault of it."""
        changes = tuple(_told(self.ask))
        failed: Result = "failed" if self.reason is None else "waived"
        return Verdict(self.rule, self.dataset, failed if changes else "passed", changes, self.reason)


def checks_of(package: Package) -> list[Check]:
    """Every check of a department, those of the package first."""
    try:
        waivers = waivers_of(package)
    except PluginError as error:
        return [Check(WAIVERS, None, partial(iter, (str(error),))), *_rules(package, {})]
    checks = [*_rules(package, waivers)]
    return [Check(WAIVERS, None, partial(_needless, waivers, checks)), *checks]


def _rules(package: Package, waivers: Mapping[str, str]) -> Iterator[Check]:
    for name, of_package in PACKAGE_RULES.items():
        yield Check(name, None, partial(of_package, package), reason_for(name, waivers))
    for dataset in package.department.datasets:
        case = Case(package, dataset)
        readable = not _told(partial(CASE_RULES[READABLE], case))
        for name, rule in CASE_RULES.items():
            if readable or name == READABLE:
                yield Check(name, dataset.name, partial(rule, case), reason_for(name, waivers))


def _needless(waivers: Mapping[str, str], checks: Iterable[Check]) -> Iterator[str]:
    yield from unfounded(waivers, {**PACKAGE_RULES, **CASE_RULES})
    for rule in waivers:
        asked = [check for check in checks if check.rule == rule]
        if asked and all(check.run().result == "passed" for check in asked):
            yield f"{FILE}: {rule} is waived, and kept all the same: remove the waiver"


def _told(ask: Callable[[], Iterator[str]]) -> list[str]:
    """The faults that a rule finds, each once, and no more than somebody mends at a time."""
    try:
        faults = [*islice(dict.fromkeys(ask()), _SHOWN + 1)]
    except GatewayError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises is a fault of it
        return [_came_out(error)]
    more = ["and more of the same rule: mend these, then ask again"]
    return faults[:_SHOWN] + more if len(faults) > _SHOWN else faults


def _came_out(error: Exception) -> str:
    """The error by its type and place; its text may hold what a row holds."""
    frames = traceback.extract_tb(error.__traceback__)
    place = [frame for frame in frames if "pydantic" not in frame.filename][-1]
    return (
        f"{type(error).__name__} came out of {Path(place.filename).name}, line {place.lineno}: "
        "raise ValueError with a rule's name from a validator, and nothing else"
    )
