"""The verification ledger as it is shown: on the command line and over HTTP alike, without roster numbers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from gateway.policy import load_policy
from gateway.store.ledger import Change, Entry, Wanted, entry, history, list_entries
from gateway.store.statements import Statement
from gateway.sync.days import present_day
from gateway.sync.station import Station

LISTED: Final = (
    "entry",
    "benefit_id",
    "county",
    "cause",
    "reason",
    "suspected",
    "state",
    "opened_on",
    "assignee",
    "outcome",
)
_SHOWN: Final = (
    "version",
    "person_no",
    "benefit",
    "told_at",
    "outcome_on",
    "effect",
    "ended_on",
    "closed_at",
    "evidence",
)
_CHANGE: Final = ("at", "action", "by", "note", "details")
_STATEMENT: Final = ("dataset", "benefit_id", "method", "exact", "reference", "made_by", "accepted_at")
_WITHDRAWN: Final = ("withdrawn_at", "withdrawn_by")


def listed(station: Station, wanted: Wanted, *, late: bool = False) -> list[dict[str, Any]]:
    """The entries that are asked for, in a line each; `late` ones are open longer than they may be."""
    if late:
        days = load_policy(station.settings.folder).ledger.verify_within_days.value
        with station.store.read() as conn:
            before = present_day(station, conn) - timedelta(days=days)
        wanted = replace(wanted, state="open", opened_before=before)
    with station.store.read() as conn:
        return [in_a_line(each) for each in list_entries(conn, wanted)]


def shown(station: Station, entry_id: int) -> dict[str, Any]:
    """One entry whole, with its contacts and everything that was done about it.

    Raises:
        NotFoundError: there is none of that number.
    """
    with station.store.read() as conn:
        found, done = entry(conn, entry_id), history(conn, entry_id)
    return {
        **in_a_line(found),
        **{name: getattr(found, name) for name in _SHOWN},
        "contacts": [_contact(each) for each in done if each.action == "contacted"],
        "history": [{name: getattr(each, name) for name in _CHANGE} for each in done],
    }


def in_a_line(found: Entry) -> dict[str, Any]:
    """An entry as it is listed."""
    return {name: found.entry_id if name == "entry" else getattr(found, name) for name in LISTED}


def as_stated(made: Statement) -> dict[str, Any]:
    """A statement and its state; no certificate number, which is kept as a hash only."""
    return {
        "statement": made.statement_id,
        "state": made.state,
        "on": made.happened_on,
        **{name: getattr(made, name) for name in _STATEMENT},
        **({name: getattr(made, name) for name in _WITHDRAWN} if made.withdrawn_at else {}),
    }


def _contact(done: Change) -> dict[str, Any]:
    return {**done.details, "result": done.note, "by": done.by}
