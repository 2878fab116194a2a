"""Chance without a state: a hash of seed, purpose and number stands in for every throw of dice."""

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_WHOLE: Final = 2.0**64


def hashes(seed: int, purpose: str, numbers: Numbers) -> Hashes:
    """A well-mixed 64-bit number for each (SplitMix64); other purposes give others, independent of these."""
    start = np.uint64((seed << 32) ^ zlib.crc32(purpose.encode()))
    mixed = (numbers.astype(np.uint64) + start) * _STEP
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    return mixed ^ (mixed >> np.uint64(31))


def below(bound: int, seed: int, purpose: str, numbers: Numbers) -> Numbers:
    """A number in [0, bound) for each."""
    return (hashes(seed, purpose, numbers) % np.uint64(bound)).astype(np.int64)


def shares(seed: int, purpose: str, numbers: Numbers) -> NDArray[np.float64]:
    """A number in [0, 1) for each."""
    return hashes(seed, purpose, numbers) / _WHOLE


def chosen(share: float, seed: int, purpose: str, numbers: Numbers) -> Flags:
    """Whether something befalls each that befalls this share of all."""
    return shares(seed, purpose, numbers) < share
