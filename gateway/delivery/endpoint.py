"""A subscription as it is sent to: its receiver, what it wants, and what signs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.crypto.serving import ServingKeys
from gateway.delivery.addresses import AddressRules, read_rules
from gateway.delivery.filters import read_filters
from gateway.delivery.secrets import active_secrets
from gateway.delivery.standard import SigningKey
from gateway.delivery.targets import Target, read_target
from gateway.delivery.wanted import Wanted
from gateway.settings import DeliverySettings
from gateway.store.subscriptions import Subscription


@dataclass(frozen=True)
class Endpoint:
    """An active subscription, ready to be sent to."""

    subscription: Subscription
    target: Target
    rules: AddressRules
    wanted: Wanted
    keys: Sequence[SigningKey] = field(repr=False)

    @property
    def name(self) -> str:
        """The subscription's id."""
        return self.subscription.subscription_id


def open_endpoint(
    subscription: Subscription, serving: ServingKeys, settings: DeliverySettings, now: datetime
) -> Endpoint:
    """What a subscription says, ready for use.

    Raises:
        RequestError: its receiver may not be sent to any more, or its filters are none.
        ConfigError: its secrets were sealed under another `serve.secret`.
    """
    rules = read_rules(subscription.allow)
    target = read_target(subscription.sink, rules, plain_http=settings.allow_http)
    keys = active_secrets(subscription, serving, now)
    return Endpoint(subscription, target, rules, wanted_by(subscription), keys)


def wanted_by(subscription: Subscription) -> Wanted:
    """Which events a subscription is told of.

    Raises:
        RequestError: its filters are none.
    """
    counties = None if subscription.counties is None else frozenset(subscription.counties)
    return Wanted(counties, read_filters(subscription.filters))
