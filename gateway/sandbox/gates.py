"""How the simulated hub lets calls in: one gate for each scheme of signing, seen from the hub's side."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from gateway.errors import ConfigError
from gateway.sandbox.authentication import SECRET_EXPIRED, SIGN_REFUSED, Gatekeeper, Signed

_SKEW_S: Final = 600.0
_TIF_SKEW_S: Final = 180.0
_REQUEST_LIFE_S: Final = 15 * 60.0
_REFRESH_LIFE_S: Final = 48 * 3600.0

Named = Mapping[str, str]
Refresh = Callable[[Mapping[str, object]], dict[str, Any]]
"""Answers a refresh: what was sent by name in, the whole reply out."""


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """Who may call: the caller's name and key, and the services there are."""

    rid: str
    app_key: str
    sids: frozenset[str]


class Gate(Protocol):
    """One scheme: where it answers, whom it lets in, and where it hands out secrets."""

    path: str

    def sid(self, headers: Named, in_path: str) -> str:
        """Return the service that is called."""

    def check(self, headers: Named, sid: str) -> str | None:
        """Return the code that refuses a call, or None where it may pass."""

    def refreshes(self) -> Mapping[str, Refresh]:
        """Return what hands out secrets, by path."""


class NationalGate:
    """The national platform's names and sealed secret."""

    path = "/httpproxy"

    def __init__(self, keeper: Gatekeeper) -> None:
        self._keeper = keeper
        self._prefix = keeper.rules.prefix

    def sid(self, headers: Named, in_path: str) -> str:
        return in_path or Signed.of(headers, self._prefix).sid

    def check(self, headers: Named, sid: str) -> str | None:
        signed = Signed.of(headers, self._prefix)
        return self._keeper.check(signed) if signed.sid == sid else SIGN_REFUSED

    def refreshes(self) -> Mapping[str, Refresh]:
        return {"/sysapi/auth/refreshappsecret": self._refresh}

    def _refresh(self, sent: Mapping[str, object]) -> dict[str, Any]:
        data = self._keeper.refresh(Signed.of(sent, self._prefix))
        return _refused("message") if data is None else {"code": "0", "message": "", "data": data}


class Sm3Gate:
    """The national names, signed with the app key by HMAC-SM3."""

    path = "/httpproxy"

    def __init__(self, access: Access, prefix: str) -> None:
        self._access = access
        self._prefix = prefix

    def sid(self, headers: Named, in_path: str) -> str:
        return in_path or Signed.of(headers, self._prefix).sid

    def check(self, headers: Named, sid: str) -> str | None:
        signed = Signed.of(headers, self._prefix)
        mac = HMAC(self._access.app_key.encode(), hashes.SM3())
        mac.update(signed.message.encode())
        known = signed.rid == self._access.rid and signed.sid == sid and sid in self._access.sids
        right = _same(base64.b64encode(mac.finalize()).decode(), signed.sign)
        return None if known and right and _fresh(signed.rtime, 1000, _SKEW_S) else SIGN_REFUSED

    def refreshes(self) -> Mapping[str, Refresh]:
        return {}


class TifGate:
    """A token hashed with a time in seconds and a nonce; a nonce is taken once."""

    path = "/ebus/{sid:.+}"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._nonces: set[str] = set()

    def sid(self, headers: Named, in_path: str) -> str:
        del headers
        return in_path

    def check(self, headers: Named, sid: str) -> str | None:
        paas, stamp, nonce, made = (
            headers.get(f"x-tif-{name}", "") for name in ("paasid", "timestamp", "nonce", "signature")
        )
        text = f"{stamp}{self._access.app_key}{nonce}{stamp}"
        right = _same(hashlib.sha256(text.encode()).hexdigest(), made.lower())
        known = paas == self._access.rid and sid in self._access.sids and bool(nonce)
        if not (known and right and _fresh(stamp, 1, _TIF_SKEW_S)) or nonce in self._nonces:
            return SIGN_REFUSED
        self._nonces.add(nonce)
        return None

    def refreshes(self) -> Mapping[str, Refresh]:
        return {}


