"""`gateway sync`, `gateway decide`, `gateway run`: the monthly job and its two halves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.context import CONFIG, Config, as_day, as_instant, open_station, today
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.cli.reports import print_decide, print_drift, watching_decide
from gateway.cli.retention import print_retained
from gateway.errors import RunHeld
from gateway.sync.planning import planned
from gateway.sync.run import Scope, SyncReport
from gateway.sync.sharing_decide import decide_or_join, run_or_join
from gateway.sync.sharing_sync import sync_or_join
from gateway.sync.shift import Progress as Syncing

AsOf = Annotated[str | None, typer.Option("--as-of", help="Decide as of this day, yyyy-MM-dd; else today.")]
Join = Annotated[
    bool, typer.Option("--join", help="Only join this command where another instance has it under way.")
]
_COUNTS = ("dataset", "received", "accepted", "refused", "matched", "strangers")


def sync_command(  # noqa: PLR0913, PLR0917 - typer: a flag is a parameter
    config: Config = CONFIG,
    department: Annotated[str | None, typer.Option(help="Only this department.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    since: Annotated[str | None, typer.Option(help="Read from this load time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Read up to this load time.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read; read nothing.")] = False,
    join: Join = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Fetch, open and read what is new at the hub and in the drop folders.

    A stopped sync goes on where it stopped. Times are yyyy-MM-dd or yyyy-MM-ddTHH:MM:SS, Asia/Shanghai.

    Example: gateway sync --department police --since 2026-09-01
    """
    station = open_station(config)
    scope = Scope(department, dataset, as_instant(since, "since"), as_instant(until, "until"))
    if dry_run:
        rows = [vars(window) for window in planned(station, scope)]
        print_rows(rows, ("dataset", "since", "until", "state"), as_json=as_json, title="would be read")
        return
    with watching_sync() as progress:
        report = sync_or_join(station, scope, progress, only_join=join)
    print_sync(report, as_json=as_json)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def decide_command(
    config: Config = CONFIG,
    as_of: AsOf = None,
    full: Annotated[bool, typer.Option("--full", help="Look at everybody, moved or not.")] = False,
    join: Join = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Decide every benefit from the evidence that is there, and publish the events of what changed.

    Only whom something has moved for since the last run is looked at again; the decisions are those of a full
    run. A run that looks like a mass error is held and published by nobody but a person: exit code 40.
    """
    station = open_station(config)
    with watching_decide() as progress:
        day = as_day(as_of, "as_of") or today()
        report = decide_or_join(station, day, progress, full=full, only_join=join)
    print_decide(report, as_json=as_json)
    if report.held:
        raise typer.Exit(RunHeld.exit_code)


def run_command(
    config: Config = CONFIG,
    as_of: AsOf = None,
    join: Join = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """The monthly job: sync, decide, publish.

    A run that looks like a mass error is held and published by nobody but a person: exit code 40.

    Example: gateway run --as-of 2026-09-30
    """
    station = open_station(config)
    with watching_sync() as syncing, watching_decide() as deciding:
        day = as_day(as_of, "as_of") or today()
        report = run_or_join(station, day, syncing, deciding, only_join=join)
    print_sync(report.synced, as_json=as_json)
    print_decide(report.decided, as_json=as_json)
    if not as_json:
        print_retained(report.retained)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


@contextmanager
def watching_sync() -> Iterator[Syncing]:
    """A bar for each dataset that is being read."""
    bars = Progress(
        TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}
    with bars:

        def told(dataset: str, received: int, total: int) -> None:
            if dataset not in tasks:
                tasks[dataset] = bars.add_task(dataset)
            bars.update(tasks[dataset], completed=received, total=total)

        yield told


def print_sync(report: SyncReport, *, as_json: bool) -> None:
    """What was received, accepted, refused, matched; what is new; what stopped."""
    rows = [{"dataset": name, **vars(counts)} for name, counts in report.counts.items()]
    if as_json:
        stops = {name: str(stop) for name, stop in report.stops.items()}
        print_json({"datasets": rows, "settled": report.settled, "warnings": report.warnings, "stops": stops})
        return
    print_rows(rows, _COUNTS, as_json=False)
    print_drift(report.counts)
    settled = report.settled
    out.print(
        f"{settled.new:,} row versions are new, {settled.replaced:,} of them replace an older one; "
        f"{settled.repeated:,} were known already, {settled.dropped:,} are about nobody on the roster"
    )
    for warning in report.warnings:
        err.print(f"[yellow]warning[/] {warning}")
    for stop in report.stops.values():
        err.print(f"[bold red]{type(stop).__name__}[/] ", end="")
        err.print(str(stop), markup=False)
