"""Subscriptions as tests keep them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.delivery.secrets import make_secret
from gateway.store.database import Store
from gateway.store.subscriptions import NewSubscription, Subscription, create
from tests.support.serving import KEYS

NOW = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
LOOPBACK = ["127.0.0.0/8"]


def new_subscription(name: str = "sub_a", **given: Any) -> NewSubscription:
    """One that asks for everything."""
    usual = NewSubscription(
        subscription_id=name,
        owner=None,
        sink="https://receiver.example/events",
        filters=[],
        counties=None,
        allow=LOOPBACK,
        batch_size=1,
        concurrency=4,
        rate_per_second=None,
        secrets=[make_secret("hmac", name, KEYS).kept],
        position=0,
    )
    return replace(usual, **given)


def subscribed(store: Store, name: str = "sub_a", at: datetime = NOW, **given: Any) -> Subscription:
    """One that was just made."""
    with store.begin() as conn:
        return create(conn, new_subscription(name, **given), at)
