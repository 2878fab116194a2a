"""What a reply of the hub means: its data, or which of the hub's errors it is."""

import re
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from gateway.crypto.strict_json import Number, read_around
from gateway.errors import HubRefused, HubUnavailable
from gateway.hub.http import Reply
from gateway.hub.retry import TryAgain, retry_after

_UNAUTHORISED: Final = (401, 403)
_TIMED_OUT: Final = 408
_TOO_MANY: Final = 429
_OK: Final = range(200, 300)
_SERVER_FAULTS: Final = range(500, 600)

_SIGN_CODES: Final = ("14", "E-106")
_EXPIRED_CODE: Final = "11"
_QUOTA_CODE: Final = "-1"
_QUOTA_WORDS: Final = re.compile(
    r"quota|limit|too many|限流|限额|超限|次数|流量|配额|频率|频次|频繁|超[过出].{0,12}[次量]",
    re.IGNORECASE,
)
_SLOW_DOWN_SCALE: Final = 20.0

_CHECK: Final = "check rid, sid, app_key and authorisation"
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,15}")
_QUOTABLE: Final = re.compile(r"[A-Za-z0-9 ,.:;!/()_\-、。《》一-鿿]+")
_MAY_IDENTIFY: Final = re.compile(r"[0-9](?:[ .:/_-]*[0-9]){5}|[A-Za-z0-9]{16}")
_QUOTED_LENGTH: Final = 60


class SecretExpired(TryAgain):
    """The hub says that the secret has expired: fetch a new one, then try again."""


class NotAuthorised(HubRefused):
    """The hub refused the sign: worth one new secret, then the dataset stops."""


class SlowDown(TryAgain):
    """The hub's quota is used up: wait, then try again."""


def read(
    reply: Reply,
    success: Collection[str | int],
    now: datetime,
    under: Sequence[str] = ("data",),
    unread: Sequence[str] = (),
) -> Mapping[str, object]:
    """The `data` of a successful reply; its numbers are `Number`, as they were written.

    `under` are the names it may stand under; the first that holds an object counts. The member at the path
    `unread` is left as `Unread`.

    Raises:
        NotAuthorised: HTTP 401, 403, code 14 or E-106.
        TryAgain: SecretExpired (code 11), SlowDown (429, or -1 about a quota), 5xx, or not the agreed JSON.
        HubUnavailable: any other status or code, named.
    """
    _check_status(reply, now)
    content = _object(reply.body, unread)
    code = _code(content)
    if code not in {str(known) for known in success}:
        raise _failure(code, content, _asked(reply, now))
    for name in under:
        data = content.get(name)
        if isinstance(data, dict):
            return data
    raise TryAgain("the hub's reply has no data")


def _check_status(reply: Reply, now: datetime) -> None:
    status = reply.status
    if status in _OK:
        return
    if status in _UNAUTHORISED:
        raise NotAuthorised(f"the hub refused the call (HTTP {status}); {_CHECK}")
    if status == _TOO_MANY:
        raise SlowDown(
            "the hub asks to slow down (HTTP 429)", wait_s=_asked(reply, now), scale=_SLOW_DOWN_SCALE
        )
    if status in _SERVER_FAULTS or status == _TIMED_OUT:
        raise TryAgain(f"the hub failed (HTTP {status})", wait_s=_asked(reply, now))
    raise HubUnavailable(f"the hub answered with HTTP {status}: check base_url and path")


def _failure(code: str, content: Mapping[str, object], asked: float | None) -> HubUnavailable | HubRefused:
    said = f"code {_shown(code)}{_quoted(content.get('message'))}"
    if code in _SIGN_CODES:
        return NotAuthorised(f"the hub refused the call ({said}); {_CHECK}")
    if code == _EXPIRED_CODE:
        return SecretExpired(f"the hub says that the secret has expired ({said})")
    if code == _QUOTA_CODE and _QUOTA_WORDS.search(str(content.get("message"))):
        return SlowDown(f"the hub asks to slow down ({said})", wait_s=asked, scale=_SLOW_DOWN_SCALE)
    return HubUnavailable(f"the hub failed ({said})")


def _object(body: bytes, unread: Sequence[str]) -> Mapping[str, object]:
    content: object = None
    with suppress(ValueError):
        content = read_around(body.removeprefix(BOM_UTF8), *unread)
    if not isinstance(content, dict):
        raise TryAgain("the hub's reply is not a JSON object")
    return content


def text_of(value: object) -> str | None:
    """A string, or a number as it was written; None for anything else."""
    if isinstance(value, Number):
        return value.text
    return value if isinstance(value, str) else None


def _code(content: Mapping[str, object]) -> str:
    code = text_of(content.get("code"))
    if code is None:
        raise TryAgain("the hub's reply has no code")
    return code.strip()


def _asked(reply: Reply, now: datetime) -> float | None:
    return retry_after(reply.headers.get("retry-after"), now)


def _shown(code: str) -> str:
    return code if _CODE.fullmatch(code) and not _MAY_IDENTIFY.search(code) else "unreadable"


def _quoted(message: object) -> str:
    """The hub's own words, shortened; nothing of them if they could hold a number, a key or markup."""
    text = " ".join(unicodedata.normalize("NFKC", message).split()) if isinstance(message, str) else ""
    if not _QUOTABLE.fullmatch(text) or _MAY_IDENTIFY.search(text):
        return ""
    return f": {text[:_QUOTED_LENGTH]}"
