"""The one table all evidence is kept in: a row per record, typed, without a name or an ID number.

Dates are days in Asia/Shanghai; instants are naive Asia/Shanghai times in microseconds.
"""

from typing import Final

import pyarrow as pa

BUCKETS: Final = 16
"""Persons are spread over this many buckets by `person % BUCKETS`; one bucket is decided at a time."""

STRANGERS: Final = -1
"""The bucket of rows about people who are not (yet) on the roster, and of rows that name nobody."""

EVIDENCE: Final = pa.schema(
    [
        pa.field("person", pa.int64()),  # roster number; null for a stranger
        pa.field("person_key", pa.int64()),  # only kept on adverse records, to match them again
        pa.field("name_key", pa.int64()),
        pa.field("name_shape", pa.int64()),  # what is visible of a masked name, in place of its key
        pa.field("department", pa.string(), nullable=False),
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("key_hash", pa.binary(16), nullable=False),  # the row's key
        pa.field("item", pa.int16(), nullable=False),  # which record of the row (two spouses: 0 and 1)
        pa.field("kind", pa.string(), nullable=False),
        pa.field("basis", pa.string()),  # of a death or custody; the method of a certification
        pa.field("polarity", pa.string(), nullable=False),  # of_life, adverse, neutral
        pa.field("strength", pa.string()),  # strong, weak; null unless of_life
        pa.field("origin", pa.string(), nullable=False),  # department, agency, community
        pa.field("identity", pa.string(), nullable=False),  # match, doubt (name differs), unchecked (no name)
        pa.field("happened_on", pa.date32()),  # never null for of_life; null for a death that is only bounded
        pa.field("earliest", pa.date32()),  # of a death
        pa.field("latest", pa.date32()),  # of a death; never null there
        pa.field("began_on", pa.date32()),  # of custody; never null there
        pa.field("ends_on", pa.date32()),  # planned end of custody
        pa.field("released_on", pa.date32()),  # real end of custody
        pa.field("released_to", pa.string()),  # outside, prison, death, unknown
        pa.field("certificate", pa.binary(16)),  # hash of the certificate this record is, or takes back
        pa.field("derived_from", pa.binary(16)),  # hash of the certificate this record rests on
        pa.field("withdraws", pa.binary(16)),  # key_hash this row undoes (same dataset)
        pa.field("published_at", pa.timestamp("us"), nullable=False),  # the department's load time
        pa.field("received_at", pa.timestamp("us"), nullable=False),
        pa.field("content", pa.int64(), nullable=False),  # hash of the row; breaks a tie of published_at
    ]
)

RETIRED: Final = pa.schema(
    [
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("key_hash", pa.binary(16), nullable=False),
        pa.field("published_at", pa.timestamp("us"), nullable=False),
        pa.field("content", pa.int64(), nullable=False),
    ]
)
"""Versions of settled rows that no longer live."""
