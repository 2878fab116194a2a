"""When a delivery that failed is tried again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS_S: Final = (
    0.0,
    5.0,
    5 * 60.0,
    30 * 60.0,
    2 * 3600.0,
    5 * 3600.0,
    10 * 3600.0,
    14 * 3600.0,
    20 * 3600.0,
    24 * 3600.0,
)
"""Seconds before each attempt, counted from the one before it: as Standard Webhooks proposes."""

JITTER: Final = 0.2
"""By how much a delay is stretched or shortened, so that many failures do not return in one moment."""

LONGEST_ASKED_S: Final = 24 * 3600.0
"""A receiver that asks for more patience than this is asked again after so long."""


def delay_after(attempts: int, chance: float, asked_s: float | None = None) -> float | None:
    """Seconds until the next attempt after so many; null when none is left.

    Args:
        attempts: how many were made, one or more.
        chance: from 0 to 1, what places the delay within the jitter.
        asked_s: what the receiver asked for in Retry-After; it lengthens the delay and never shortens it.
    """
    if attempts >= len(DELAYS_S):
        return None
    own = DELAYS_S[attempts] * (1 + JITTER * (2 * chance - 1))
    return max(own, min(asked_s or 0.0, LONGEST_ASKED_S))


def asked_delay(retry_after: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date; null when it is neither.

    Args:
        retry_after: what the receiver sent.
        now: the present instant, with its time zone.
    """
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
