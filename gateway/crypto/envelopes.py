"""The envelopes by name: how each department seals its pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from gateway.crypto import jwe, nhsa, sm2_sm4_gcm, sm4_cbc_mac, sm4_fields
from gateway.crypto.keyring import KeyRing
from gateway.errors import ConfigError


class Envelope(Protocol):
    """A way of sealing, from the receiving side; safe to run in a worker process."""

    def __call__(self, payload: bytes, keys: KeyRing) -> bytes:
        """Check and open one sealed page."""
        ...


ENVELOPES: Final[Mapping[str, Envelope]] = MappingProxyType(
    {
        sm4_cbc_mac.NAME: sm4_cbc_mac.open_sm4_cbc_mac,
        jwe.NAME: jwe.open_jwe,
        sm4_fields.NAME: sm4_fields.open_sm4_fields,
        sm2_sm4_gcm.NAME: sm2_sm4_gcm.open_sm2_sm4_gcm,
        nhsa.NAME: nhsa.open_nhsa,
    }
)


def open_envelope(name: str, payload: bytes, keys: KeyRing) -> bytes:
    """Open the hub's `payload` value (its JSON bytes) and return the plaintext, UTF-8.

    Raises:
        EnvelopeError: any doubt about the page; the text names envelope, kid and check only.
        ConfigError: no envelope of that name, or a key is missing or unusable.
    """
    if name not in ENVELOPES:
        raise ConfigError(f"no envelope is called {name!r}: use one of {', '.join(ENVELOPES)}")
    return ENVELOPES[name](payload, keys)
