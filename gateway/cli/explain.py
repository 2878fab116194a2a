"""`gateway explain`: what is decided about a benefit, and why."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json
from gateway.errors import NotFoundError
from gateway.store.decisions import Decision
from gateway.store.ledger import Entry
from gateway.sync import explaining
from gateway.sync.explaining import Explanation, explanation_of, holds_of, would_change

_SAID: Final = {"cause", "taken", "why", "rule", "clauses", "standing"}


def explain(
    benefit_id: Annotated[str, typer.Argument(help="The benefit, as the roster names it.")],
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Say what is decided about a benefit, by which rule and clause, and what would change it.

    Printed from what was stored with the decision, not computed again.
    """
    found = explanation_of(open_station(config).store, benefit_id)
    if found is None:
        raise NotFoundError(
            "no decision about that benefit: is it on the roster, and was `gateway decide` run?"
        )
    if as_json:
        print_json(explaining.as_json(found))
    else:
        print_explanation(found)


def print_explanation(explanation: Explanation) -> None:
    """The explanation as people read it."""
    found = explanation.decision
    benefit = escape(found.benefit_id)
    out.print(f"[bold]{benefit}[/] is [bold]{found.decision}[/]{_reason(found)}, as of {found.as_of}")
    for line in (*_decided(explanation), *_looked_at(explanation), *_told(explanation)):
        out.print(f"  {line}", markup=False)


def _decided(explanation: Explanation) -> Iterator[str]:
    found, body = explanation.decision, explanation.decision.body
    if body.get("rule"):
        yield f"by rule: {body['rule']}"
    if found.valid_until:
        yield f"certified on {found.certified_on} by {body['certified_by']}, valid until {found.valid_until}"
    if body.get("unmatchable"):
        yield "cannot be matched: the roster has no usable resident ID number"
    yield from holds_of(explanation)
    if body.get("notice"):
        yield f"last notice: {_listed(body['notice'])}"
    if body.get("restoration"):
        yield f"payment comes back: {_listed(body['restoration'])}"
    if body.get("suggested_channel"):
        yield f"suggested channel: {body['suggested_channel']}"


def _looked_at(explanation: Explanation) -> Iterator[str]:
    body = explanation.decision.body
    yield from (_cause(cause) for cause in body["causes"])
    yield from (_evidence(row) for row in body["evidence"])
    yield from (f"would change it: {sentence}" for sentence in would_change(explanation))


def _told(explanation: Explanation) -> Iterator[str]:
    yield from (_entry(entry) for entry in explanation.ledger)
    yield from (f"event {event.sequence}: {event.type} at {event.time}" for event in explanation.events)
    for before in explanation.earlier:
        yield f"before that: {before.decision}{_reason(before)}, as of {before.as_of}, run {before.run_id}"
    yield f"rules: policy {explanation.decision.body['policy_version']}"


def _entry(entry: Entry) -> str:
    if entry.state == "open":
        with_whom = f", with {entry.assignee}" if entry.assignee else ""
        return f"ledger entry {entry.entry_id}: {entry.cause}, open since {entry.opened_on}{with_whom}"
    effect = f", {entry.effect}, ended on {entry.ended_on}" if entry.effect else ""
    said = f"closed as {entry.outcome} on {entry.outcome_on}{effect}"
    return f"ledger entry {entry.entry_id}: {entry.cause}, {said}"


def _reason(decision: Decision) -> str:
    return f": {decision.reason}, {decision.confidence}" if decision.reason else ""


def _cause(cause: Mapping[str, Any]) -> str:
    taken = "taken: " if cause["taken"] else "not taken: "
    rest = "".join(f", {name} {value}" for name, value in cause.items() if name not in _SAID and value)
    clauses = "; ".join(cause["clauses"])
    return f"{taken}{cause['cause']}, {cause['why']} ({cause['rule']}{rest}) [{clauses}]"


def _evidence(row: Mapping[str, Any]) -> str:
    said = [row["department"], row["basis"] or row["kind"], row["happened_on"], row["role"], row["standing"]]
    identity = "" if row["identity"] == "match" else f", identity {row['identity']}"
    return f"evidence: {', '.join(str(each) for each in said if each)}{identity} ({row['id']})"


def _listed(said: Mapping[str, Any]) -> str:
    """Name and value of everything that is said, lists in words."""
    words = {
        name: ", ".join(value) if isinstance(value, list) else value
        for name, value in said.items()
        if value not in (None, [], False)
    }
    return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in words.items())
