"""Who may ask: tokens with scopes and counties, of which only a hash is kept."""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex, token_urlsafe
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, or_, select, update

from gateway.errors import NotFoundError, RequestError
from gateway.store.subscriptions import LIVE, disable_those_of
from gateway.store.tables import SUBSCRIPTIONS, TOKENS

Scope = Literal["events:read", "ledger:write", "subscriptions:write", "admin"]
"""What a token allows; `admin` allows everything."""

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 6
_TEXT: Final = re.compile(r"gwt_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
_COUNTY: Final = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class Token:
    """What is known of a token; `counties` is null where it is for every county."""

    token_id: str
    name: str
    scopes: frozenset[Scope]
    counties: frozenset[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> Literal["valid", "expired", "revoked"]:
        """What it is good for at an instant, naive Asia/Shanghai."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def create_token(
    conn: Connection,
    name: str,
    scopes: Collection[Scope],
    now: datetime,
    *,
    counties: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; its text is in the second place, and nowhere else from then on.

    Raises:
        RequestError: it would allow nothing, everything in some counties only, or is over already.
    """
    _check(name, scopes, now, counties, expires_at)
    token_id, secret = token_hex(_ID_BYTES), token_urlsafe(_SECRET_BYTES)
    values = {
        "token_id": token_id,
        "name": name,
        "secret_hash": _hash(secret),
        "scopes": sorted(set(scopes)),
        "counties": None if counties is None else sorted(set(counties)),
        "created_at": now,
        "expires_at": expires_at,
    }
    made = conn.execute(insert(TOKENS).values(**values).returning(*_COLUMNS)).one()
    return _token(made), f"gwt_{token_id}_{secret}"


def find_token(conn: Connection, text: str) -> Token | None:
    """The token of that text, whatever its state; none where the text is no token's."""
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return None
    query = select(*_COLUMNS, TOKENS.c.secret_hash).where(TOKENS.c.token_id == parts["id"])
    row = conn.execute(query).one_or_none()
    known = row.secret_hash if row else bytes(hashlib.sha256().digest_size)
    same = hmac.compare_digest(known, _hash(parts["secret"]))
    return _token(row) if row and same else None


def token_of(conn: Connection, token_id: str) -> Token:
    """The token of that id.

    Raises:
        NotFoundError: there is none.
    """
    row = conn.execute(select(*_COLUMNS).where(TOKENS.c.token_id == token_id)).one_or_none()
    if row is None:
        raise NotFoundError("there is no token of that id: see `gateway token list`")
    return _token(row)


def list_tokens(conn: Connection) -> list[Token]:
    """Every token that was ever made, the oldest first."""
    query = select(*_COLUMNS).order_by(TOKENS.c.created_at, TOKENS.c.token_id)
    return [_token(row) for row in conn.execute(query)]


def revoke_token(conn: Connection, token_id: str, now: datetime) -> Token:
    """End a token for good, and stop what it subscribed to; one revoked before stays revoked since then.

    Raises:
        NotFoundError: there is none of that id.
    """
    open_one = (TOKENS.c.token_id == token_id, TOKENS.c.revoked_at.is_(None))
    conn.execute(update(TOKENS).where(*open_one).values(revoked_at=now))
    revoked = token_of(conn, token_id)
    _stop(conn, revoked, now)
    return revoked


def stop_those_over(conn: Connection, now: datetime) -> int:
    """Stop whatever tokens have subscribed to that have expired or were revoked; how many subscriptions."""
    owners = select(SUBSCRIPTIONS.c.owner).where(SUBSCRIPTIONS.c.state.in_(LIVE))
    over = or_(TOKENS.c.revoked_at.is_not(None), TOKENS.c.expires_at <= now)
    found = conn.execute(select(*_COLUMNS).where(over, TOKENS.c.token_id.in_(owners))).all()
    return sum(_stop(conn, _token(row), now) for row in found)


def _stop(conn: Connection, token: Token, now: datetime) -> int:
    why = "was revoked" if token.state(now) == "revoked" else "has expired"
    return disable_those_of(conn, token.token_id, f"its token {why}: subscribe with another one", now)


_COLUMNS: Final = [TOKENS.c[name] for name in Token.__dataclass_fields__]


def _check(
    name: str,
    scopes: Collection[Scope],
    now: datetime,
    counties: Collection[str] | None,
    expires_at: datetime | None,
) -> None:
    if not name.strip() or not name.isprintable():
        raise RequestError("say in a few words whose token it is", field="name")
    if not scopes:
        raise RequestError("name one at least: without a scope it allows nothing", field="scope")
    if counties is not None and "admin" in scopes:
        raise RequestError("admin is for every county: leave the counties or the scope out", field="county")
    if counties is not None and not (counties and all(_COUNTY.fullmatch(each) for each in counties)):
        raise RequestError("not a county: write its six digits", field="county")
    if expires_at is not None and expires_at <= now:
        raise RequestError("is over already: name a later day", field="expires")


def _token(row: Any) -> Token:
    values = {name: getattr(row, name) for name in Token.__dataclass_fields__}
    counties = None if row.counties is None else frozenset(row.counties)
    return Token(**values | {"scopes": frozenset(row.scopes), "counties": counties})


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
