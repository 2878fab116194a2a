"""`gateway events` and `gateway explain`: what was found, and why."""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json
from gateway.errors import ConfigError
from gateway.store.database import Store
from gateway.store.decisions import Decision, current, history
from gateway.store.outbox import StoredEvent, events_about, events_after

_PAGE = 1000
_EVERY_S = 1.0
_SAID = {"cause", "taken", "why", "rule", "clauses"}


def events(
    config: Config = CONFIG,
    after: Annotated[int, typer.Option("--after", help="Only events after this sequence number.", min=0)] = 0,
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1)] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more until stopped.")] = False,
) -> None:
    """Print released events in order, one CloudEvent a line, exactly the bytes that are stored.

    Example: gateway events --after 120 --follow | jq .type
    """
    store = open_station(config).store
    left = limit
    while True:
        page = _page(store, after, _PAGE if left is None else min(left, _PAGE))
        for event in page:
            typer.echo(event.body)
        after = page[-1].sequence if page else after
        left = None if left is None else left - len(page)
        if left == 0 or not (page or follow):
            return
        if not page:
            time.sleep(_EVERY_S)


def _page(store: Store, after: int, limit: int) -> list[StoredEvent]:
    with store.read() as conn:
        return events_after(conn, after, limit)


def explain(
    benefit_id: Annotated[str, typer.Argument(help="The benefit, as the roster names it.")],
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Say what is decided about a benefit, by which rule and clause, and what would change it.

    Printed from what was stored with the decision, not computed again.
    """
    store = open_station(config).store
    with store.read() as conn:
        found = current(conn, benefit_id)
        told = events_about(conn, benefit_id)
        earlier = history(conn, benefit_id)
    if found is None:
        raise ConfigError(
            "no decision about that benefit: is it on the roster, and was `gateway decide` run?"
        )
    if as_json:
        print_json(as_explanation(found, told))
        return
    print_explanation(found, told, earlier)


def as_explanation(found: Decision, told: Sequence[StoredEvent]) -> dict[str, Any]:
    """The explanation as programs read it."""
    return {
        "benefit_id": found.benefit_id,
        "decision": found.decision,
        "reason": found.reason,
        "confidence": found.confidence,
        "certified_on": found.certified_on,
        "valid_until": found.valid_until,
        "holds": found.body["holds"],
        "causes": found.body["causes"],
        "evidence": found.body["evidence"],
        "would_change": found.body["would_change"],
        "policy_version": found.body["policy_version"],
        "events": [{"sequence": event.sequence, "id": event.event_id, "type": event.type} for event in told],
    }


def print_explanation(found: Decision, told: Sequence[StoredEvent], earlier: Sequence[Decision]) -> None:
    """The explanation as people read it."""
    reason = f": {found.reason}, {found.confidence}" if found.reason else ""
    out.print(f"[bold]{found.benefit_id}[/] is [bold]{found.decision}[/]{reason}, as of {found.as_of}")
    lines = [
        *(
            [f"certified on {found.certified_on}, valid until {found.valid_until}"]
            if found.valid_until
            else []
        ),
        *(f"held until a person closes it: {hold}" for hold in found.body["holds"]),
        *(_cause(cause) for cause in found.body["causes"]),
        *(_evidence(row) for row in found.body["evidence"]),
        *(f"would change it: {sentence}" for sentence in found.body["would_change"]),
        *(f"event {event.sequence}: {event.type} at {event.time}" for event in told),
        *(f"before that: {before.decision} as of {before.as_of}" for before in earlier[1:]),
        f"rules: policy {found.body['policy_version']}",
    ]
    for line in lines:
        out.print(f"  {line}", markup=False)


def _cause(cause: Mapping[str, Any]) -> str:
    taken = "taken: " if cause["taken"] else "not taken: "
    rest = "".join(f", {name} {value}" for name, value in cause.items() if name not in _SAID and value)
    clauses = "; ".join(cause["clauses"])
    return f"{taken}{cause['cause']}, {cause['why']} ({cause['rule']}{rest}) [{clauses}]"


def _evidence(row: Mapping[str, Any]) -> str:
    said = [row["department"], row["basis"] or row["kind"], row["happened_on"], row["standing"]]
    identity = "" if row["identity"] == "match" else f", identity {row['identity']}"
    return f"evidence: {', '.join(str(each) for each in said if each)}{identity} ({row['id']})"
