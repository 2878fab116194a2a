"""The secrets that sign deliveries: made here, sealed at rest, replaced with a time of grace.

A subscriber is given a `whsec_` secret once, or a `whpk_` public key whenever it asks: of an Ed25519 pair the
private half stays here.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.clock import local, written
from gateway.crypto.serving import ServingKeys
from gateway.delivery.standard import PrivateKey, SigningKey, new_secret, read_signing_key
from gateway.errors import RequestError
from gateway.store.subscriptions import Kind, SealedSecret, Subscription

LONGEST_GRACE: Final = timedelta(days=7)
_MOST: Final = 5
"""Each of them adds a signature to every delivery."""


@dataclass(frozen=True)
class NewSecret:
    """A secret as it is kept, and what of it the subscriber is given: its text, or the public key."""

    kept: SealedSecret
    told: str = field(repr=False)


@dataclass(frozen=True)
class SecretShown:
    """What may be known of a secret: `public_key` is null for one that is shared."""

    kind: Kind
    public_key: str | None
    until: str | None


def make_secret(kind: Kind, subscription_id: str, keys: ServingKeys) -> NewSecret:
    """A fresh secret of a subscription, sealed for it."""
    match kind:
        case "hmac":
            text = told = new_secret()
        case "ed25519":
            pair = Ed25519PrivateKey.generate()
            text, told = "whsk_" + _base64(pair.private_bytes_raw()), _public(pair)
        case _:
            assert_never(kind)
    sealed = keys.seal(text.encode("ascii"), subscription_id)
    return NewSecret({"kind": kind, "sealed": sealed, "until": None}, told)


def rotated(
    kept: Sequence[SealedSecret], new: SealedSecret, now: datetime, grace: timedelta
) -> list[SealedSecret]:
    """The new secret first, and those before it until the grace is over; expired ones are dropped.

    Raises:
        RequestError: the grace is longer than it may be, or too many secrets would be in use at once.
    """
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise RequestError("is at most 168 hours, and not negative", field="grace_hours")
    ends = local(now) + grace
    before: list[SealedSecret] = [
        {**each, "until": written(min(ends, _end(each) or ends))} for each in unexpired(kept, now)
    ]
    found = [new, *unexpired(before, now)]
    if len(found) > _MOST:
        raise RequestError(
            f"{_MOST} secrets are in use already: wait until one ends, or end all of them at once with 0",
            field="grace_hours",
        )
    return found


def unexpired(kept: Sequence[SealedSecret], now: datetime) -> list[SealedSecret]:
    """The secrets whose time is not over."""
    return [each for each in kept if (end := _end(each)) is None or end > local(now)]


def active_secrets(subscription: Subscription, keys: ServingKeys, now: datetime) -> list[SigningKey]:
    """What signs a delivery now, the newest first.

    Raises:
        ConfigError: they were sealed under another `serve.secret`.
    """
    owner = subscription.subscription_id
    return [_opened(each, owner, keys) for each in unexpired(subscription.secrets, now)]


def shown_secrets(subscription: Subscription, keys: ServingKeys, now: datetime) -> list[SecretShown]:
    """The secrets in use as anybody may see them, the newest first."""
    kept = unexpired(subscription.secrets, now)
    return [
        SecretShown(each["kind"], _public_of(each, subscription.subscription_id, keys), each["until"])
        for each in kept
    ]


def _public_of(secret: SealedSecret, owner: str, keys: ServingKeys) -> str | None:
    found = _opened(secret, owner, keys) if secret["kind"] == "ed25519" else None
    return _public(found.key) if isinstance(found, PrivateKey) else None


def _opened(secret: SealedSecret, owner: str, keys: ServingKeys) -> SigningKey:
    return read_signing_key(keys.open(secret["sealed"], owner).decode("ascii"))


def _public(pair: Ed25519PrivateKey) -> str:
    return "whpk_" + _base64(pair.public_key().public_bytes_raw())


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _end(secret: SealedSecret) -> datetime | None:
    return local(datetime.fromisoformat(secret["until"])) if secret["until"] else None
