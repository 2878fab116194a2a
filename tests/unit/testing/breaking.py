"""Takes down departments that are broken in one place, with the rules they fail and what they are told."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gateway.testing.conformance.package import Package

Broken = Callable[[Path], Package]


class Case(NamedTuple):
    """A broken department, made in a folder of its own."""

    make: Broken
    rules: frozenset[str]
    told: str


CASES: list[Case] = []


def fails(*rules: str, told: str) -> Callable[[Broken], Broken]:
    """Say which rules a broken department fails - these and no other - and a part of what it is told."""

    def taken(broken: Broken) -> Broken:
        CASES.append(Case(broken, frozenset(rules), told))
        return broken

    return taken
