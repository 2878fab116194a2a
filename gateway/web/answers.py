"""What each operation answers, as a caller reads it; the published contract is made of these models.

Handlers write their answers themselves; a test holds every answer to its model. A caller is to pass over
what it does not know: a later version may say more.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.store.alarms import Name
from gateway.store.ledger import Action, Effect, Outcome
from gateway.store.ledger import State as EntryState
from gateway.store.runs import Kind
from gateway.store.runs import State as RunState
from gateway.sync.ledger import Whom
from gateway.sync.statements import DatasetName


def _open(schema: dict[str, Any]) -> None:
    schema.pop("additionalProperties", None)


class Answer(BaseModel):
    """A part of an answer: its own check is exact, its published schema lets more be added."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_open)


class Problem(Answer):
    """Why nothing was done (RFC 9457); `detail` says what to do."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str | None = None


class Event(Answer):
    """An event as stored: CloudEvents 1.0 in structured JSON, of one of the ten types."""

    model_config = ConfigDict(extra="allow")


class EventPage(Answer):
    """Events in order, each with its detached JWS, null where none was signed.

    `next` is the cursor to ask on from, also where there was none; `more` says that there is more now.
    """

    events: list[Event]
    signatures: list[str | None]
    next: str
    more: bool


class StandingAlarm(Answer):
    """What is wrong now, and since when."""

    name: Name
    subject: str
    message: str
    raised_at: datetime


class Health(Answer):
    """Whether the gateway can work."""

    status: Literal["pass", "warn", "fail"]
    faults: list[str]
    alarms: list[StandingAlarm]


class RunShown(Answer):
    """One run; `summary` is what its report showed, each kind with parts of its own."""

    run_id: int
    kind: Kind
    as_of: date | None
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    reason: str | None
    policy_version: str | None
    summary: dict[str, Any] | None


class RunPage(Answer):
    """Runs, newest first; `next` is the `before` of the page behind, null where there is none."""

    runs: list[RunShown]
    next: int | None


class EntryLine(Answer):
    """A ledger entry in a line."""

    entry: int
    benefit_id: str
    county: str | None
    cause: str
    reason: str | None
    suspected: bool
    state: EntryState
    opened_on: date
    assignee: str | None
    outcome: Outcome | None


class EntryPage(Answer):
    """Entries, oldest first; `next` is the `after` of the page behind."""

    entries: list[EntryLine]
    next: int


class ContactMade(Answer):
    """Somebody was spoken to."""

    whom: Whom
    on: date
    result: str
    by: str


class EntryChange(Answer):
    """Who did what, when and why."""

    at: datetime
    action: Action
    by: str
    note: str
    details: dict[str, Any]


class EvidenceNamed(Answer):
    """A record behind an entry; `id` is opaque."""

    id: str
    department: str
    kind: str
    happened_on: date | None = None


class EntryShown(EntryLine):
    """A ledger entry whole, with its contacts and everything that was done about it."""

    version: int
    person_no: str
    benefit: str
    told_at: datetime | None
    outcome_on: date | None
    effect: Effect | None
    ended_on: date | None
    closed_at: datetime | None
    evidence: list[EvidenceNamed]
    contacts: list[ContactMade]
    history: list[EntryChange]


class EventMade(Answer):
    """An event that was made, by its id and type."""

    id: str
    type: str


class EntryResolved(EntryShown):
    """A closed entry, with the events that closing it made."""

    events: list[EventMade]


class StatementShown(Answer):
    """What another channel said, and what has become of it; never the certificate's number."""

    statement: str
    state: Literal["accepted", "taken", "withdrawn"]
    on: date
    dataset: DatasetName
    benefit_id: str
    method: str | None
    exact: bool
    reference: str | None
    made_by: str
    accepted_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


class Statements(Answer):
    """What was said about a benefit, oldest first."""

    statements: list[StatementShown]
