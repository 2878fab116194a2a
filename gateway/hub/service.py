"""How one dataset's service is called at the hub."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args
from urllib.parse import quote, urlsplit

from gateway.errors import ConfigError

SecretCipher = Literal["ecb", "cbc"]
FinalSign = Literal["hmac", "raw_secret"]

LARGEST_PAGE: Final = 20_000
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_HEADER_TEXT: Final = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True)
class Paths:
    """Where a scheme's hubs usually answer: for pages, for a first secret, for the next."""

    pages: str
    refresh: str = ""
    renewal: str = ""


PATHS: Final[Mapping[str, Paths]] = MappingProxyType(
    {
        "national": Paths("/httpproxy", "/sysapi/auth/refreshappsecret"),
        "tif_sha256": Paths("/ebus/{sid}"),
        "zhejiang_md5": Paths(
            "/gateway/api/{sid}.htm",
            "/gateway/app/refreshTokenByKey.htm",
            "/gateway/app/refreshTokenBySec.htm",
        ),
    }
)
"""By scheme; one that is not here has the national ones."""


@dataclass(frozen=True)
class Service:
    """The address, names, key and habits of one service (HUB contract, sections 1 and 2).

    Times in seconds, sizes in bytes after decompression. Paths that are not given are those of the scheme;
    `{sid}` in one stands for the service.

    Raises:
        ConfigError: names the dataset and every unusable field; never their values.
    """

    dataset: str
    base_url: str
    rid: str
    sid: str
    app_key: bytes | str = field(repr=False)
    path: str | None = None
    refresh_path: str | None = None
    renewal_path: str | None = None
    family: str = "gjgxjhpt"
    secret_cipher: SecretCipher = "ecb"  # noqa: S105 - the name of a mode, not a secret  # noqa: S105 - the name of a mode, not a secret
    final_sign: FinalSign = "hmac"
    auth: str = "national"
    success_codes: tuple[str | int, ...] = ("0",)
    page_limit: int = 2000
    requests_per_hour: int = 1000
    request_timeout_s: float = 60.0
    max_bytes: int = 64 * 1024 * 1024
    max_attempts: int = 5

    def __post_init__(self) -> None:
        faults = [name for name, sound in self._rules().items() if not sound]
        if faults:
            raise ConfigError(f"dataset {self.dataset}: unusable hub settings: {', '.join(faults)}")

    def _rules(self) -> dict[str, bool]:
        signed = self.auth != "none"
        return {
            "base_url": _is_address(self.base_url),
            "rid": bool(_HEADER_TEXT.fullmatch(self.rid)) or not signed,
            "sid": bool(_HEADER_TEXT.fullmatch(self.sid)) or not signed,
            "app_key": bool(self.app_key) or not signed,
            "path": _is_path(self.path),
            "refresh_path": _is_path(self.refresh_path),
            "renewal_path": _is_path(self.renewal_path),
            "family": bool(_NAME.fullmatch(self.family)),
            "secret_cipher": self.secret_cipher in get_args(SecretCipher),
            "final_sign": self.final_sign in get_args(FinalSign),
            "success_codes": bool(self.success_codes),
            "page_limit": 1 <= self.page_limit <= LARGEST_PAGE,
            "requests_per_hour": self.requests_per_hour >= 1,
            "request_timeout_s": self.request_timeout_s > 0,
            "max_bytes": self.max_bytes > 0,
            "max_attempts": self.max_attempts >= 1,
        }

    @property
    def key(self) -> bytes:
        """The app key as bytes."""
        return self.app_key.encode() if isinstance(self.app_key, str) else self.app_key

    @property
    def url(self) -> str:
        """Where pages are asked for."""
        return self._address(self.path or self._usual.pages)

    @property
    def refresh_url(self) -> str:
        """Where a secret is asked for with the app key."""
        return self._address(self.refresh_path or self._usual.refresh)

    @property
    def renewal_url(self) -> str:
        """Where a secret is asked for with the one before it."""
        return self._address(self.renewal_path or self._usual.renewal)

    @property
    def _usual(self) -> Paths:
        return PATHS.get(self.auth, PATHS["national"])

    def _address(self, path: str) -> str:
        return self.base_url.rstrip("/") + path.replace("{sid}", quote(self.sid))


def _is_path(path: str | None) -> bool:
    return path is None or path.startswith("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain and port_is_sound
