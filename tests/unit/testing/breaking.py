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


def into(cases: list[Case]) -> Callable[..., Callable[[Broken], Broken]]:
    """A decorator that says which rules a department fails, and no other, and a part of what it is told."""

    def fails(*rules: str, told: str) -> Callable[[Broken], Broken]:
        def taken(broken: Broken) -> Broken:
            cases.append(Case(broken, frozenset(rules), told))
            return broken

        return taken

    return fails
