"""`gateway roster`: who receives which benefit."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, err, out, print_json
from gateway.sync.roster import RosterFile, RosterTaken, take_roster

app = typer.Typer(help="The people and benefits to be certified.", no_args_is_help=True)


@app.callback()
def roster() -> None:
    """The people and benefits to be certified."""


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GB18030) or Parquet, one row per benefit.")],
    config: Config = CONFIG,
    encoding: Annotated[str | None, typer.Option(help="utf-8 or gb18030; found out if left out.")] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="The identity key was changed on purpose.")
    ] = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Take a roster file and say what is new, changed, gone and cannot be matched.

    The file replaces the roster before it; the same file again changes nothing. Adverse records kept
    from before are matched against the new roster.

    Example: gateway roster import roster.csv
    """
    station = open_station(config)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        task = progress.add_task("reading the roster", total=None)
        report = take_roster(
            station,
            RosterFile(file, encoding, new_key),
            lambda rows: progress.update(task, description=f"reading the roster: {rows:,} rows"),
        )
    if as_json:
        print_json(report)
        return
    print_import(report)


def print_import(report: RosterTaken) -> None:
    """Say what an import did."""
    imported = report.imported
    out.print(
        f"{imported.rows:,} benefits: {imported.new:,} new, {imported.changed:,} changed, "
        f"{imported.gone:,} gone, {imported.unmatchable:,} that cannot be matched"
    )
    if report.rematched:
        out.print(f"{report.rematched:,} adverse records kept from before were matched anew")
    for column, count in imported.warnings.items():
        out.print(f"  {column}: {count:,} values could not be read and were left empty")
    for refused in imported.refused:
        out.print(f"  line {refused.line}: refused, {refused.field}: {refused.rule}")
