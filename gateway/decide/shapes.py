"""The shapes of changed decisions: what decisions have in common that one text with gaps may tell.

A shape that the rows might tell apart by a value is not usual: findings, holds, what a person did, payments
that come back.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl
import pyarrow as pa

from gateway.clock import add_months
from gateway.decide.behind import OPEN
from gateway.decide.outcome import BucketOutcome
from gateway.decide.restoration import NOT_PAID
from gateway.policy import Policy

NEWS: Final = ("renewed", "due", "overdue")
NAMES: Final = ("benefit_id", "person_no", "last_event_id")
TEXTS: Final = (*NAMES, "insured_county")
DAYS: Final = ("certified_on", "valid_until", "notice_for")
FILLING: Final = (*TEXTS, *(f"{name}_text" for name in DAYS), "ids", "days")
"""The columns that decisions of one shape differ in; `ids` and `days` are of the rows behind them."""

_MOST_EVIDENCE: Final = 8
_MISSING: Final = "\ue000"
_BETWEEN: Final = "\ue001"
_NOT_PLAIN: Final = r'["\\\x00-\x1f\ue000-\ue003]'
"""What JSON would write otherwise, and what marks are made of."""

_QUIET: Final = ("withdrawn", "verified", "unresolved", "confirmed")
_SAME: Final = (
    "benefit", "decision", "certified_by", "notice_days", "matchable", "needs_assistance", "abroad",
    "last_method", "payment_status", "release_unconfirmed", "rests_on_voided", "likely_alive", *NEWS,
)  # fmt: skip
"""The columns that a shape has one value of."""

_SHOWN: Final = ("role", "standing", "department", "kind", "basis", "strength", "identity")


def described(piece: BucketOutcome, policy: Policy, as_of: date) -> pl.DataFrame:
    """The changed decisions with `place`, `shape`, whether it is `usual`, and what fills the gaps."""
    rows = _frame(piece.changed).with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    rows = rows.join(_evidence(piece), on="benefit_id", how="left", maintain_order="left")
    rows = rows.with_columns(
        was_told=pl.col("was_notice_days").is_not_null()
        & pl.col("was_notice_for").eq_missing(pl.col("valid_until")),
        of_age=pl.col("birth_on") <= _born_by(policy, as_of),
        own_county=~pl.col("insured_county").is_in(_particular(policy)),
    )
    given = [*TEXTS, *(f"{name}_text" for name in DAYS), "ids"]
    parts = [*(pl.col(name).cast(pl.String) for name in _SAME), pl.col("was_told", "of_age").cast(pl.String)]
    texts = {f"{name}_text": pl.col(name).cast(pl.String) for name in DAYS}
    rows = rows.with_columns(**texts)
    parts += [pl.col(name).is_null().cast(pl.String) for name in given]
    county = pl.when("own_county").then(pl.lit(_MISSING)).otherwise("insured_county")
    parts += [pl.col("shown").list.join(_BETWEEN), county]
    shape = pl.concat_str([part.fill_null(_MISSING) for part in parts], separator=_BETWEEN)
    return rows.with_columns(shape=shape, usual=_usual(piece))


def _usual(piece: BucketOutcome) -> pl.Expr:
    """Whether a decision may be told by a pattern: what is said depends on nothing but its shape."""
    if piece.settles is not None:
        return pl.lit(value=False)
    quiet = ~pl.any_horizontal(*_QUIET) & (pl.sum_horizontal(*NEWS) <= 1)
    nothing = pl.col("reason").is_null() & (pl.col("causes").list.len() + pl.col("holds").list.len() == 0)
    plain = [~pl.col(name).str.contains(_NOT_PLAIN).fill_null(value=False) for name in TEXTS]
    return pl.all_horizontal(
        quiet,
        nothing,
        ~pl.col("decision").is_in(OPEN),
        ~pl.col("was_decision").is_in(OPEN).fill_null(value=False),
        ~pl.col("payment_status").is_in(NOT_PAID).fill_null(value=False),
        pl.col("plain").fill_null(value=True),
        *plain,
    ).fill_null(value=False)


def _evidence(piece: BucketOutcome) -> pl.DataFrame:
    """By benefit the rows behind it, in the order in which they are shown."""
    rows = _frame(piece.references).with_row_index("row")
    number = pl.col("item").cast(pl.String).str.zfill(2)
    known = pl.concat_str(pl.lit("ev_"), pl.col("key_hash").bin.encode("hex"), number)
    rows = rows.with_columns(
        id=pl.when(pl.col("key_hash").is_null()).then(pl.lit("ev_roster")).otherwise(known),
        on=pl.col("happened_on").cast(pl.String),
        same=pl.concat_str([pl.col(name).fill_null(_MISSING) for name in _SHOWN], separator=_BETWEEN),
        life=(pl.col("role") == "life")
        & pl.col("happened_on").is_not_null()
        & pl.all_horizontal(pl.col("ends_on", "released_on").is_null()),
    )
    rows = rows.sort("happened_on", "id", maintain_order=True)
    return rows.group_by("benefit_id", maintain_order=True).agg(
        ids="id",
        days="on",
        shown="same",
        rows="row",
        plain=pl.col("life").all() & (pl.len() <= _MOST_EVIDENCE),
    )


def _born_by(policy: Policy, as_of: date) -> date:
    """Who was born by this day has reached the age from which homes are visited."""
    months = 12 * policy.channels.home_visit_from_age.value
    day = add_months(as_of, -months)
    later = day + timedelta(days=1)  # the 29th of February comes of age on the 28th
    return later if add_months(later, months) <= as_of else day


def _particular(policy: Policy) -> list[str]:
    """The counties that a rule speaks of."""
    return [entry.county for entry in policy.counties]


def _frame(table: pa.Table) -> pl.DataFrame:
    found = pl.from_arrow(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table becomes a frame")
    return found
