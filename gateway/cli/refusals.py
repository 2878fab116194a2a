"""`gateway refusals`: rows that were not taken, and why."""

from typing import Annotated

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, print_rows
from gateway.store.refusals import group_refusals, list_refusals

app = typer.Typer(help="Rows that broke a rule and were not taken.", no_args_is_help=True)

_GROUPED = ("dataset", "field", "rule", "count", "newest")
_SINGLE = ("dataset", "key_hash", "field", "rule", "received_at")


@app.callback()
def refusals() -> None:
    """Rows that broke a rule and were not taken."""


@app.command("list")
def list_command(
    config: Config = CONFIG,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows, newest first.", min=1)] = 100,
    grouped: Annotated[bool, typer.Option("--grouped", help="Count by dataset, field and rule.")] = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List refused rows by dataset, key hash, field and rule; what stood in them is never kept.

    Example: gateway refusals list --dataset settlements --grouped
    """
    station = open_station(config)
    with station.store.read() as conn:
        if grouped:
            rows = [vars(group) for group in group_refusals(conn, dataset)]
        else:
            rows = [
                {name: getattr(each, name) for name in _SINGLE}
                for each in list_refusals(conn, dataset, limit)
            ]
    print_rows(rows, _GROUPED if grouped else _SINGLE, as_json=as_json)
