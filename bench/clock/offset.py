"""How far from this machine's clock something is to live."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from bench.clock.turning import OFFSET
from gateway.clock import CHINA, system_clock

ROOT: Final = Path(__file__).parents[2]
_STARTED: Final = Path(__file__).parent / "started"


@dataclass(frozen=True)
class Offset:
    """Seconds later than this machine's clock, or earlier."""

    seconds: float

    @classmethod
    def to(cls, instant: datetime) -> Self:
        """What makes it this instant now, naive and in Asia/Shanghai."""
        return cls((instant.replace(tzinfo=CHINA) - system_clock()).total_seconds())

    def environment(self) -> dict[str, str]:
        """What a process is started with that is to live by it, with all those below it."""
        return {OFFSET: str(self.seconds), "PYTHONPATH": os.pathsep.join(map(str, (ROOT, _STARTED)))}
