"""Certifications from other channels, community reports of deaths, visits: accepted at once, then evidence.

What is said twice is kept once: by its reference, or by its content where it has none (POLICY 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

import pyarrow as pa

from gateway.errors import RequestError
from gateway.evidence.columns import EVIDENCE, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.policy import load_policy
from gateway.store.parts import add_parts
from gateway.store.statements import (
    Statement,
    add_statement,
    find_statement,
    mark_taken,
    pending_statements,
    statement,
    withdraw_statement,
)
from gateway.sync.benefits import Holder, holder_of
from gateway.sync.days import come, lived
from gateway.sync.station import Station
from gateway.sync.texts import checked, is_writable

DatasetName = Literal["certifications", "community_reports", "community_visits"]

_RECORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "certifications": {
        "department": "agency",
        "origin": "agency",
        "kind": "certification_elsewhere",
        "polarity": "of_life",
        "strength": "strong",
    },
    "community_reports": {
        "department": "community",
        "origin": "community",
        "kind": "death",
        "basis": "community_report",
        "polarity": "adverse",
    },
    "community_visits": {
        "department": "community",
        "origin": "community",
        "kind": "community_visit",
        "polarity": "of_life",
        "strength": "strong",
    },
}
_NAME: Final = "st_"


@dataclass(frozen=True)
class Said:
    """What somebody says about the person who draws a benefit.

    `exact` is false for a death that happened at the latest on that day; `certificate` is the number of the
    death certificate that a report rests on.
    """

    dataset: DatasetName
    benefit_id: str
    on: date
    by: str
    method: str | None = None
    exact: bool = True
    certificate: str | None = field(default=None, repr=False)
    reference: str | None = None


def accept(station: Station, said: Said) -> Statement:
    """Keep a statement, to become evidence with the next run; said again it is the one kept before.

    Raises:
        RequestError: it is about the future or a day before the person lived, of an unknown method, was
            withdrawn, or its reference was used for something else.
        NotFoundError: the benefit is not on the roster.
    """
    _check(station, said)
    holder = holder_of(station, said.benefit_id)
    lived("on", said.on, holder)
    made = _made(station, said, holder)
    with station.store.begin() as conn:
        known = find_statement(conn, made.statement_id)
        if known is None:
            add_statement(conn, made)
            return made
    if known.content != made.content:
        raise RequestError("this reference was used before for another statement: give it one of its own")
    if known.withdrawn_at:
        raise RequestError("this statement was withdrawn: make it again with a reference of its own")
    return known


def withdraw(station: Station, statement_id: str, by: str) -> Statement:
    """Take a statement back; what rests on it is decided again by the next run.

    Raises:
        NotFoundError: there is no such statement.
    """
    by = checked("the name of who withdraws", by)
    with station.store.begin() as conn:
        seen = statement(conn, statement_id)
        if not seen.withdrawn_at:
            withdraw_statement(conn, seen, by, station.now())
        return statement(conn, statement_id)


def take_statements(station: Station, run_id: int) -> int:
    """Make evidence of what was accepted or withdrawn since; returns how many statements that were.

    To be called with the evidence folder held, before what arrived is settled. One commit.
    """
    with station.store.read() as conn:
        waiting = pending_statements(conn)
    if not waiting:
        return 0
    now = station.now()
    rows = [_deletion(station, each, now) if each.withdrawn_at else _record(each, now) for each in waiting]
    written = write_part(station.evidence, "arrived", pa.Table.from_pylist(rows, schema=EVIDENCE))
    with station.store.begin() as conn:
        mark_taken(conn, waiting)
        add_parts(conn, [as_part(written, "arrived", STRANGERS, run_id, now)])
    return len(waiting)


def _check(station: Station, said: Said) -> None:
    come(station, "on", said.on)
    methods = load_policy(station.settings.folder).channels.methods.value
    if said.dataset == "certifications" and said.method not in methods:
        raise RequestError(f"no such method: one of {', '.join(methods)}", field="method")
    if said.certificate and not is_writable(said.certificate):
        raise RequestError("holds a control character or half a character: leave it out", field="certificate")


def _made(station: Station, said: Said, holder: Holder) -> Statement:
    keyer = station.keyer
    certificate = keyer.certificate(said.certificate) if said.certificate else None
    texts = (said.benefit_id, said.on.isoformat(), str(said.exact), said.method or "")
    content = keyer.content((*texts, certificate.hex() if certificate else ""))
    reference = checked("the reference", said.reference) if said.reference else None
    key = f"reference {reference}" if reference else f"content {content}"
    return Statement(
        statement_id=_NAME + keyer.row(said.dataset, key).hex(),
        dataset=said.dataset,
        benefit_id=said.benefit_id,
        person=holder.person,
        happened_on=said.on,
        exact=said.exact,
        method=said.method,
        certificate=certificate,
        reference=reference,
        content=content,
        made_by=checked("the name of who says so", said.by),
        accepted_at=station.now(),
    )


def _record(said: Statement, now: datetime) -> dict[str, Any]:
    """A statement as evidence; the person is known, so no person key is kept to be matched again."""
    adverse = _RECORDS[said.dataset]["polarity"] == "adverse"
    bounds = {"latest": said.happened_on, "earliest": said.happened_on if said.exact else None}
    return {
        **_version(said, now),
        "basis": said.method,
        **_RECORDS[said.dataset],
        "person": said.person,
        "identity": "match",
        "happened_on": said.happened_on if said.exact else None,
        **(bounds if adverse else {}),
        "derived_from": said.certificate,
        "published_at": said.accepted_at,
        "content": said.content,
    }


def _deletion(station: Station, said: Statement, now: datetime) -> dict[str, Any]:
    """A withdrawn statement as evidence: the version of the same key that says nothing any more."""
    return {
        **_version(said, now),
        "department": _RECORDS[said.dataset]["department"],
        "origin": _RECORDS[said.dataset]["origin"],
        "kind": "nothing",
        "basis": "deleted",
        "polarity": "neutral",
        "identity": "unchecked",
        "published_at": said.withdrawn_at,
        "content": station.keyer.content((said.statement_id, "withdrawn")),
    }


def _version(said: Statement, now: datetime) -> dict[str, Any]:
    return {
        "dataset": said.dataset,
        "key_hash": bytes.fromhex(said.statement_id.removeprefix(_NAME)),
        "item": 0,
        "received_at": now,
    }
