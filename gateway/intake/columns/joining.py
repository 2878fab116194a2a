"""Puts together what a page came to by column and by row, as if it had been taken row by row."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.intake.columns.evidence import HASH_BYTES, in_order
from gateway.intake.columns.keying import ByColumn
from gateway.intake.columns.watching import Codes
from gateway.intake.interpret import Reading
from gateway.intake.keying import Keyed, KeyedPage
from gateway.store.tally import tally

Int64s = NDArray[np.int64]


@dataclass
class ByRow:
    """Rows that were taken one by one, each with its number in the page.

    `records` and `accepted` are the numbers of the rows of every record, and of every row taken.
    """

    keyed: Keyed = field(default_factory=Keyed)
    readings: dict[int, Reading] = field(default_factory=dict)
    records: list[int] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)

    def note(self, place: int, reading: Reading) -> None:
        """Note which row was taken last."""
        self.readings[place] = reading
        self.records += [place] * (len(self.keyed.rows) - len(self.records))
        self.accepted += [place] * (self.keyed.accepted - len(self.accepted))


def joined(columns: ByColumn, rest: ByRow, codes: Codes) -> KeyedPage:
    """All of a page in the order of its rows."""
    keyed = rest.keyed
    others = np.array(list(rest.readings), np.int64)
    versions, contents = columns.versions.copy(), columns.contents.copy()
    versions[others], contents[others] = keyed.versions, keyed.contents
    by_row = (keyed.evidence(), np.array(rest.records, np.int64))
    sound = int(columns.sound.sum())
    return KeyedPage(
        evidence=in_order([*columns.evidence, by_row]),
        refusals=tuple(keyed.refusals),
        versions=versions,
        contents=contents,
        accepted_keys=_accepted_keys(columns, rest),
        unknown_codes=_counted(codes, rest),
        received=sound + keyed.received,
        accepted=sound + keyed.accepted,
        refused=keyed.refused,
        matched=columns.matched + keyed.matched,
        strangers=columns.strangers + keyed.strangers,
    )


def _accepted_keys(columns: ByColumn, rest: ByRow) -> bytes:
    hashes, taken = columns.key_hashes.copy(), columns.sound.copy()
    hashes[rest.accepted] = np.frombuffer(b"".join(rest.keyed.accepted_keys), np.uint8).reshape(
        -1, HASH_BYTES
    )
    taken[rest.accepted] = True
    return hashes[taken].tobytes()


def _counted(codes: Codes, rest: ByRow) -> dict[str, int]:
    counts: dict[str, int] = {}
    every = codes | {place: reading.unknown_codes for place, reading in rest.readings.items()}
    for place in sorted(every):
        for code in every[place]:
            tally(counts, code)
    return counts
