"""What came of one attempt: an answer, or in our own words why there is none."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.errors import DeliveryError


class Reason(StrEnum):
    """Why there is no answer."""

    REFUSED_ADDRESS = "refused_address"
    NO_ADDRESS = "no_address"
    CONNECTION = "connection"
    TLS = "tls"
    DEADLINE = "deadline"
    BROKEN_REPLY = "broken_reply"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Answer:
    """What the receiver answered, whatever the status.

    `headers` holds the few that matter, by lower-case name; `body` at most its first 16 kB. `elapsed` is in
    seconds.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed: float


@dataclass(frozen=True)
class Failure:
    """No whole answer came. `detail` is for the operator and holds nothing that was sent or received."""

    reason: Reason
    detail: str
    elapsed: float


class NoAnswer(DeliveryError):  # noqa: N818 - it names what happened, as the published error tree does
    """The receiver did not answer: the event stays in the outbox and is tried again."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def lost(error: OSError | None) -> NoAnswer:
    """A connection that was not made or has ended; None is an end without an error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoAnswer(Reason.TLS, f"the certificate is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return NoAnswer(Reason.TLS, "TLS could not be agreed on")
    if error is not None and error.errno:
        return NoAnswer(Reason.CONNECTION, os.strerror(error.errno))
    return NoAnswer(Reason.CONNECTION, "the connection was closed without an answer")
