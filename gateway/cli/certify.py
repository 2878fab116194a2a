"""`gateway certify`, `gateway report`, `gateway statements`: what other channels say about a person."""

from datetime import date
from getpass import getuser
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, Config, as_day, open_station
from gateway.cli.output import Json, out, print_json, print_rows
from gateway.store.statements import Statement, statements_about
from gateway.sync.entries import as_stated
from gateway.sync.statements import Said, accept, withdraw

report_app = typer.Typer(help="What a community reports: deaths and visits.", no_args_is_help=True)
statements_app = typer.Typer(help="What other channels said.", no_args_is_help=True)

_COLUMNS = ("statement", "dataset", "on", "method", "state", "reference", "made_by", "accepted_at")

BenefitId = Annotated[str, typer.Argument(help="The benefit, as the roster names it.")]
Day = Annotated[str, typer.Option("--on", help="The day, yyyy-MM-dd.")]
By = Annotated[
    str | None, typer.Option("--by", help="Who says so, kept with it; else the user of this machine.")
]
Reference = Annotated[
    str | None, typer.Option("--reference", help="Your own number for it: said twice it is kept once.")
]


@report_app.callback()
def report_command() -> None:
    """What a community reports: deaths (基层死亡申报) and visits (走访)."""


@statements_app.callback()
def statements_command() -> None:
    """What other channels said: certifications, reports of deaths, visits."""


def certify(
    benefit_id: BenefitId,
    on: Day,
    method: Annotated[
        str, typer.Option(help="self_service, counter, community, home_visit, consulate or employer.")
    ],
    by: By = None,
    reference: Reference = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Take a certification from another channel; the next run makes evidence of it.

    Example: gateway certify B0001 --on 2026-10-08 --method home_visit --by "Duty officer"
    """
    said = Said("certifications", benefit_id, _day(on), by or getuser(), method=method, reference=reference)
    _print(accept(open_station(config), said), as_json=as_json)


@report_app.command("death")
def death_command(  # noqa: PLR0913 - every fact of a report is an option
    benefit_id: BenefitId,
    *,
    on: Day,
    by: By = None,
    latest: Annotated[bool, typer.Option("--latest", help="On that day or before it.")] = False,
    certificate: Annotated[
        str | None, typer.Option(help="The death certificate it rests on; kept as a keyed hash only.")
    ] = None,
    reference: Reference = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Take a community's report of a death; the next run makes evidence of it.

    Example: gateway report death B0001 --on 2026-10-02 --latest --by "Village committee"
    """
    said = Said(
        "community_reports",
        benefit_id,
        _day(on),
        by or getuser(),
        exact=not latest,
        certificate=certificate,
        reference=reference,
    )
    _print(accept(open_station(config), said), as_json=as_json)


@report_app.command("visit")
def visit_command(
    benefit_id: BenefitId,
    on: Day,
    by: By = None,
    reference: Reference = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Take a community's visit, on which the person was seen alive; the next run makes evidence of it."""
    said = Said("community_visits", benefit_id, _day(on), by or getuser(), reference=reference)
    _print(accept(open_station(config), said), as_json=as_json)


@statements_app.command("list")
def list_command(
    benefit_id: BenefitId, config: Config = CONFIG, as_json: Annotated[bool, Json] = False
) -> None:
    """List what was said about a benefit, oldest first."""
    with open_station(config).store.read() as conn:
        rows = [as_stated(each) for each in statements_about(conn, benefit_id)]
    print_rows(rows, _COLUMNS, as_json=as_json)


@statements_app.command("withdraw")
def withdraw_command(
    statement: Annotated[str, typer.Argument(help="The statement, see `gateway statements list`.")],
    by: By = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Take a statement back; the next run decides anew what rested on it."""
    _print(withdraw(open_station(config), statement, by or getuser()), as_json=as_json)


def _print(made: Statement, *, as_json: bool) -> None:
    if as_json:
        print_json(as_stated(made))
        return
    next_step = "" if made.state == "taken" else ": the next run takes it in"
    out.print(f"{made.statement_id} is {made.state}{next_step}", markup=False)


def _day(text: str) -> date:
    return as_day(text, "on") or date.min
