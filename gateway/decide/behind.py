"""Which rows of evidence stand behind a cause, and by what name the outside knows them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.outcome import BucketOutcome, Settles
from gateway.events import MAX_EVIDENCE, EvidenceReference
from gateway.policy import Ground, Policy

Row = Mapping[str, Any]

CUSTODY_REASONS: Final = ("sentence", "detention")
OPEN: Final = ("suspected", "conflicting")
"""Decisions that find something against a benefit, and stay open until it ends."""

_AT_ONCE: Final = 10_000
_ROSTER_ID: Final = "ev_roster"
_ADVERSE: Final = ("death", "absence", "custody")
_KINDS_OF_GROUND: Final = {"remarriage": "marriage", "enlisted": "enlisted", "emigration": "emigration"}
_LIVE_CUSTODY: Final = ("open", "contradicted", "unconfirmed")


@dataclass(frozen=True)
class Changed:
    """One changed decision: its DECIDED and BESIDE columns, and the REFERENCES rows behind it.

    `settles` where a person's word made it, not a run.
    """

    row: Row
    behind: Sequence[Row]
    policy: Policy
    settles: Settles | None = None

    def behind_cause(self, cause: str) -> list[Row]:
        """The rows that a live cause rests on; a pension drawn besides rests on the roster alone."""
        if cause == "custody":
            return [found for found in self.behind if self._is_live_custody(found)]
        if cause == "identity_doubt":
            return [found for found in self.behind if self._is_doubted(found)]
        kind = _KINDS_OF_GROUND.get(cause)
        role = "ground" if kind else cause
        return [
            found
            for found in self.behind
            if found["role"] == role and found["standing"] == "counted" and kind in {None, found["kind"]}
        ]

    def referred(self, cause: str) -> list[EvidenceReference]:
        """The rows behind a cause as the outside may see them; with a conflict, those against it too."""
        rows = self.behind_cause(cause)
        against = [found for found in self.behind if found["role"] == "against"]
        if self.row["decision"] != "conflicting" or cause_of(self.row["reason"]) != cause:
            return [_reference(found) for found in rows[-MAX_EVIDENCE:]]
        half = MAX_EVIDENCE // 2
        return [_reference(found) for found in (*rows[-half:], *against[-half:])]

    def _is_live_custody(self, row: Row) -> bool:
        return row["role"] == "custody" and row["standing"] in _LIVE_CUSTODY and self._touches(row)

    def _is_doubted(self, row: Row) -> bool:
        return row["standing"] == "doubt" and row["role"] in _ADVERSE and self._touches(row)

    def _touches(self, row: Row) -> bool:
        name = row["basis"] if row["role"] == "custody" else row["role"]
        ground = ground_of(self.policy, self.row["benefit"], name)
        return ground is not None and ground.effect != "no"


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a table, a bounded number of them at a time."""
    for batch in table.to_batches(max_chunksize=_AT_ONCE):
        yield from batch.to_pylist()


def pieces(outcome: BucketOutcome, rows: int = _AT_ONCE) -> Iterator[BucketOutcome]:
    """The changed decisions of a bucket with what is behind them, a bounded number at a time.

    They are in the order of their benefits: an index by benefit is then written from one end to the other.
    """
    changed, behind = outcome.changed, outcome.references
    sorted_ = pc.sort_indices(changed["benefit_id"])
    benefits = changed["benefit_id"].take(sorted_)
    place = pc.index_in(behind["benefit_id"], value_set=benefits).to_numpy()
    order = np.argsort(place, kind="stable")
    starts = range(0, changed.num_rows, rows)
    ends = np.searchsorted(place, [*starts, changed.num_rows], sorter=order)
    for start, first, last in zip(starts, ends[:-1], ends[1:], strict=True):
        yield BucketOutcome(
            outcome.state,
            changed.take(sorted_.slice(start, rows)),
            behind.take(order[first:last]),
            outcome.settles,
        )


def changed_decisions(outcome: BucketOutcome, policy: Policy) -> Iterator[Changed]:
    """The changed decisions of a bucket, each with what stands behind it, oldest first."""
    behind: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows_of(outcome.references):
        behind[row["benefit_id"]].append(row)
    for rows in behind.values():
        rows.sort(key=lambda row: (row["role"], row["happened_on"] or date.min, evidence_id(row)))
    for row in rows_of(outcome.changed):
        yield Changed(row, behind[row["benefit_id"]], policy, outcome.settles)


def evidence_id(row: Row) -> str:
    """The opaque name of a row of evidence; what the roster says has no row of its own."""
    return f"ev_{row['key_hash'].hex()}{row['item']:02d}" if row["key_hash"] else _ROSTER_ID


def cause_of(reason: str | None) -> str | None:
    """The cause that a reason belongs to: detention and sentence are one."""
    return "custody" if reason in CUSTODY_REASONS else reason


def ground_of(policy: Policy, benefit: str, reason: str | None) -> Ground | None:
    """The entry of `policy.yaml` that makes a reason a ground for a benefit."""
    found = policy.benefits.get(benefit)
    return getattr(found.grounds, reason, None) if found and reason else None


def _reference(row: Row) -> EvidenceReference:
    return EvidenceReference(
        id=evidence_id(row),
        department=row["department"],
        kind=row["kind"],
        happened_on=row["happened_on"],
    )
