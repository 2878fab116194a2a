"""What every envelope does alike: read members with suspicion, find the key, say what was in doubt.

Errors are raised outside `except` blocks throughout, so that none carries a library's error with
the text it failed on.
"""

import binascii
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec

import pybase64

from gateway.crypto.canonical import canonical_json
from gateway.crypto.keyring import KeyRing
from gateway.crypto.strict_json import read_json
from gateway.errors import ConfigError, EnvelopeError

MAC: Final = "mac: it does not match; the mac key is wrong or the page was altered"
SIGNATURE: Final = "signature: it does not match; the sender's key is wrong or the page was forged"
OPENED: Final = (
    "padding or form: the sealed text does not open as it should; the key is wrong or the sender erred"
)
_LONGEST_KID: Final = 128

Arguments = ParamSpec("Arguments")


def doubt(envelope: str, check: str, kid: str = "") -> EnvelopeError:
    """Say which envelope, which kid and which check failed, and nothing of the payload."""
    return EnvelopeError(f"{envelope}, kid {kid!r}: {check}" if kid else f"{envelope}: {check}")


@dataclass(frozen=True)
class Sealed:
    """The members of one sealed page, none of them believed yet."""

    envelope: str
    members: dict[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """Return a member that must be a string."""
        value = self.members.get(name)
        if not isinstance(value, str):
            raise doubt(self.envelope, f"form: `{name}` is missing or not text")
        return value

    def kid(self, name: str, keys: KeyRing, *parts: str) -> str:
        """Return a member that must name a key with these parts."""
        return known_kid(self.envelope, self.text(name), keys, *parts)

    def base64(self, name: str) -> bytes:
        """Return a member that must be base64."""
        with suppress(ValueError):
            return pybase64.b64decode(self.text(name), validate=True)
        raise doubt(self.envelope, f"form: `{name}` is not base64")

    def hex(self, name: str) -> bytes:
        """Return a member that must be hexadecimal, in either case."""
        with suppress(ValueError):
            return binascii.unhexlify(self.text(name))
        raise doubt(self.envelope, f"form: `{name}` is not hexadecimal")

    def canonical(self, value: Any) -> bytes:
        """Return part of the page as the canonical JSON that was signed."""
        with suppress(ValueError):
            return canonical_json(value).encode()
        raise doubt(self.envelope, "form: it holds text that is no UTF-8, or nests beyond reason")


def read_sealed(envelope: str, payload: bytes, *, keep_nulls: bool = True) -> Sealed:
    """Read the payload of an envelope that is a JSON object."""
    members = None
    with suppress(ValueError):
        members = read_json(payload, keep_nulls=keep_nulls)
    if not isinstance(members, dict):
        raise doubt(envelope, "form: not a JSON object, or a key twice in it")
    return Sealed(envelope, members)


def known_kid(envelope: str, kid: object, keys: KeyRing, *parts: str) -> str:
    """Return the kid if a key of ours with these parts goes by it.

    Raises:
        ConfigError: no key has these parts, whatever the page says.
        EnvelopeError: the page names another key; the text names it and the keys that would do.
    """
    fitting = keys.kids_with(*parts)
    if not fitting:
        raise ConfigError(f"{envelope}: no key has the parts {', '.join(parts)}: add them to keys")
    if not isinstance(kid, str) or not kid.isprintable() or not 0 < len(kid) <= _LONGEST_KID:
        raise doubt(envelope, "form: the kid is missing or no name")
    if kid not in fitting:
        raise doubt(envelope, f"no key with {', '.join(parts)} goes by it; known: {', '.join(fitting)}", kid)
    return kid


def opened(
    envelope: str,
    kid: str,
    step: Callable[Arguments, bytes],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> bytes:
    """Open what its mac or signature has vouched for; whatever fails here fails in the same words."""
    with suppress(ValueError):
        plaintext = step(*args, **kwargs)
        plaintext.decode()
        return plaintext
    raise doubt(envelope, OPENED, kid)
