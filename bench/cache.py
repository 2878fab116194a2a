"""Where the bench keeps what is dear to make: outside the repository, by seed, size and version."""

import os
import shutil
from pathlib import Path
from typing import Final

from bench.data.landing import VERSION, Landing
from bench.data.people import People
from bench.errors import DiskTooSmallError

SEED: Final = 20260420
_VARIABLE: Final = "GATEWAY_BENCH_CACHE"
_GIB: Final = 2**30

_SEALED_BYTES: Final = 2_200
"""A month's sealed pages for each benefit, 3 1/3 rows."""

_FIRST_BYTES: Final = 3_200
"""What the first month leaves for each benefit: 400 of evidence, else events about nearly everybody."""

_LATER_BYTES: Final = 1_800
"""What a later month adds: as much evidence, and events about half of them."""


def cache_folder() -> Path:
    """`GATEWAY_BENCH_CACHE`, else a folder of the user's cache."""
    named = os.environ.get(_VARIABLE)
    if named:
        return Path(named)
    usual = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(usual) / "certification-gateway-bench"


def landing_of(benefits: int, seed: int = SEED) -> Landing:
    """The province of so many benefits, which may have to be made yet."""
    folder = cache_folder() / f"province-v{VERSION}-{seed}-{benefits}"
    folder.mkdir(parents=True, exist_ok=True)
    return Landing(folder, People(benefits, seed))


def check_disk(needed: int, folder: Path | None = None) -> None:
    """Make sure that so many bytes are free where the cache is.

    Raises:
        DiskTooSmallError: they are not; says how many are needed and what can be done.
    """
    place = folder or cache_folder()
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if free < needed:
        raise DiskTooSmallError(
            f"{needed / _GIB:.0f} GiB are needed in {place} and {free / _GIB:.0f} GiB are free: free some, "
            f"name another place in {_VARIABLE}, or ask for fewer --benefits"
        )


def needed_bytes(benefits: int, months: int, at_once: int = 1) -> int:
    """The disk for so many months one after the other, with the pages of so many at once."""
    return benefits * (at_once * _SEALED_BYTES + _FIRST_BYTES + (months - 1) * _LATER_BYTES)
