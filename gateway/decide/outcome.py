"""What the rules make of one bucket of benefits, before anything is told of it."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Settles = Literal["suspicion", "loss"]
"""What a person just found harmless: an open suspicion or conflict, or a loss that had been confirmed."""


@dataclass(frozen=True)
class BucketOutcome:
    """What one bucket was decided to be.

    `state` has the DECIDED columns of the benefits that were asked for: of all, or of those whose row is
    another one now. `changed` has those and the BESIDE columns for the changed ones only, `references` the
    rows of evidence behind the changed ones.
    """

    state: pa.Table
    changed: pa.Table
    references: pa.Table
    settles: Settles | None = None
