"""An event of a test's own, as the outbox takes it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple


class NewEvent(NamedTuple):
    """An event that has no number yet; `serialise` makes its bytes once it has one."""

    event_id: str
    type: str
    subject: str
    county: str | None
    time: datetime
    serialise: Callable[[int], bytes]
    replaces: str | None = None
