"""Subscriptions: who is told of what, where, and whether it is sent at present.

`version` rises with every change that somebody made or that changed the state; a change is refused where
another one came between. Where the dispatcher stands is moved by the dispatcher alone.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, insert, select, update
from typing_extensions import TypedDict

from gateway.errors import NotFoundError, RequestError
from gateway.store.alarms import Alarm, clear_alarm, raise_alarm
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS

State = Literal["pending", "active", "paused", "disabled", "removed"]
Kind = Literal["hmac", "ed25519"]

_ID_BYTES: Final = 12
LIVE: Final = ("pending", "active")
"""The states of those that are sent to, or will be once they consent."""

_UNASKED: Final[dict[str, Any]] = {"consented_at": None, "asked": 0}


class SealedSecret(TypedDict):
    """A signing secret at rest; `until` is when it ends, ISO 8601, null for the one that signs first."""

    kind: Kind
    sealed: str
    until: str | None


@dataclass(frozen=True, kw_only=True)
class NewSubscription:
    """What a subscriber asks for; it counts once the receiver consented."""

    subscription_id: str
    owner: str | None
    sink: str
    filters: list[dict[str, Any]]
    counties: list[str] | None
    allow: list[str]
    batch_size: int
    concurrency: int
    rate_per_second: float | None
    secrets: list[SealedSecret] = field(repr=False)
    position: int


@dataclass(frozen=True, kw_only=True)
class Subscription(NewSubscription):
    """A subscription as it stands; `owner` is the token that made it, null where this machine did.

    `asked` and `ask_at` count how often the receiver was asked for consent, and say when it is asked next.
    """

    state: State
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    consented_at: datetime | None
    asked: int
    ask_at: datetime | None
    failing_since: datetime | None


class Changes(TypedDict, total=False):
    """What somebody may change; what is left out stays."""

    sink: str
    filters: list[dict[str, Any]]
    counties: list[str] | None
    allow: list[str]
    batch_size: int
    concurrency: int
    rate_per_second: float | None


def new_subscription_id() -> str:
    """An id that nobody guesses."""
    return "sub_" + secrets.token_hex(_ID_BYTES)


def create(conn: Connection, new: NewSubscription, at: datetime) -> Subscription:
    """Keep a new subscription; it is pending, and its receiver is asked at once."""
    values = vars(new) | {"state": "pending", "version": 1, "created_at": at, "updated_at": at, "ask_at": at}
    row = conn.execute(insert(SUBSCRIPTIONS).values(**values).returning(*SUBSCRIPTIONS.c)).one()
    return Subscription(**row._asdict())


def subscription(conn: Connection, subscription_id: str) -> Subscription:
    """One subscription.

    Raises:
        NotFoundError: there is none of that id, or it was removed.
    """
    query = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.subscription_id == subscription_id)
    row = conn.execute(query.where(SUBSCRIPTIONS.c.state != "removed")).one_or_none()
    if row is None:
        raise NotFoundError("there is no such subscription: see `gateway subscriptions list`")
    return Subscription(**row._asdict())


def subscriptions(
    conn: Connection, state: State | None = None, owner: str | None = None
) -> list[Subscription]:
    """Those of a state and of an owner, the oldest first; of every one where null, but for removed ones."""
    chosen = SUBSCRIPTIONS.c.state != "removed" if state is None else SUBSCRIPTIONS.c.state == state
    query = select(SUBSCRIPTIONS).where(chosen)
    if owner is not None:
        query = query.where(SUBSCRIPTIONS.c.owner == owner)
    ordered = query.order_by(SUBSCRIPTIONS.c.created_at, SUBSCRIPTIONS.c.subscription_id)
    return [Subscription(**row._asdict()) for row in conn.execute(ordered)]


def to_ask(conn: Connection, at: datetime) -> list[Subscription]:
    """The pending ones whose receivers are to be asked by now, the longest due first."""
    due = (SUBSCRIPTIONS.c.state == "pending") & (SUBSCRIPTIONS.c.ask_at <= at)
    query = select(SUBSCRIPTIONS).where(due).order_by(SUBSCRIPTIONS.c.ask_at, SUBSCRIPTIONS.c.subscription_id)
    return [Subscription(**row._asdict()) for row in conn.execute(query)]


def change(conn: Connection, seen: Subscription, changes: Changes, at: datetime) -> Subscription:
    """Change a subscription; a new receiver, or a higher rate than it agreed to, needs consent anew.

    Raises:
        RequestError: it was changed since it was seen.
    """
    values: dict[str, Any] = dict(changes)
    if _needs_consent(seen, changes):
        values |= _UNASKED
        values |= {"state": "pending", "ask_at": at} if seen.state in LIVE else {}
    return _change(conn, seen, values, at)


def pause(conn: Connection, seen: Subscription, at: datetime, reason: str | None = None) -> Subscription:
    """Send nothing until it is resumed; what is due waits.

    Raises:
        RequestError: the gateway disabled it already, or it was changed since it was seen.
    """
    if seen.state == "disabled":
        raise RequestError("is disabled and sends nothing: resume or remove it")
    return _change(conn, seen, {"state": "paused", "reason": reason, "ask_at": None}, at)


def resume(conn: Connection, seen: Subscription, at: datetime) -> Subscription:
    """Send again; one that was disabled, or never consented, is asked for consent first.

    What it failed at before is forgotten, so that it is not disabled again at its first failure.

    Raises:
        RequestError: it is neither paused nor disabled, or it was changed since it was seen.
    """
    if seen.state in LIVE:
        raise RequestError(f"is {seen.state} already: only a paused or disabled one can be resumed")
    values: dict[str, Any] = {"reason": None, "failing_since": None}
    if seen.state == "paused" and seen.consented_at is not None:
        values["state"] = "active"
    else:
        values |= _UNASKED | {"state": "pending", "ask_at": at}
    clear_alarm(conn, "subscription_disabled", seen.subscription_id, at)
    return _change(conn, seen, values, at)


def disable(conn: Connection, subscription_id: str, reason: str, at: datetime) -> bool:
    """Stop a pending or active subscription and raise an alarm; false where it was stopped already."""
    live = (SUBSCRIPTIONS.c.subscription_id == subscription_id) & SUBSCRIPTIONS.c.state.in_(LIVE)
    stop = update(SUBSCRIPTIONS).where(live).values(_next({"state": "disabled", "reason": reason}, at))
    if not conn.execute(stop.values(ask_at=None)).rowcount:
        return False
    raise_alarm(conn, Alarm("subscription_disabled", subscription_id, reason), at)
    return True


def disable_those_of(conn: Connection, owner: str, reason: str, at: datetime) -> int:
    """Stop whatever a token has subscribed to, because the token is over, and say how many that were."""
    live = [each for each in subscriptions(conn, owner=owner) if each.state in LIVE]
    return sum(disable(conn, each.subscription_id, reason, at) for each in live)


def remove(conn: Connection, seen: Subscription, at: datetime) -> None:
    """End a subscription for good: what is pending is canceled, its secrets are forgotten.

    The row stays for its deliveries to refer to.

    Raises:
        RequestError: it was changed since it was seen.
    """
    _change(conn, seen, {"state": "removed", "secrets": [], "ask_at": None}, at)
    pending = (DELIVERIES.c.subscription_id == seen.subscription_id) & (DELIVERIES.c.state == "pending")
    canceled = {"state": "canceled", "next_at": None, "finished_at": at}
    conn.execute(update(DELIVERIES).where(pending).values(**canceled))
    clear_alarm(conn, "subscription_disabled", seen.subscription_id, at)


def consented(conn: Connection, seen: Subscription, rate_per_second: float | None, at: datetime) -> bool:
    """Note that the receiver agreed to so many requests a second; false where something changed meanwhile."""
    values: dict[str, Any] = {"state": "active", "reason": None, "consented_at": at, "ask_at": None}
    values["rate_per_second"] = rate_per_second
    asking = update(SUBSCRIPTIONS).where(_as_seen(seen), SUBSCRIPTIONS.c.state == "pending")
    return bool(conn.execute(asking.values(_next(values, at))).rowcount)


def ask_again(conn: Connection, seen: Subscription, reason: str, ask_at: datetime) -> bool:
    """Note why the receiver did not agree, and when it is asked next; false where something changed."""
    values = {"asked": seen.asked + 1, "reason": reason, "ask_at": ask_at}
    asking = update(SUBSCRIPTIONS).where(_as_seen(seen), SUBSCRIPTIONS.c.state == "pending")
    return bool(conn.execute(asking.where(SUBSCRIPTIONS.c.asked == seen.asked).values(values)).rowcount)


def put_secrets(
    conn: Connection, seen: Subscription, kept: Sequence[SealedSecret], at: datetime
) -> Subscription:
    """Keep these signing secrets, the first of which signs first.

    Raises:
        RequestError: it was changed since it was seen.
    """
    return _change(conn, seen, {"secrets": list(kept)}, at)


def _needs_consent(seen: Subscription, changes: Changes) -> bool:
    if changes.get("sink", seen.sink) != seen.sink:
        return True
    rate = changes.get("rate_per_second", seen.rate_per_second)
    return seen.rate_per_second is not None and (rate is None or rate > seen.rate_per_second)


def _as_seen(seen: Subscription) -> ColumnElement[bool]:
    same = SUBSCRIPTIONS.c.subscription_id == seen.subscription_id
    return same & (SUBSCRIPTIONS.c.version == seen.version)


def _next(values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {**values, "version": SUBSCRIPTIONS.c.version + 1, "updated_at": at}


def _change(conn: Connection, seen: Subscription, values: Mapping[str, Any], at: datetime) -> Subscription:
    wanted = update(SUBSCRIPTIONS).where(_as_seen(seen), SUBSCRIPTIONS.c.state != "removed")
    row = conn.execute(wanted.values(_next(values, at)).returning(*SUBSCRIPTIONS.c)).one_or_none()
    if row is None:
        raise RequestError("was changed by somebody else meanwhile: look at it again", field="version")
    return Subscription(**row._asdict())
