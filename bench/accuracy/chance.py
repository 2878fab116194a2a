"""Random draws that several parts of the province share."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


def some(rng: Generator, of: Indices, share: float | Floats) -> Indices:
    """Each of them with this chance."""
    return of[rng.random(len(of)) < share]


def spread(rng: Generator, rates: Floats, years: float) -> Indices:
    """The places of an array, each as often as a Poisson process of its yearly rate makes it happen."""
    return np.repeat(np.arange(len(rates)), rng.poisson(rates * years))


def between(rng: Generator, span: tuple[int, int], count: int) -> Indices:
    """Whole numbers within a span, both ends included."""
    return rng.integers(span[0], span[1] + 1, count)


def log_normal(rng: Generator, median: float, sigma: float, count: int) -> Floats:
    """Positive numbers around a median."""
    return median * np.exp(rng.normal(0, sigma, count))


def chosen(rng: Generator, shares: dict[str, float], count: int) -> NDArray[np.str_]:
    """Names drawn by their shares, which need not add up to one exactly."""
    weights = np.array(list(shares.values()))
    return rng.choice(np.array(list(shares)), count, p=weights / weights.sum())


def codes(prefix: str, first: int, count: int, width: int = 8) -> NDArray[np.str_]:
    """Running codes such as departments give their rows."""
    numbers = np.char.mod(f"%0{width}d", np.arange(first, first + count))
    return np.char.add(prefix, numbers)
