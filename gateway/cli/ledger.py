"""`gateway ledger`: what people are to look into, and what came of it."""

from getpass import getuser
from typing import Annotated, Any, Literal

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, as_day, open_station
from gateway.cli.output import Json, out, print_json, print_rows
from gateway.store.ledger import Effect, Outcome, Wanted
from gateway.sync import ledger
from gateway.sync.entries import LISTED, listed, shown
from gateway.sync.ledger import Contact, Resolution, Whom

app = typer.Typer(help="The verification ledger: suspicions that a person settles.", no_args_is_help=True)

_HISTORY = ("at", "action", "by", "note", "details")
_EVIDENCE = ("id", "department", "kind", "happened_on")

EntryId = Annotated[
    int, typer.Argument(help="The entry's number, see `gateway ledger list`.", min=0, max=LARGEST)
]
By = Annotated[
    str | None, typer.Option("--by", help="Who does it, kept with it; else the user of this machine.")
]
Day = Annotated[str | None, typer.Option("--on", help="The day, yyyy-MM-dd; else today.")]
StateName = Literal["open", "closed", "all"]


@app.callback()
def ledger_command() -> None:
    """The verification ledger (信息核实工作台账)."""


@app.command("list")
def list_command(  # noqa: PLR0913 - every filter is an option
    *,
    config: Config = CONFIG,
    state: Annotated[StateName, typer.Option(help="Which entries.")] = "open",
    cause: Annotated[str | None, typer.Option(help="Only this cause: death, custody, absence …")] = None,
    county: Annotated[str | None, typer.Option(help="Only benefits insured in this county.")] = None,
    benefit: Annotated[str | None, typer.Option(help="Only of this benefit.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only those that are with this person.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only those open longer than they may be.")] = False,
    after: Annotated[int, typer.Option(help="Go on after this entry.", min=0, max=LARGEST)] = 0,
    limit: Annotated[int, typer.Option(help="At most so many, oldest first.", min=1, max=LARGEST)] = 100,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List the entries of the ledger.

    Example: gateway ledger list --late --county 990101
    """
    wanted = Wanted(
        state=state,
        cause=cause,
        county=county,
        benefit_id=benefit,
        assignee=assignee,
        after=after,
        limit=limit,
    )
    print_rows(listed(open_station(config), wanted, late=late), LISTED, as_json=as_json)


@app.command("show")
def show_command(entry_id: EntryId, config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """Show an entry with its evidence and everything that was done about it."""
    found = shown(open_station(config), entry_id)
    if as_json:
        print_json(found)
        return
    _print_entry(found)


@app.command("assign")
def assign_command(
    entry_id: EntryId,
    to: Annotated[str, typer.Option("--to", help="Who is to verify it.")],
    by: By = None,
    config: Config = CONFIG,
) -> None:
    """Give an open entry to somebody."""
    entry = ledger.assign(open_station(config), entry_id, to, by or getuser())
    out.print(f"entry {entry.entry_id} is with {entry.assignee}", markup=False)


@app.command("contact")
def contact_command(
    entry_id: EntryId,
    whom: Annotated[Whom, typer.Option(help="本人, 家属 or 单位.")],
    result: Annotated[str, typer.Option("--result", help="What came of it; no name, no ID number.")],
    on: Day = None,
    by: By = None,
    config: Config = CONFIG,
) -> None:
    """Note that the person, the family or the employer was spoken to."""
    ledger.contact(open_station(config), entry_id, Contact(whom, result, by or getuser(), as_day(on, "on")))
    out.print(f"entry {entry_id}: contact noted")


@app.command("resolve")
def resolve_command(  # noqa: PLR0913 - every fact of an outcome is an option
    entry_id: EntryId,
    *,
    outcome: Annotated[
        Outcome, typer.Option(help="What was found; a duplicate can be resolved otherwise later.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who found it; kept with the entry.")],
    note: Annotated[str, typer.Option("--note", help="Why; no name, no ID number.")],
    on: Day = None,
    effect: Annotated[Effect | None, typer.Option(help="Of ineligible: what becomes of payment.")] = None,
    ended_on: Annotated[
        str | None, typer.Option("--ended-on", help="Of ineligible: the last day of the entitlement.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(help="Of the entry as you saw it: not closed if it has changed since.", max=LARGEST),
    ] = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Close an entry: the benefit is decided anew and told of at once.

    A duplicate tells nothing, and its evidence goes on holding the benefit: resolve it again, as eligible or
    ineligible, once the other entry is settled. An ineligible one can be resolved again as eligible.

    Example: gateway ledger resolve 12 --outcome eligible --by "Duty officer" --note "seen at home"
    """
    given = Resolution(outcome, by, note, as_day(on, "on"), effect, as_day(ended_on, "ended_on"), version)
    done = ledger.resolve(open_station(config), entry_id, given)
    types = [event.type for event in done.events]
    if as_json:
        print_json({"entry": entry_id, "outcome": done.entry.outcome, "events": types})
        return
    out.print(f"entry {entry_id} is closed as {done.entry.outcome}: {', '.join(types) or 'no event'}")


def _print_entry(found: dict[str, Any]) -> None:
    print_rows([found], LISTED, as_json=False)
    for name in ("outcome_on", "effect", "ended_on", "closed_at", "told_at", "version"):
        if found[name]:
            out.print(f"{name.replace('_', ' ')}: {found[name]}")
    print_rows(found["evidence"], _EVIDENCE, as_json=False, title="evidence")
    print_rows(found["history"], _HISTORY, as_json=False, title="what was done")
