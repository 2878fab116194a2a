"""What people do about an entry of the verification ledger: assign, contact, resolve (POLICY 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, get_args

import duckdb
from sqlalchemy import Connection

from gateway.decide.behind import ground_of
from gateway.errors import RequestError
from gateway.events import EventDraft, LossConfirmed, draft
from gateway.policy import Policy, load_policy
from gateway.store import decisions
from gateway.store.decisions import Decision
from gateway.store.ledger import Change, Effect, Entry, Mark, Outcome, change, entry
from gateway.store.outbox import events_about
from gateway.sync.benefits import Holder, find_holder
from gateway.sync.days import come, ended, found, lived, present_day
from gateway.sync.gone import is_gone, taken_back
from gateway.sync.one import Start, Subject, Told, decide_one, last_row, tell_one
from gateway.sync.station import Station
from gateway.sync.texts import checked

Whom = Literal["self", "family", "employer"]
"""Who was spoken to: the person (本人), the family (家属), the employer (单位)."""

_WHO: Final = "the name of who does it"
_OUTCOMES: Final = get_args(Outcome)
_EFFECTS: Final = get_args(Effect)
_AGAIN: Final[Mapping[Outcome | None, tuple[Outcome, ...]]] = {
    "ineligible": ("eligible",),
    "duplicate": ("eligible", "ineligible"),
}
"""What a closed entry can still be resolved as: a loss taken back, a duplicate settled by itself."""


@dataclass(frozen=True)
class Contact:
    """Somebody was spoken to on a day, and what came of it."""

    whom: Whom
    result: str
    by: str
    on: date | None = None


@dataclass(frozen=True)
class Resolution:
    """What a person found: `on` is the day of the finding, `ended_on` the last day of the entitlement.

    A `duplicate` is looked into under another entry. It tells nothing: what it rests on goes on suspecting
    the benefit until it ends or somebody resolves the entry as eligible or ineligible, which stays possible.

    `version` is that of the entry looked at: evidence that came after it was not, and must not be silenced.
    """

    outcome: Outcome
    by: str
    note: str
    on: date | None = None
    effect: Effect | None = None
    ended_on: date | None = None
    version: int | None = None


@dataclass(frozen=True)
class Resolved:
    """The closed entry, and the events that its outcome made."""

    entry: Entry
    events: Sequence[EventDraft]


def assign(station: Station, entry_id: int, to: str, by: str) -> Entry:
    """Give an open entry to somebody.

    Raises:
        RequestError: it is closed, or a text cannot be kept. NotFoundError: there is no such entry.
    """
    to, by = checked("the name of who is to verify", to), checked(_WHO, by)
    with station.store.begin() as conn:
        seen = _open_entry(conn, entry_id)
        done = Change(entry_id, "assigned", station.now(), by, "", {"to": to, "before": seen.assignee})
        change(conn, seen, done, assignee=to)
        return entry(conn, entry_id)


def contact(station: Station, entry_id: int, made: Contact) -> Entry:
    """Note a contact on an open entry.

    Raises:
        RequestError: it is closed, the day has not come or is before the person lived, or a text cannot be
            kept.
        NotFoundError: there is no such entry.
    """
    if made.whom not in get_args(Whom):
        raise RequestError(f"no such party: one of {', '.join(get_args(Whom))}")
    result, by, on = checked("the result", made.result), checked(_WHO, made.by), _day(station, made.on)
    with station.store.read() as conn:
        about = _open_entry(conn, entry_id)
    lived("on", on, find_holder(station, about.benefit_id))
    with station.store.begin() as conn:
        seen = _open_entry(conn, entry_id)
        details = {"whom": made.whom, "on": on.isoformat()}
        change(conn, seen, Change(entry_id, "contacted", station.now(), by, result, details))
        return entry(conn, entry_id)


def resolve(station: Station, entry_id: int, resolution: Resolution) -> Resolved:
    """Close an entry with its outcome; the benefit is decided anew and told of in the same commit.

    Raises:
        RequestError: the outcome is impossible, its day lies in the future, before the entry was opened or
            before what it looked into, or the entry is closed for good or was changed in the meantime.
        NotFoundError: there is no such entry.
        RunHeld: a run waits for a person's word, and the benefit would be suspected of something else.
        StoreError: another run is deciding the benefit; nothing was changed.
    """
    policy = load_policy(station.settings.folder)
    given = _checked(station, resolution)
    with station.store.read() as conn:
        seen = entry(conn, entry_id)
    _check_state(seen, given)
    _check_days(seen, resolution, find_holder(station, seen.benefit_id))
    if given.outcome == "duplicate":
        with station.store.begin() as conn:
            _close(conn, seen, given, station.now())
        told = Told()
    elif given.outcome == "ineligible":
        told = _lose(station, policy, seen, given)
    else:
        told = _clear(station, policy, seen, given)
    with station.store.read() as conn:
        return Resolved(entry(conn, entry_id), told.events)


def _lose(station: Station, policy: Policy, seen: Entry, given: Resolution) -> Told:
    """A person confirmed a loss: one event, and the benefit stays held (三（四）)."""

    def make(connection: duckdb.DuckDBPyConnection, start: Start) -> Told:
        with station.store.read() as conn:
            standing = decisions.current(conn, seen.benefit_id)
            told = events_about(conn, seen.benefit_id)
        row = last_row(connection, start)
        previous = row["last_event_id"] if row else told[-1].event_id if told else None
        event = draft(_loss(policy, seen, given, standing, start.as_of), start.origin, previous)
        return Told(events=[event], state=row and {**row, **_followed_by(row, event)})

    return tell_one(station, policy, _subject(seen), make, lambda conn, at: _close(conn, seen, given, at))


def _followed_by(row: dict[str, Any], event: EventDraft) -> dict[str, str]:
    """Whoever takes the loss back later replaces it, and no longer the suspicion before it."""
    own = {"last_event_id": event.event_id}
    return own | {"suspicion_event_id": event.event_id} if row["suspicion_event_id"] else own


def _clear(station: Station, policy: Policy, seen: Entry, given: Resolution) -> Told:
    """A person found the benefit due: what the entry looked at is silent, and the benefit is certified."""
    closed = replace(seen, **_closing(given, station.now()))

    def marks(entries: Sequence[Entry]) -> list[Mark]:
        return [closed if each.entry_id == seen.entry_id else each for each in entries]

    subject = replace(_subject(seen), settles="loss" if seen.outcome == "ineligible" else "suspicion")

    def beside(conn: Connection, at: datetime) -> None:
        _close(conn, seen, given, at)

    if is_gone(station, seen):
        return tell_one(station, policy, subject, lambda _, start: taken_back(seen, start), beside)
    return decide_one(station, policy, subject, marks, beside)


def _loss(
    policy: Policy, seen: Entry, given: Resolution, standing: Decision | None, as_of: date
) -> LossConfirmed:
    """What is told of a loss; overpaid is what was paid for the days after the last one due *(chosen)*."""
    ground = ground_of(policy, seen.benefit, seen.reason)
    told: dict[str, Any] = {
        "decision": standing.decision if standing else "uncovered",
        "certified_on": standing.certified_on if standing else None,
        "valid_until": standing.valid_until if standing else None,
        **{name: getattr(seen, name) for name in ("person_no", "benefit_id", "benefit", "county", "cause")},
        **{name: getattr(seen, name) for name in ("reason", "evidence")},
    }
    ended_on = given.ended_on or as_of
    return LossConfirmed(
        **told,
        as_of=as_of,
        effect=given.effect or "stop",
        ended_on=ended_on,
        overpaid_from=ended_on + timedelta(days=1),
        clauses=policy.clauses(*filter(None, [ground]), policy.ledger.verify_within_days),
        policy_version=policy.version,
    )


def _subject(seen: Entry) -> Subject:
    return Subject(seen.benefit_id, seen.person, f"ledger-{seen.entry_id}")


def _close(conn: Connection, seen: Entry, given: Resolution, at: datetime) -> None:
    closing = _closing(given, at)
    details = {name: _text(value) for name, value in closing.items() if name not in {"state", "closed_at"}}
    change(conn, seen, Change(seen.entry_id, "resolved", at, given.by, given.note, details), **closing)


def _closing(given: Resolution, at: datetime) -> dict[str, Any]:
    return {
        "state": "closed",
        "outcome": given.outcome,
        "outcome_on": given.on,
        "effect": given.effect,
        "ended_on": given.ended_on,
        "closed_at": at,
    }


def _checked(station: Station, given: Resolution) -> Resolution:
    """The resolution with its texts checked and its day filled in.

    Raises:
        RequestError: it contradicts itself.
    """
    if given.outcome not in _OUTCOMES:
        raise RequestError(f"no such outcome: one of {', '.join(_OUTCOMES)}")
    if given.outcome == "ineligible":
        if given.effect not in _EFFECTS or given.ended_on is None:
            raise RequestError("ineligible needs an effect (stop or terminate) and the day it ended on")
        come(station, "ended_on", given.ended_on)
    elif given.effect or given.ended_on:
        raise RequestError(f"{given.outcome} has no effect and no end: they belong to ineligible")
    return replace(
        given, by=checked(_WHO, given.by), note=checked("the note", given.note), on=_day(station, given.on)
    )


def _check_state(seen: Entry, given: Resolution) -> None:
    if given.version not in {None, seen.version}:
        raise RequestError(f"ledger entry {seen.entry_id} was changed since you looked at it: look again")
    if seen.state == "closed" and given.outcome not in _AGAIN.get(seen.outcome, ()):
        raise RequestError(
            f"ledger entry {seen.entry_id} is closed as {seen.outcome}: only an ineligible one can be "
            "resolved again, as eligible, and a duplicate, as either"
        )


def _check_days(seen: Entry, given: Resolution, holder: Holder | None) -> None:
    if given.on:
        found(given.on, seen)
    if given.ended_on:
        ended(given.ended_on, holder)


def _open_entry(conn: Connection, entry_id: int) -> Entry:
    seen = entry(conn, entry_id)
    if seen.state == "closed":
        raise RequestError(f"ledger entry {entry_id} is closed as {seen.outcome}: nothing is left to do")
    return seen


def _day(station: Station, day: date | None) -> date:
    """The day that is named, or the present one."""
    if day is not None:
        return come(station, "on", day)
    with station.store.read() as conn:
        return present_day(station, conn)


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
