"""Whether anything is missing: what is pending, what failed, how old the oldest is that was never tried."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from gateway.store.outbox import last_released, last_sequence
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS
from gateway.store.undispatched import undispatched_since


@dataclass(frozen=True)
class SubscriptionFacts:
    """How one subscription stands.

    `behind` counts events that may leave and were not looked at yet. `undispatched_s` is the age of the
    oldest event that may leave and was never tried, in seconds; see `undispatched_since`.
    """

    subscription_id: str
    state: str
    pending: int
    failed: int
    behind: int
    undispatched_s: float


@dataclass(frozen=True)
class DeliveryFacts:
    """All of them, and the oldest undispatched event among the active ones."""

    undispatched_s: float
    pending: int
    failed: int
    last_sequence: int
    subscriptions: list[SubscriptionFacts]


def delivery_facts(conn: Connection, now: datetime) -> DeliveryFacts:
    """How the sending stands."""
    counts, released = _counts(conn), last_released(conn)
    oldest = undispatched_since(conn, released)
    query = select(SUBSCRIPTIONS.c.subscription_id, SUBSCRIPTIONS.c.state, SUBSCRIPTIONS.c.position).where(
        SUBSCRIPTIONS.c.state != "removed"
    )
    found = []
    for name, state, position in conn.execute(query.order_by(SUBSCRIPTIONS.c.subscription_id)).all():
        age = max(0.0, (now - oldest.get(name, now)).total_seconds())
        pending, failed = counts.get((name, "pending"), 0), counts.get((name, "failed"), 0)
        found.append(SubscriptionFacts(name, state, pending, failed, max(0, released - position), age))
    return DeliveryFacts(
        max((each.undispatched_s for each in found), default=0.0),
        sum(each.pending for each in found),
        sum(each.failed for each in found),
        last_sequence(conn),
        found,
    )


def _counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Pending, and failed ones that were not sent again."""
    again = select(DELIVERIES.c.again_for).where(DELIVERIES.c.again_for.is_not(None))
    counted = (DELIVERIES.c.subscription_id, DELIVERIES.c.state)
    pending = select(*counted, func.count()).where(DELIVERIES.c.state == "pending").group_by(*counted)
    failed = (
        select(*counted, func.count())
        .where(DELIVERIES.c.state == "failed", DELIVERIES.c.delivery_id.not_in(again))
        .group_by(*counted)
    )
    return {(row[0], row[1]): row[2] for query in (pending, failed) for row in conn.execute(query)}
