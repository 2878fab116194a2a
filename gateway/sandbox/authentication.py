"""The national platform's sign and secret, seen from the hub's side."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

SHANGHAI = ZoneInfo("Asia/Shanghai")
SIGN_REFUSED, SECRET_EXPIRED = "14", "11"
_IV = b"AESCBCPKCS5Paddi"
_CLOCK_SKEW = timedelta(minutes=10)
_NAMES = ("rid", "sid", "rtime", "sign")

SecretCipher = Literal["ecb", "cbc"]


def derived_key(app_key: str) -> bytes:
    """Return the AES key that an app key gives."""
    inner = hashlib.sha1(app_key.encode()).digest()  # noqa: S324 - the platform's derivation
    return hashlib.sha1(inner).digest()[:16]  # noqa: S324 - the platform's derivation


def sealed_secret(secret: str, app_key: str, cipher: SecretCipher) -> str:
    """Return a secret as the refresh reply carries it, base64."""
    mode = modes.CBC(_IV) if cipher == "cbc" else modes.ECB()  # noqa: S305 - the platform's default
    padder, encryptor = PKCS7(128).padder(), Cipher(algorithms.AES(derived_key(app_key)), mode).encryptor()
    padded = padder.update(secret.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def sign(secret: str, message: str) -> str:
    """Return the base64 HMAC-SHA256 of a message under a secret (or the app key)."""
    return base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the hub authenticates; `secret_end` is how the reply writes the secret's end, or `missing`."""

    prefix: str = "gjgxjhpt"
    secret_cipher: SecretCipher = "ecb"  # noqa: S105 - the name of a mode
    final_sign: Literal["hmac", "raw_secret"] = "hmac"
    secret_lifetime: timedelta = timedelta(minutes=30)
    secret_end: Literal["ms", "text", "missing"] = "ms"  # noqa: S105 - a style of writing
    wrapped: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """The four values that come with every call."""

    rid: str
    sid: str
    rtime: str
    sign: str

    @classmethod
    def of(cls, values: Mapping[str, object], prefix: str) -> "Signed":
        """Read the values from headers or a body; what is missing is empty."""
        return cls(*(str(values.get(f"{prefix}_{name}") or "") for name in _NAMES))

    @property
    def message(self) -> str:
        """Return the text that is signed."""
        return self.sid + self.rid + self.rtime


class Gatekeeper:
    """Knows the services, hands out secrets and checks signs; times are this machine's own."""

    def __init__(self, rid: str, app_key: str, sids: frozenset[str], rules: Rules) -> None:
        self.rules = rules
        self._rid = rid
        self._app_key = app_key
        self._sids = sids
        self._secrets: dict[str, list[tuple[str, float]]] = {}

    def refresh(self, signed: Signed) -> dict[str, str] | None:
        """Return the data of a refresh reply, or None where the sign is refused."""
        if not self._known(signed) or not hmac.compare_digest(
            sign(self._app_key, signed.message).encode(), signed.sign.encode()
        ):
            return None
        secret, ends_at = secrets.token_hex(32), time.time() + self.rules.secret_lifetime.total_seconds()
        self._secrets.setdefault(signed.sid, []).append((secret, ends_at))
        sealed = sealed_secret(secret, self._app_key, self.rules.secret_cipher)
        if self.rules.wrapped:
            sealed = base64.encodebytes(base64.b64decode(sealed)).decode()
        return {"secret": sealed} | self._end(ends_at)

    def check(self, signed: Signed) -> str | None:
        """Return the code that refuses a business call, or None where it may pass."""
        if not self._known(signed):
            return SIGN_REFUSED
        for secret, ends_at in self._secrets.get(signed.sid, []):
            if hmac.compare_digest(self._expected(secret, signed).encode(), signed.sign.encode()):
                return None if time.time() < ends_at else SECRET_EXPIRED
        return SIGN_REFUSED

    def expire_secrets(self) -> None:
        """Let every secret handed out so far be past its end."""
        self._secrets = {sid: [(secret, 0.0) for secret, _ in known] for sid, known in self._secrets.items()}

    def _expected(self, secret: str, signed: Signed) -> str:
        return secret if self.rules.final_sign == "raw_secret" else sign(secret, signed.message)

    def _known(self, signed: Signed) -> bool:
        fresh = signed.rtime.isascii() and signed.rtime.isdigit()
        fresh = fresh and abs(time.time() - int(signed.rtime) / 1000) <= _CLOCK_SKEW.total_seconds()
        return fresh and signed.rid == self._rid and signed.sid in self._sids

    def _end(self, ends_at: float) -> dict[str, str]:
        if self.rules.secret_end == "missing":  # noqa: S105 - a style of writing, not a secret
            return {}
        if self.rules.secret_end == "ms":  # noqa: S105 - a style of writing, not a secret
            return {"secretEndTime": str(int(ends_at * 1000))}
        return {"secretEndTime": f"{datetime.fromtimestamp(ends_at, SHANGHAI):%Y-%m-%d %H:%M:%S}"}
