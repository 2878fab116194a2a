"""`gateway evidence`: what is kept behind the opaque id that an event carries."""

from collections.abc import Iterator
from dataclasses import asdict
from getpass import getuser
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json
from gateway.store import audit
from gateway.sync.tracing import Source, Trace, Version, kept_reason, trace

_ACTION = "evidence.resolved"


def evidence(
    evidence_id: Annotated[
        str, typer.Argument(help="The id, ev_…, as an event or `gateway explain` has it.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, kept in the audit. Name no person.")],
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Say what is kept behind an evidence id, where it came from, and what rests on it.

    Who asks and why is kept in the audit before anything is shown; see `gateway audit list`.

    Example: gateway evidence ev_9f86d081884c7d659a2feaa0c55ad01500 --reason "the family objects"
    """
    station = open_station(config)
    why = kept_reason(reason)
    found = trace(station, evidence_id)
    with station.store.begin() as conn:
        audit.append(conn, station.clock(), getuser(), _ACTION, evidence_id, {"reason": why})
    if as_json:
        print_json(asdict(found))
        return
    for line in _lines(found):
        out.print(line, markup=False)


def _lines(found: Trace) -> Iterator[str]:
    for version in found.versions:
        yield from _version(version)
    for decision in found.decisions:
        why = f": {decision.reason}" if decision.reason else ""
        said = f"{decision.decision}{why} ({decision.role}, {decision.standing})"
        yield f"  decision about {decision.benefit_id} as of {decision.as_of}: {said}"
    for event in found.events:
        yield f"  event {event.sequence} about {event.benefit_id}: {event.type} at {event.time}"
    for entry in found.ledger:
        yield f"  ledger entry {entry.entry} about {entry.benefit_id}: {entry.cause}, {entry.state}"


def _version(version: Version) -> Iterator[str]:
    said = (version.basis or version.kind, version.happened_on or version.latest or version.began_on)
    what = ", ".join(str(each) for each in said if each)
    yield f"{version.department}/{version.dataset}: {what}; {version.standing}"
    yield f"  published {version.published_at}, received {version.received_at}"
    if version.source:
        yield f"  {_source(version.source)}"


def _source(source: Source) -> str:
    span = f"file {source.seq} of {source.period}" if source.seq else f"{source.since} to {source.until}"
    return f"run {source.run_id}, window {source.window_id} ({span}), page {source.page_id}"
