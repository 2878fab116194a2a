"""The sandbox's keys: the gateway's side as files with references, the senders' side for sealing."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway.errors import ConfigError
from gateway.sandbox.der import sm2_pair_of, sm2_private_der, sm2_public_der
from gateway.sandbox.primitives import sm2_new_pair

SIX: Mapping[str, str] = MappingProxyType(
    {
        "police": "sm4_cbc_mac",
        "civil_affairs": "sm4_fields",
        "courts": "jwe",
        "health": "sm2_sm4_gcm",
        "medical_insurance": "nhsa",
        "justice": "file_drop",
    }
)
"""The six departments, and the envelope each seals in."""

YEARS = ("2026", "2027")
"""Two generations of keys are valid at once; the first seals unless told otherwise."""

RID = "rid-990000-gateway"
_RSA_BITS = 2048

Sm2Pair = tuple[bytes, bytes]
_NO_PAIR: Sm2Pair = (b"", b"")


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """What one department seals with in one generation; no part of it is ever shown."""

    kid: str
    sign_kid: str = ""
    sm4: bytes = b""
    mac: bytes = b""
    app_secret: str = ""
    sm2: Sm2Pair = _NO_PAIR
    gateway_sm2_public: bytes = b""
    rsa: RSAPrivateKey | None = None
    gateway_rsa: RSAPrivateKey | None = None
    entries: tuple[dict[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True, repr=False)
class SandboxKeys:
    """All senders by department, oldest generation first, and the gateway's access to the hub."""

    folder: Path
    rid: str
    app_key: str
    senders: dict[str, tuple[Sender, ...]]

    @property
    def app_key_reference(self) -> str:
        """Return the reference of the hub's app key, as the configuration holds it."""
        return f"file:{self.folder / _APP_KEY}"

    def gateway_entries(self, department: str) -> list[dict[str, str]]:
        """Return the key entries of a department's configuration, all generations, values by reference."""
        return [dict(entry) for sender in self.senders[department] for entry in sender.entries]


_APP_KEY = "hub-app-key.txt"


def write_keys(folder: Path, others: Mapping[str, str] = MappingProxyType({})) -> SandboxKeys:
    """Return the key set of a folder; what the folder does not hold yet is made and written first.

    `others` are departments beside the six, with the envelope each seals in.
    """
    store = _Store(folder.resolve())
    app_key = store.text(_APP_KEY, lambda: secrets.token_hex(16))
    envelopes = {**SIX, **others}
    senders = {name: write_senders(store.folder, name, envelope) for name, envelope in envelopes.items()}
    return SandboxKeys(store.folder, RID, app_key, senders)


def write_senders(folder: Path, department: str, envelope: str) -> tuple[Sender, ...]:
    """Return what a department seals an envelope with, a sender for each generation.

    Raises:
        ConfigError: the sandbox cannot seal that envelope.
    """
    if envelope not in _MAKERS:
        known = ", ".join(_MAKERS)
        raise ConfigError(f"the sandbox cannot seal the envelope {envelope!r} of {department}, only {known}")
    store = _Store(folder.resolve())
    return tuple(_MAKERS[envelope](store, department, year) for year in YEARS)


def forger_of(sender: Sender) -> Sender:
    """Return a sender who knows the recipient's key but not the true sender's: what it seals is forged."""
    rsa = _new_rsa() if sender.rsa else None
    return replace(sender, mac=secrets.token_bytes(16), sm2=sm2_new_pair(), rsa=rsa)


def stranger_to(sender: Sender) -> Sender:
    """Return the true sender sealing with a key that the gateway does not have."""
    return replace(
        sender,
        sm4=secrets.token_bytes(16),
        app_secret=secrets.token_hex(16).upper(),
        gateway_sm2_public=sm2_new_pair()[1],
        gateway_rsa=_new_rsa() if sender.gateway_rsa else None,
    )


def _shared(store: "_Store", name: str, year: str) -> Sender:
    kid = f"{name.replace('_', '-')}-{year}"
    sm4, mac = (store.secret(f"{kid}.{part}.hex") for part in ("sm4", "mac"))
    entry = {"kid": kid, "sm4": store.reference(f"{kid}.sm4.hex"), "mac": store.reference(f"{kid}.mac.hex")}
    return Sender(kid, sm4=sm4, mac=mac, entries=(entry,))


