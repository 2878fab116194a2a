"""How a process that works on millions of rows treats its memory."""

import ctypes
import gc
from typing import Final

_ALLOCATIONS: Final = 50_000
"""Objects made between two looks for garbage: Python's 700 are for small programs.

Tens of thousands live for a moment here and hold no cycles. To look through them again and again took a fifth
of publishing and a quarter of explaining.
"""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGEST: Final = 32 * 2**20
_KEPT: Final = 128 * 2**20


def collect_seldom() -> None:
    """Let a process that makes many objects at once look for cycles among them less often."""
    gc.set_threshold(_ALLOCATIONS)


def keep_freed() -> bool:
    """Let the process keep up to 128 MiB that it has freed, if its C library can be told so; says whether.

    A page is a few texts of megabytes. glibc gives those back to the system when they are freed and asks for
    them again with the next page: 4 000 page faults for one of settlements, a twentieth of its time.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(tell and tell(_M_MMAP_THRESHOLD, _LARGEST) and tell(_M_TRIM_THRESHOLD, _KEPT))
