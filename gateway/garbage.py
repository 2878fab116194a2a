"""How often the interpreter looks for garbage."""

import gc
from typing import Final

_ALLOCATIONS: Final = 50_000
"""Objects made between two looks: Python's 700 are for small programs.

Tens of thousands live for a moment here and hold no cycles. To look through them again and again took a fifth
of publishing and a quarter of explaining.
"""


def collect_seldom() -> None:
    """Let a process that makes many objects at once look for cycles among them less often."""
    gc.set_threshold(_ALLOCATIONS)
