"""Sending again on request: all that failed, or all that is missing, in commits of bounded size.

Each commit has its entry in the audit, under the name of who asked.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.delivery.endpoint import wanted_by
from gateway.store import resending
from gateway.store.database import Store
from gateway.store.resending import Which
from gateway.store.subscriptions import subscription

Said = Callable[[int], None]
"""Told how many deliveries were added so far."""

_AT_A_TIME: Final = 500


def silent(_count: int) -> None:
    """For those who do not watch."""


def resend_failed(store: Store, which: Which, now: datetime, by: str, said: Said = silent) -> int:
    """Send every delivery again that was given up since `which.since`, each once; how many."""
    count = 0
    while True:
        with store.begin() as conn:
            found = resending.failed_since(conn, which, _AT_A_TIME)
            resending.resend_all(conn, found, now, by)
        if not found:
            return count
        count += len(found)
        said(count)


def resend_missing(
    store: Store, subscription_id: str, since: datetime, now: datetime, by: str, said: Said = silent
) -> int:
    """Send every event that a subscription wants, was released since, and has no delivery; how many.

    An event is missing when no delivery of it was taken and none is still to be sent. What the subscription
    has not looked at yet is not missing: it comes by itself.

    Raises:
        NotFoundError, RequestError: there is no such subscription, or its filters are none.
    """
    with store.read() as conn:
        seen = subscription(conn, subscription_id)
        wanted, missing = wanted_by(seen), list[int]()
        for events in resending.released_since(conn, since, seen.position):
            chosen = [each.sequence for each in events if wanted.is_told(each)]
            if chosen:
                have = resending.covered(conn, subscription_id, chosen[0], chosen[-1])
                missing.extend(number for number in chosen if number not in have)
    for start in range(0, len(missing), _AT_A_TIME):
        with store.begin() as conn:
            resending.resend_events(conn, subscription_id, missing[start : start + _AT_A_TIME], now, by)
        said(min(start + _AT_A_TIME, len(missing)))
    return len(missing)