def _jwe(store: "_Store", name: str, year: str) -> Sender:
    kid, sign_kid = f"gateway-{name}-{year}", f"{name}-{year}"
    gateway, courts = store.rsa(f"{kid}.private.pem"), store.rsa(f"senders/{sign_kid}.private.pem")
    store.public(f"{sign_kid}.public.pem", _rsa_public_pem(courts))
    entries = (
        {"kid": kid, "private_key": store.reference(f"{kid}.private.pem")},
        {"kid": sign_kid, "public_key": store.reference(f"{sign_kid}.public.pem")},
    )
    return Sender(kid, sign_kid, rsa=courts, gateway_rsa=gateway, entries=entries)


def _sm2_sm4_gcm(store: "_Store", name: str, year: str) -> Sender:
    kid, sign_kid = f"gateway-{name}-{year}", f"{name}-{year}"
    gateway, own = store.sm2(f"{kid}.private.pem"), store.sm2(f"senders/{sign_kid}.private.pem")
    store.public(f"{sign_kid}.public.pem", _sm2_public_pem(own))
    entries = (
        {"kid": kid, "private_key": store.reference(f"{kid}.private.pem")},
        {"kid": sign_kid, "public_key": store.reference(f"{sign_kid}.public.pem")},
    )
    return Sender(kid, sign_kid, sm2=own, gateway_sm2_public=gateway[1], entries=entries)


def _nhsa(store: "_Store", name: str, year: str) -> Sender:
    app_id = f"SANDBOX99{_initials(name)}{year}".ljust(32, "0")
    stem = f"{name.replace('_', '-')}-{year}"
    app_secret = store.text(f"{stem}.secret.txt", lambda: secrets.token_hex(16).upper())
    own = store.sm2(f"senders/{stem}.private.pem")
    store.public(f"{stem}.public.pem", _sm2_public_pem(own))
    entry = {
        "kid": app_id,
        "app_secret": store.reference(f"{stem}.secret.txt"),
        "public_key": store.reference(f"{stem}.public.pem"),
    }
    return Sender(app_id, app_id, app_secret=app_secret, sm2=own, entries=(entry,))


def _file_drop(store: "_Store", name: str, year: str) -> Sender:
    kid = f"{name}-{year}"
    sm4, own = store.secret(f"{kid}.sm4.hex"), store.sm2(f"senders/{kid}.private.pem")
    store.public(f"{kid}.public.pem", _sm2_public_pem(own))
    entry = {
        "kid": kid,
        "sm4": store.reference(f"{kid}.sm4.hex"),
        "public_key": store.reference(f"{kid}.public.pem"),
    }
    return Sender(kid, kid, sm4=sm4, sm2=own, entries=(entry,))


_MAKERS: Mapping[str, Callable[["_Store", str, str], Sender]] = {
    "sm4_cbc_mac": _shared,
    "sm4_fields": _shared,
    "jwe": _jwe,
    "sm2_sm4_gcm": _sm2_sm4_gcm,
    "nhsa": _nhsa,
    "file_drop": _file_drop,
}


def _initials(name: str) -> str:
    """Six capitals of a department's name, for its app id."""
    return "".join(word[:3] for word in name.upper().split("_"))[:6]


class _Store:
    """Files of a folder, each made once and readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "senders").mkdir(parents=True, exist_ok=True)

    def reference(self, name: str) -> str:
        return f"file:{self.folder / name}"

    def text(self, name: str, make: Callable[[], str]) -> str:
        path = self.folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(make(), encoding="ascii")
        return path.read_text(encoding="ascii").strip()

    def secret(self, name: str) -> bytes:
        return bytes.fromhex(self.text(name, lambda: secrets.token_hex(16)))

    def public(self, name: str, pem: str) -> None:
        self.text(name, lambda: pem)

    def rsa(self, name: str) -> RSAPrivateKey:
        pem = self.text(name, lambda: _rsa_private_pem(_new_rsa()))
        key = load_pem_private_key(pem.encode(), None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError(f"{name} in the key folder is not an RSA key: delete the folder and start again")
        return key

    def sm2(self, name: str) -> Sm2Pair:
        pem = self.text(name, lambda: _pem("PRIVATE KEY", sm2_private_der(*sm2_new_pair())))
        return sm2_pair_of(base64.b64decode("".join(pem.splitlines()[1:-1])))


def _new_rsa() -> RSAPrivateKey:
    return generate_private_key(65537, _RSA_BITS)


def _rsa_private_pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _rsa_public_pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _sm2_public_pem(pair: Sm2Pair) -> str:
    return _pem("PUBLIC KEY", sm2_public_der(pair[1]))


def _pem(label: str, der: bytes) -> str:
    body = base64.encodebytes(der).decode().replace("\n", "")
    lines = [body[place : place + 64] for place in range(0, len(body), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))
