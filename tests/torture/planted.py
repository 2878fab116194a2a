"""Faults to be planted in the gateway's code, each of which a seed must find."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from gateway.delivery import stock
from gateway.delivery.lanes import Lanes, Waiting
from gateway.delivery.parcels import Parcel, batch, single
from gateway.store import feed
from gateway.store.deliveries import Sent
from gateway.store.outbox import last_sequence
from gateway.web.keeping import Keeping


def show_held() -> None:
    """The feed shows what is not let out."""
    reach = feed.reach

    def reach_too_far(conn: Connection) -> feed.Reach:
        return replace(reach(conn), last=last_sequence(conn))

    _set(feed, reach=reach_too_far)


def forget_acks() -> None:
    """An ack is answered and not kept."""

    def ack(_: Keeping, __: str, cursor: str) -> dict[str, Any]:
        return {"cursor": cursor, "moved": True}

    _set(Keeping, ack=ack)


def give_up_at_once() -> None:
    """What fails once is never tried again."""
    _set(Lanes, again=lambda lanes, row, _: lanes.done(row))


def leave_lanes() -> None:
    """A benefit's next event does not wait for the one before it."""

    def append(lanes: Lanes, row: Waiting) -> None:
        lanes._place(row)

    _set(Lanes, _append=append)


def change_bytes() -> None:
    """An event is written anew before it is sent."""

    def single_anew(row: Waiting, events: Mapping[int, Sent]) -> Parcel | None:
        return _anew(single(row, events))

    def batch_anew(row: Waiting, bodies: bytes | None) -> Parcel | None:
        return _anew(batch(row, bodies))

    _set(stock, single=single_anew, batch=batch_anew)


def _anew(packed: Parcel | None) -> Parcel | None:
    if packed is not None:
        packed.body = packed.body.replace(b'":', b'": ')
    return packed


def _set(owner: object, **values: object) -> None:
    for name, value in values.items():
        setattr(owner, name, value)
