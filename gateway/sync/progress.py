"""How a decide run tells those who watch how far it is."""

from collections.abc import Callable
from typing import Literal

Phase = Literal["deciding", "publishing"]
Progress = Callable[[Phase, int, int], None]
"""Told after every bucket: how many are decided or published, of how many."""


def silent(_phase: Phase, _done: int, _all: int) -> None:
    """Progress for those who do not watch."""