@dataclass(slots=True, repr=False)
class ZhejiangGate:
    """MD5 signs; an app secret fetches a pair of secrets, its refresh secret the next pair."""

    access: Access
    path: str = "/gateway/api/{sid:.+}.htm"
    _requests: dict[str, float] = field(default_factory=dict)
    _refresh: tuple[str, float] = ("", 0.0)

    def sid(self, headers: Named, in_path: str) -> str:
        del headers
        return in_path

    def check(self, headers: Named, sid: str) -> str | None:
        if not self._known(headers) or sid not in self.access.sids:
            return SIGN_REFUSED
        for secret, ends_at in self._requests.items():
            if self._signed(headers, secret):
                return None if time.time() < ends_at else SECRET_EXPIRED
        return SIGN_REFUSED

    def refreshes(self) -> Mapping[str, Refresh]:
        return {
            "/gateway/app/refreshTokenByKey.htm": self._by_key,
            "/gateway/app/refreshTokenBySec.htm": self._by_secret,
        }

    def expire_requests(self) -> None:
        """Let every request secret be past its end."""
        self._requests = dict.fromkeys(self._requests, 0.0)

    def expire_refresh(self) -> None:
        """Let the refresh secret be past its end."""
        self._refresh = (self._refresh[0], 0.0)

    def forget(self) -> None:
        """Know no secret any more, as a hub that was set up anew."""
        self._requests, self._refresh = {}, ("", 0.0)

    def _by_key(self, sent: Mapping[str, object]) -> dict[str, Any]:
        names = {name: str(value) for name, value in sent.items()}
        right = self._known(names) and self._signed(names, self.access.app_key)
        return self._pair() if right else _refused("msg")

    def _by_secret(self, sent: Mapping[str, object]) -> dict[str, Any]:
        names = {name: str(value) for name, value in sent.items()}
        secret, ends_at = self._refresh
        if not secret or not self._known(names) or not self._signed(names, secret):
            return _refused("msg")
        return self._pair() if time.time() < ends_at else _refused("msg", SECRET_EXPIRED)

    def _pair(self) -> dict[str, Any]:
        request, refresh, now = secrets.token_hex(16), secrets.token_hex(16), time.time()
        self._requests[request] = now + _REQUEST_LIFE_S
        self._refresh = (refresh, now + _REFRESH_LIFE_S)
        pair = {
            "requestSecret": request,
            "requestSecretEndTime": int(self._requests[request] * 1000),
            "refreshSecret": refresh,
            "refreshSecretEndTime": int(self._refresh[1] * 1000),
        }
        return {"code": "00", "msg": "成功", "data": "", "datas": pair}

    def _known(self, names: Named) -> bool:
        return names.get("appKey") == self.access.rid and _fresh(names.get("requestTime", ""), 1000, _SKEW_S)

    def _signed(self, names: Named, secret: str) -> bool:
        text = self.access.rid + secret + names.get("requestTime", "")
        digest = hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the platform's sign
        return _same(digest, names.get("sign", ""))


SCHEMES: Final = ("hmac_sm3", "national", "tif_sha256", "zhejiang_md5")
"""The schemes the simulated hub can ask for."""


def make_gate(scheme: str, access: Access, keeper: Gatekeeper) -> Gate:
    """Return the gate of a scheme.

    Raises:
        ConfigError: there is no such scheme.
    """
    makers: dict[str, Callable[[], Gate]] = {
        "hmac_sm3": lambda: Sm3Gate(access, keeper.rules.prefix),
        "national": lambda: NationalGate(keeper),
        "tif_sha256": lambda: TifGate(access),
        "zhejiang_md5": lambda: ZhejiangGate(access),
    }
    return makers[checked_scheme(scheme)]()


def checked_scheme(scheme: str) -> str:
    """Return the scheme, if there is one of that name.

    Raises:
        ConfigError: there is none; says which there are.
    """
    if scheme not in SCHEMES:
        raise ConfigError(f"the simulated hub knows no scheme {scheme!r}, only {', '.join(SCHEMES)}")
    return scheme


def _refused(message: str, code: str = SIGN_REFUSED) -> dict[str, Any]:
    said = "secret expired" if code == SECRET_EXPIRED else "sign error"
    return {"code": code, message: said, "data": None}


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _fresh(stamp: str, per_second: int, skew_s: float) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(time.time() - int(stamp) / per_second) <= skew_s
