"""What events carry, where the API listens, and how subscribers are served."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.settings.section import Reference, Section


class EventSettings(Section):
    """What every event carries about where it comes from."""

    source: str = "/certification-gateway"
    """The CloudEvents `source` of every event."""
    type_prefix: str = "cn.hunan.rst."
    """What the type of every event begins with."""
    signing_keys: tuple[Reference, ...] = ()
    """Ed25519 keys in PEM: the first signs every event, all are published; unsigned where none is named."""


class TlsSettings(Section):
    """TLS 1.2 or newer on the port itself; a proxy in front may do it instead."""

    certificate: Path
    """The server's certificate in PEM, followed by those of the authorities between it and the root."""
    key: Reference
    """The certificate's private key in PEM, without a password."""
    client_ca: Path | None = None
    """The authorities in PEM that callers' certificates come from; none is asked for where nothing is set."""
    require_client: bool = False
    """Whoever brings no certificate of `client_ca` is refused before a word of HTTP."""

    @model_validator(mode="after")
    def _has_what_it_requires(self) -> Self:
        if self.require_client and self.client_ca is None:
            raise ValueError("require_client needs client_ca: the authorities that certificates come from")
        return self


class ServeSettings(Section):
    """Where `gateway serve` listens, and how much of it one caller may take."""

    host: str = "127.0.0.1"
    """The address that is listened on; the loopback only, until told otherwise."""
    port: int = Field(8080, ge=0, le=65535)
    """The port that is listened on; 0 takes a free one."""
    secret: Reference | None = None
    """Where 32 random bytes or more are kept; they sign cursors and seal the secrets of subscribers."""
    trust_this_machine: bool = True
    """Whoever asks from this machine, without a token and not through a proxy, may do everything."""
    tls: TlsSettings | None = None
    """TLS on the port itself; without it, callers from elsewhere belong behind a proxy that does it."""
    requests_per_second: float = Field(100, gt=0)
    """How often one token may ask in the long run, and one address that brings none."""
    burst: int = Field(200, ge=1)
    """How many requests may come at once after a pause."""
    max_connections: int = Field(1000, ge=1)
    """Connections that are open at once; one more is answered with 503 and closed."""
    head_timeout_s: float = Field(8, gt=0)
    """Seconds from a connection, or the first byte of its next request, to the end of the request's head."""
    body_timeout_s: float = Field(20, gt=0)
    """Seconds from a request's head to the end of its body."""
    idle_timeout_s: float = Field(60, gt=0)
    """Seconds that a connection without a request stays open, and an answer that nobody reads."""


class DeliverySettings(Section):
    """How subscribers are asked for consent, and what events are sent to them."""

    allow_http: bool = False
    """Whether a receiver may be at an http:// address; only https:// where nothing is set."""
    networks: tuple[str, ...] = ()
    """Networks, as CIDR, in which the receiver of a subscription may be that names none itself."""
    origin: str = Field("certification-gateway", pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")
    """Who asks a receiver for consent: a DNS name, sent as `WebHook-Request-Origin`."""
    consent_waits_s: tuple[Annotated[int, Field(ge=1)], ...] = (5, 60, 600, 3600, 21_600, 43_200, 86_400)
    """Seconds between two requests for consent; after the last one fails, the subscription is disabled."""
    consent_timeout_s: float = Field(15, gt=0, le=120)
    """Seconds until a request for consent counts as failed."""
    grace_hours: float = Field(24, ge=0, le=168)
    """For so long a signing secret that was replaced signs beside the new one."""
    subscriptions_per_token: int = Field(100, ge=1)
    """How many subscriptions one token may have at a time."""
    deadline_s: float = Field(15, gt=0, le=120)
    """Seconds within which a receiver must have answered a delivery."""
    breaker_failures: int = Field(5, ge=1)
    """After so many failures in a row a receiver is left alone for 10 seconds, then for twice as long."""
    disable_after_days: float = Field(5, gt=0)
    """A subscription of which nothing was taken for so long is disabled, with an alarm."""
    max_pending: int = Field(100_000, ge=1000)
    """Events written down for one subscription and not yet taken; the rest waits in the outbox."""
    hung_after_s: float = Field(60, ge=40)
    """Seconds without a sign of life after which the delivery is started anew, with an alarm."""
    undispatched_after_s: float = Field(60, gt=0)
    """Seconds after which an event that was never tried is an alarm."""
