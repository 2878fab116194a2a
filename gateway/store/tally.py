"""Counts by name, so many of them and no more: hostile rows must fill neither memory nor database."""

from typing import Final

MOST_NAMES: Final = 50
"""So many names are kept apart of one page, and of one dataset in one run."""

OTHERS: Final = "(others)"
"""Stands for all the names beyond them."""


def tally(counts: dict[str, int], name: str, rows: int = 1) -> None:
    """Count a name, or one too many together with the others."""
    kept = name if name in counts or len(counts) < MOST_NAMES else OTHERS
    counts[kept] = counts.get(kept, 0) + rows
