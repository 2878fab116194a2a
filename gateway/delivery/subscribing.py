"""What somebody may do with subscriptions, whichever way they ask: each act is checked, then one transaction.

`subscriptions:write` is enough to be sent events: those of the token's counties, and of no other.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.clock import Clock, local, system_clock
from gateway.crypto.serving import ServingKeys
from gateway.delivery.addresses import read_rules
from gateway.delivery.filters import Filter, plain_filters
from gateway.delivery.places import named_place
from gateway.delivery.secrets import SecretShown, make_secret, rotated, shown_secrets, unexpired
from gateway.delivery.targets import read_target
from gateway.errors import NotFoundError, RequestError
from gateway.settings import DeliverySettings
from gateway.store import audit
from gateway.store import subscriptions as kept
from gateway.store.database import Store
from gateway.store.feed import reach
from gateway.store.subscriptions import Changes, Kind, NewSubscription, State, Subscription


class NotAllowedError(RequestError):
    """Whoever asks may not do this: ask with a token that may."""


@dataclass(frozen=True)
class Subscriber:
    """Who asks; `owner` is null for who may do everything without a token, `counties` for every county."""

    owner: str | None = None
    counties: frozenset[str] | None = None
    is_admin: bool = False

    @property
    def name(self) -> str:
        """As the audit names them."""
        return "this machine" if self.owner is None else f"token {self.owner}"


HERE = Subscriber(is_admin=True)
"""Whoever is on this machine."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A subscription as it is asked for; `start` is `now`, `earliest` or a cursor.

    `counties` null is every county that the subscriber may see, `allow` null the networks of the
    configuration, `rate_per_second` null no limit.
    """

    sink: str
    filters: tuple[Filter, ...] = ()
    counties: Sequence[str] | None = None
    allow: Sequence[str] | None = None
    batch_size: int = 1
    concurrency: int = 4
    rate_per_second: float | None = None
    signature: Kind = "hmac"
    start: str = "now"


@dataclass(frozen=True)
class SubscriptionShown:
    """A subscription as its owner sees it, without any secret; `cursor` is how far deliveries were made.

    `id`, `sink`, `protocol` and `filters` are named as in the CloudEvents Subscriptions API.
    """

    id: str
    sink: str
    protocol: str
    filters: list[dict[str, Any]]
    state: State
    reason: str | None
    version: int
    counties: list[str] | None
    allow: list[str]
    batch_size: int
    concurrency: int
    rate_per_second: float | None
    secrets: list[SecretShown]
    cursor: str
    created_at: datetime
    updated_at: datetime
    consented_at: datetime | None
    failing_since: datetime | None


@dataclass(frozen=True)
class Desk:
    """Where subscriptions are asked for: the open store, what seals, and the rules."""

    store: Store
    keys: ServingKeys
    settings: DeliverySettings
    clock: Clock = system_clock

    def shown(self, found: Subscription) -> SubscriptionShown:
        """A subscription as its owner sees it."""
        names = SubscriptionShown.__dataclass_fields__
        same = {name: value for name, value in vars(found).items() if name in names}
        secrets = shown_secrets(found, self.keys, self.clock())
        others = {"id": found.subscription_id, "protocol": "HTTP", "cursor": self.keys.cursor(found.position)}
        return SubscriptionShown(**same | others | {"secrets": secrets})

    def listed(self, by: Subscriber, state: State | None = None) -> list[Subscription]:
        """The subscriptions of whoever asks, the oldest first; everybody's for an admin."""
        with self.store.read() as conn:
            return kept.subscriptions(conn, state, None if by.is_admin else by.owner)

    def one(self, by: Subscriber, subscription_id: str) -> Subscription:
        """One subscription.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        with self.store.read() as conn:
            return _own(conn, by, subscription_id)

    def subscribe(self, by: Subscriber, wish: Wish) -> tuple[Subscription, str]:
        """Make a subscription, and the secret that is told once: a shared one, or a public key.

        Raises:
            NotAllowedError: it is more than whoever asks may have.
            RequestError: the sink, a network or the start cannot be.
        """
        allow = self._networks(by, wish.allow)
        subscription_id = kept.new_subscription_id()
        secret = make_secret(wish.signature, subscription_id, self.keys)
        with self.store.begin() as conn:
            self._check_number(conn, by)
            new = NewSubscription(
                subscription_id=subscription_id,
                owner=by.owner,
                sink=self._sink(wish.sink, allow),
                filters=plain_filters(wish.filters),
                counties=_counties(by, wish.counties),
                allow=allow,
                batch_size=wish.batch_size,
                concurrency=wish.concurrency,
                rate_per_second=wish.rate_per_second,
                secrets=[secret.kept],
                position=named_place(wish.start, reach(conn), self.keys.sequence, "from"),
            )
            audit.append(conn, self.clock(), by.name, "subscription.made", subscription_id)
            return kept.create(conn, new, local(self.clock())), secret.told

    def change(
        self, by: Subscriber, subscription_id: str, changes: Changes, version: int | None = None
    ) -> Subscription:
        """Change a subscription; a new sink or a higher rate needs consent anew.

        Raises:
            NotAllowedError, NotFoundError, RequestError: as `subscribe`; or it is not at that version.
        """
        with self._changing(by, subscription_id, "subscription.changed", version) as (conn, seen):
            checked = changes.copy()
            if "allow" in changes:
                checked["allow"] = self._networks(by, changes["allow"])
            if "counties" in changes:
                checked["counties"] = _counties(by, changes["counties"])
            if "sink" in changes or "allow" in changes:
                allow = checked.get("allow", seen.allow)
                checked["sink"] = self._sink(changes.get("sink", seen.sink), allow)
            return self._without_expired(conn, kept.change(conn, seen, checked, local(self.clock())))

    def pause(self, by: Subscriber, subscription_id: str) -> Subscription:
        """Send nothing until it is resumed; as `change`."""
        with self._changing(by, subscription_id, "subscription.paused") as (conn, seen):
            return kept.pause(conn, seen, local(self.clock()))

    def resume(self, by: Subscriber, subscription_id: str) -> Subscription:
        """Send again; a disabled one is asked for consent first. As `change`."""
        with self._changing(by, subscription_id, "subscription.resumed") as (conn, seen):
            return kept.resume(conn, seen, local(self.clock()))

    def remove(self, by: Subscriber, subscription_id: str) -> None:
        """End a subscription for good; as `change`."""
        with self._changing(by, subscription_id, "subscription.removed") as (conn, seen):
            kept.remove(conn, seen, local(self.clock()))

    def rotate(
        self, by: Subscriber, subscription_id: str, grace_hours: float | None = None, kind: Kind | None = None
    ) -> tuple[Subscription, str]:
        """Give it a new secret, which is told once; the one before signs beside it for the time of grace.

        Raises:
            NotFoundError, RequestError: as `change`; or the grace is too long.
        """
        now = self.clock()
        grace = timedelta(hours=self.settings.grace_hours if grace_hours is None else grace_hours)
        with self._changing(by, subscription_id, "secret.rotated") as (conn, seen):
            new = make_secret(kind or seen.secrets[0]["kind"], subscription_id, self.keys)
            secrets = rotated(seen.secrets, new.kept, now, grace)
            return kept.put_secrets(conn, seen, secrets, local(now)), new.told

    @contextmanager
    def _changing(
        self, by: Subscriber, subscription_id: str, action: str, version: int | None = None
    ) -> Iterator[tuple[Connection, Subscription]]:
        with self.store.begin() as conn:
            seen = _own(conn, by, subscription_id)
            if version is not None and version != seen.version:
                raise RequestError(f"it is at version {seen.version}: look at it again", field="version")
            audit.append(conn, self.clock(), by.name, action, subscription_id)
            yield conn, seen

    def _without_expired(self, conn: Connection, found: Subscription) -> Subscription:
        left = unexpired(found.secrets, self.clock())
        return found if left == found.secrets else kept.put_secrets(conn, found, left, local(self.clock()))

    def _check_number(self, conn: Connection, by: Subscriber) -> None:
        most = self.settings.subscriptions_per_token
        if by.owner is not None and len(kept.subscriptions(conn, owner=by.owner)) >= most:
            raise NotAllowedError(f"this token has {most} subscriptions, as many as it may: remove one")

    def _sink(self, sink: str, allow: Sequence[str]) -> str:
        return read_target(sink, read_rules(allow), plain_http=self.settings.allow_http).url

    def _networks(self, by: Subscriber, allow: Sequence[str] | None) -> list[str]:
        if allow is None:
            return list(self.settings.networks)
        if not by.is_admin:
            raise NotAllowedError("opening networks needs a token with the scope admin", field="allow")
        read_rules(allow)
        return list(allow)


def _own(conn: Connection, by: Subscriber, subscription_id: str) -> Subscription:
    found = kept.subscription(conn, subscription_id)
    if not by.is_admin and (by.owner is None or found.owner != by.owner):
        raise NotFoundError("there is no such subscription: see `gateway subscriptions list`")
    return found


def _counties(by: Subscriber, wanted: Sequence[str] | None) -> list[str] | None:
    if wanted is None:
        return None if by.counties is None else sorted(by.counties)
    if by.counties is not None and not by.counties.issuperset(wanted):
        raise NotAllowedError("the token is for fewer counties than these", field="counties")
    return sorted(set(wanted))
