"""The events a decision makes: CloudEvents 1.0, structured JSON, serialised once (POLICY 7).

An event carries no ID number, no name and no department's own key. Instants carry +08:00.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.clock import CHINA
from gateway.errors import GatewayError

MAX_BYTES: Final = 20_000
"""No event is larger."""

MAX_EVIDENCE: Final = 40
"""An event names at most so many records; the decision's explanation names them all."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EvidenceReference(_Closed):
    """A record behind a suspicion; `id` is opaque and resolved by a scoped, audited call."""

    id: str
    department: str
    kind: str
    happened_on: date | None = None


class LifeSource(_Closed):
    """What a renewal says about its evidence: whose and how strong, no more."""

    department: str
    strength: Literal["strong", "weak"]


References = Annotated[list[EvidenceReference], Field(max_length=MAX_EVIDENCE)]
LifeSources = Annotated[list[LifeSource], Field(max_length=MAX_EVIDENCE)]


class BenefitEvent(_Closed):
    """What every event about a benefit says."""

    type_name: ClassVar[str]

    person_no: str
    benefit_id: str
    benefit: str
    county: str | None = None
    decision: str
    as_of: date
    certified_on: date | None = None
    valid_until: date | None = None
    notify: bool = False
    replaces: str | None = None
    clauses: list[str]
    policy_version: str


class CertificationRenewed(BenefitEvent):
    """A certification moved forward by data matching (信息比对认证)."""

    type_name: ClassVar[str] = "certification.renewed"

    decision: Literal["certified"] = "certified"
    certified_on: date
    valid_until: date
    method: Literal["data_matching"] = "data_matching"
    evidence: LifeSources


class EligibilitySuspected(BenefitEvent):
    """Entitlement may be lost: a person is to verify. Sent again when reason or confidence changes."""

    type_name: ClassVar[str] = "eligibility.suspected"

    decision: Literal["suspected"] = "suspected"
    reason: str
    confidence: Literal["corroborated", "single_source"]
    suggested_channel: str
    evidence: References


class SuspicionCleared(BenefitEvent):
    """The ground of a suspicion ended in the data; `reason` is the one that was suspected."""

    type_name: ClassVar[str] = "eligibility.suspicion.cleared"

    reason: str
    evidence: References = Field(default_factory=list)


class EvidenceWithdrawn(BenefitEvent):
    """A renewal is taken back: its evidence was withdrawn; carries the restored certification."""

    type_name: ClassVar[str] = "evidence.withdrawn"


EVENT_TYPES: Final[tuple[type[BenefitEvent], ...]] = (
    CertificationRenewed,
    EligibilitySuspected,
    SuspicionCleared,
    EvidenceWithdrawn,
)


@dataclass(frozen=True)
class Origin:
    """What the events of one run share; `time` has a time zone, `correlation_id` names the run."""

    source: str
    type_prefix: str
    time: datetime
    correlation_id: str


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

    The id is a hash of type, content and predecessor: the same run started again gives the same id, the
    same finding at another place in the benefit's history gives another.
    """
    type_ = origin.type_prefix + data.type_name
    told = json.dumps([type_, _told(data), previous], ensure_ascii=False, sort_keys=True)
    event_id = "evt_" + hashlib.sha256(told.encode()).hexdigest()[:32]
    return EventDraft(event_id, type_, data.benefit_id, data.county, origin, previous, data)


def serialise(event: EventDraft, sequence: int) -> bytes:
    """The bytes that are stored, signed and sent; made once.

    Raises:
        GatewayError: the event is larger than MAX_BYTES.
    """
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": event.origin.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.origin.time.astimezone(CHINA).isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "sequence": f"{sequence:020d}",
        "partitionkey": event.subject,
        "correlationid": event.origin.correlation_id,
        **({"causationid": event.causation_id} if event.causation_id else {}),
        "data": _told(event.data),
    }
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_BYTES:
        raise GatewayError(f"event {event.event_id} has {len(body)} bytes, more than {MAX_BYTES}")
    return body


def schemas(type_prefix: str) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each type's data."""
    return {type_prefix + model.type_name: model.model_json_schema() for model in EVENT_TYPES}


def _told(data: BenefitEvent) -> dict[str, Any]:
    return data.model_dump(mode="json", exclude_none=True)
