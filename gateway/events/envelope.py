"""An event's envelope: CloudEvents 1.0, structured JSON, serialised once. Instants carry +08:00."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

from gateway.clock import CHINA, local
from gateway.errors import GatewayError
from gateway.events.types import BenefitEvent

MAX_BYTES: Final = 20_000
"""No event is larger."""

_ID_LENGTH: Final = len("evt_") + 32


@dataclass(frozen=True)
class Origin:
    """What the events of one run share; `time` has a time zone, `correlation_id` names the run.

    `series` is what their ids begin with, so that what is written together is together in an index of ids.
    """

    source: str
    type_prefix: str
    time: datetime
    correlation_id: str
    series: str = ""

    @cached_property
    def local_time(self) -> datetime:
        """The time as it is kept: naive Asia/Shanghai."""
        return local(self.time)

    @cached_property
    def quoted(self) -> tuple[str, str, str]:
        """Source, time and correlation id as JSON."""
        source, time, run = map(encode_basestring, (self.source, self.written_time, self.correlation_id))
        return source, time, run

    @cached_property
    def written_time(self) -> str:
        """The time as every event says it: RFC 3339 with milliseconds and +08:00."""
        return self.time.astimezone(CHINA).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class EventDraft:
    """An event that has everything but its number."""

    event_id: str
    type: str
    subject: str
    county: str | None
    origin: Origin
    causation_id: str | None
    data: BenefitEvent

    @property
    def replaces(self) -> str | None:
        """The event this one takes the place of."""
        return self.data.replaces


def draft(data: BenefitEvent, origin: Origin, previous: str | None) -> EventDraft:
    """An event of its own id; `previous` is the benefit's last event, null for its first.

    The id is a hash of type, content and predecessor behind the series: the same run started again gives the
    same id, the same finding at another place in the benefit's history gives another.
    """
    type_ = origin.type_prefix + data.type_name
    own_id = event_id(origin, hashed_of(type_, data, previous))
    return EventDraft(own_id, type_, data.benefit_id, data.county, origin, previous, data)


def series(as_of: date, bucket: int) -> str:
    """Of the events that tell what was decided as of a day about the people of a bucket: hexadecimal."""
    return f"{as_of:%Y%m%d}{bucket:02x}"


def hashed_of(type_: str, data: BenefitEvent, previous: str | None) -> str:
    """What an event's id is a hash of."""
    return json.dumps([type_, told(data), previous], ensure_ascii=False, sort_keys=True)


def event_id(origin: Origin, hashed: str) -> str:
    """The id of an event of this origin: 32 hexadecimal digits behind `evt_`."""
    digits = hashlib.sha256(hashed.encode()).hexdigest()
    return f"evt_{origin.series}{digits}"[:_ID_LENGTH]


class Envelope(NamedTuple):
    """An event as it waits for its number: `before` and `after` are the text on either side of that.

    `time` is naive Asia/Shanghai, as it is kept; `replaces` is the event this one takes the place of.
    A tuple, since a month has millions of them.
    """

    event_id: str
    type: str
    subject: str
    county: str | None
    time: datetime
    replaces: str | None
    before: str
    after: str

    def __repr__(self) -> str:
        return f"Envelope({self.event_id})"

    def serialise(self, sequence: int) -> bytes:
        """The bytes that are stored, signed and sent; made once.

        Raises:
            GatewayError: the event is larger than MAX_BYTES.
        """
        body = f"{self.before}{sequence:020d}{self.after}".encode()
        if len(body) > MAX_BYTES:
            raise GatewayError(f"event {self.event_id} has {len(body)} bytes, more than {MAX_BYTES}")
        return body


def enveloped(event: EventDraft) -> Envelope:
    """Everything that is said of an event, so that its number is all that its bytes wait for."""
    source, time, run = event.origin.quoted
    own_id, type_, subject = map(encode_basestring, (event.event_id, event.type, event.subject))
    cause = f',"causationid":{encode_basestring(event.causation_id)}' if event.causation_id else ""
    # the data is written by pydantic itself: twice as quick as by way of a dictionary
    data = event.data.model_dump_json(exclude_none=True)
    return Envelope(
        event_id=event.event_id,
        type=event.type,
        subject=event.subject,
        county=event.county,
        time=event.origin.local_time,
        replaces=event.replaces,
        before=(
            f'{{"specversion":"1.0","id":{own_id},"source":{source},"type":{type_},"subject":{subject},'
            f'"time":{time},"datacontenttype":"application/json","sequence":"'
        ),
        after=f'","partitionkey":{subject},"correlationid":{run}{cause},"data":{data}}}',
    )


def serialise(event: EventDraft, sequence: int) -> bytes:
    """The bytes of an event that has its number.

    Raises:
        GatewayError: the event is larger than MAX_BYTES.
    """
    return enveloped(event).serialise(sequence)


def told(data: BenefitEvent) -> dict[str, Any]:
    """The data as JSON values; what is not known is left out."""
    return data.model_dump(mode="json", exclude_none=True)
