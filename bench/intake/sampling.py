"""Which stage the CPU is at, asked two thousand times a CPU second; whichever way the stages are written."""

import signal
import time
from collections import defaultdict
from collections.abc import Mapping
from types import FrameType, MappingProxyType
from typing import Final, Self

_EVERY_S: Final = 0.0005

_HASHING: Final = ("gateway.identity:Keyer", "gateway.identity:_Stems")
_PARSING: Final = ("gateway.identity:IdNumber", "gateway.identity:PersonName")

STAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "open": ("gateway.crypto",),
        "match": ("gateway.roster", "gateway.intake.columns.matching"),
        "key": (*_HASHING, "gateway.intake.keying", "gateway.intake.columns.keying"),
        "write": ("gateway.evidence", "gateway.store", "gateway.intake.columns.evidence"),
        "read": (
            "gateway.crypto.layout",
            "gateway.intake",
            "gateway.fields",
            "gateway.mapping",
            *_PARSING,
            "plugins",
        ),
    }
)
"""By stage the modules, or `module:name` of what is in one; the longest that fits decides.

`read` is parsing, validating, normalising and mapping: where rows become records.
"""

ELSE: Final = "else"


class Sampler:
    """Adds up CPU seconds by stage while it is open; for the main thread, and one at a time.

    A call into C that lasts long is interrupted at its end only: the whole time since the last look is
    counted for the frame that made it.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._last = 0.0

    def __enter__(self) -> Self:
        self._last = time.process_time()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)  # one that is still on its way would end the process

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        now = time.process_time()
        self.seconds[stage_of(frame)] += now - self._last
        self._last = now


def stage_of(frame: FrameType | None) -> str:
    """The stage of the innermost frame that belongs to one."""
    while frame is not None:
        found = _stage(frame.f_globals.get("__name__", ""), frame.f_code.co_qualname)
        if found:
            return found
        frame = frame.f_back
    return ELSE


def _stage(module: str, name: str) -> str | None:
    every = ((place, stage) for stage, places in STAGES.items() for place in places)
    fitting = [(len(place), stage) for place, stage in every if _fits(place, module, name)]
    return max(fitting)[1] if fitting else None


def _fits(place: str, module: str, name: str) -> bool:
    in_module, _, inside = place.partition(":")
    return f"{module}.".startswith(f"{in_module}.") and name.startswith(inside)
