"""What the rules make of one bucket of benefits, before anything is told of it."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Settles = Literal["suspicion", "loss"]
"""What a person just found harmless: an open suspicion or conflict, or a loss that had been confirmed."""


@dataclass(frozen=True)
class BucketOutcome:
    """What one bucket was decided to be.

    `state` has the DECIDED columns for all benefits, `changed` those and the BESIDE columns for the changed
    ones only, `references` the rows of evidence behind the changed ones. `stored` says of each row of `state`
    whether it differs from the last one.
    """

    state: pa.Table
    changed: pa.Table
    references: pa.Table
    stored: pa.ChunkedArray | None = None
    settles: Settles | None = None
