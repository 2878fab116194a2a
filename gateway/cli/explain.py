"""`gateway explain`: what is decided about a benefit, and why."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json
from gateway.errors import ConfigError
from gateway.store.decisions import Decision
from gateway.sync import explaining
from gateway.sync.explaining import Explanation, explanation_of

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
        raise ConfigError(
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
    for line in (*_decided(found), *_looked_at(found.body), *_told(explanation)):
        out.print(f"  {line}", markup=False)


def _decided(found: Decision) -> Iterator[str]:
    body = found.body
    if body.get("rule"):
        yield f"by rule: {body['rule']}"
    if found.valid_until:
        yield f"certified on {found.certified_on} by {body['certified_by']}, valid until {found.valid_until}"
    if body.get("unmatchable"):
        yield "cannot be matched: the roster has no usable resident ID number"
    for hold in body["holds"]:
        yield f"held until a person closes it: {hold}"
    if body.get("notice"):
        yield f"last notice: {_listed(body['notice'])}"
    if body.get("restoration"):
        yield f"payment comes back: {_listed(body['restoration'])}"
    if body.get("suggested_channel"):
        yield f"suggested channel: {body['suggested_channel']}"


def _looked_at(body: Mapping[str, Any]) -> Iterator[str]:
    yield from (_cause(cause) for cause in body["causes"])
    yield from (_evidence(row) for row in body["evidence"])
    yield from (f"would change it: {sentence}" for sentence in body["would_change"])


def _told(explanation: Explanation) -> Iterator[str]:
    yield from (f"event {event.sequence}: {event.type} at {event.time}" for event in explanation.events)
    for before in explanation.earlier:
        yield f"before that: {before.decision}{_reason(before)}, as of {before.as_of}, run {before.run_id}"
    yield f"rules: policy {explanation.decision.body['policy_version']}"


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
