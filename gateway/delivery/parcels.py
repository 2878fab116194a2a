"""What leaves in one request: an event as it is stored, or several of them in an array."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.delivery.lanes import Waiting
from gateway.store.deliveries import Sent

_SINGLE: Final = {"content-type": "application/cloudevents+json"}
_ARRAY: Final = {"content-type": "application/cloudevents-batch+json"}
SIGNATURE: Final = "x-jws-signature"


@dataclass(slots=True)
class Parcel:
    """A delivery with its bytes; `message_id` is the same at every attempt."""

    row: Waiting
    message_id: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def single(row: Waiting, events: Mapping[int, Sent]) -> Parcel | None:
    """An event as it is stored, with its own signature beside it; null where it is not kept any more."""
    event = events.get(row.sequences[0])
    if event is None:
        return None
    headers = {**_SINGLE, SIGNATURE: event.signature} if event.signature else _SINGLE
    return Parcel(row, event.event_id, headers, event.body)


def batch(row: Waiting, bodies: bytes | None) -> Parcel | None:
    """Events in an array, given with commas between; null where one of them is not kept any more."""
    return None if bodies is None else Parcel(row, f"dlv_{row.delivery_id}", _ARRAY, b"[%b]" % bodies)
