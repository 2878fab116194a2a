"""A webhook as it is received (Standard Webhooks): signed by a known key, and new."""

import base64
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.client.event import Event, read_events
from gateway.client.faults import NotTrusted

TOLERANCE_S: Final = 300.0
_MOST_SIGNATURES: Final = 16
_LONGEST_TIME: Final = 12
_LEAST_KEY_BYTES: Final = 24


@dataclass(frozen=True)
class Delivery:
    """What was delivered: `id` is the same at every attempt, so keep it to do the work once.

    `events` is one event, or the events of a batch in order.
    """

    id: str
    sent_at: int
    events: tuple[Event, ...] = field(repr=False)


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[str],
    *,
    now: float | None = None,
    tolerance_s: float = TOLERANCE_S,
) -> Delivery:
    """What a delivery says, if one of the secrets signed it a moment ago.

    Args:
        headers: of the request, in any case.
        body: the very bytes, before anything parsed them.
        secrets: `whsec_…`, or `whpk_…` for Ed25519; during a rotation the old and the new one.
        now: seconds since 1970; else the machine's time.
        tolerance_s: how far the sender's clock and ours may differ; what is older is a replay.

    Raises:
        NotTrusted: answer 401 and do not use the body.
        ValueError: a secret is not in its form.
    """
    given = {name.lower(): value for name, value in headers.items()}
    delivery_id, sent = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not delivery_id or not (sent.isascii() and sent.isdigit() and len(sent) <= _LONGEST_TIME):
        raise NotTrusted("webhook-id or webhook-timestamp is missing or not in its form")
    if abs((time.time() if now is None else now) - int(sent)) > tolerance_s:
        raise NotTrusted("webhook-timestamp is too far from this machine's time: a replay, or a wrong clock")
    content = b"%b.%b.%b" % (_bytes(delivery_id), sent.encode(), body)
    signatures = given.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    if not any(_signed(secret, signatures, content) for secret in secrets):
        raise NotTrusted(
            "webhook-signature is by none of the secrets: check them, and that the body is whole"
        )
    return Delivery(delivery_id, int(sent), read_events(body))


def _signed(secret: str, signatures: Iterable[str], content: bytes) -> bool:
    """Whether one of the signatures is of this secret; the time taken does not tell how nearly."""
    kind, _, encoded = secret.partition("_")
    key = base64.b64decode(encoded, validate=True)
    if len(key) < _LEAST_KEY_BYTES:
        raise ValueError("a secret of a webhook is the base64 of 24 bytes or more")
    if kind == "whsec":
        wanted = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
        return any(hmac.compare_digest(wanted.encode(), _bytes(each)) for each in signatures)
    if kind != "whpk":
        raise ValueError("a secret of a webhook begins with whsec_ or whpk_")
    public = Ed25519PublicKey.from_public_bytes(key)
    return any(_verifies(public, each[4:], content) for each in signatures if each.startswith("v1a,"))


def _bytes(text: str) -> bytes:
    """A header as it was sent; servers write its bytes that are no text as half characters."""
    return text.encode("utf-8", "surrogateescape")


def _verifies(key: Ed25519PublicKey, signature: str, content: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True
