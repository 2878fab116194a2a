"""`gateway compact` and `gateway retention`: what is kept of the past, and what no longer is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, err, out, print_rows
from gateway.sync.compacting import Phase, Progress, Task, compact
from gateway.sync.retaining import Class, retain

_COMPACTED = ("bucket", "parts", "rows", "kept", "folded", "superseded")
_CLASSES = ("class", "until", "goes")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")]


def compact_command(
    config: Config = CONFIG,
    dry_run: DryRun = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Write evidence anew without what no decision can miss, so that it costs no more with every month.

    Of evidence of life a person's newest days stay, and whatever a decision rests on; adverse evidence stays
    whole. A sync does this by itself where it pays.

    Example: gateway compact --dry-run
    """
    with watching() as progress:
        found = compact(open_station(config), Task(getuser(), dry_run=dry_run), progress)
    title = "would be compacted" if dry_run else "compacted"
    rows = [{name: getattr(each, name) for name in _COMPACTED} for each in found]
    if rows or as_json:
        print_rows(rows, _COMPACTED, as_json=as_json, title=title)
    else:
        out.print("nothing to compact: bucket by bucket it is as it would be, or nothing was decided yet")


def retention_command(
    config: Config = CONFIG,
    dry_run: DryRun = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Remove evidence and events that are past their retention, and say what stays longer and for whom.

    How long each class is kept stands in `gateway.yaml` under `retention`. The monthly job does the same, at
    most once in four weeks; every removal is in the audit.

    Example: gateway retention --dry-run
    """
    with watching() as progress:
        found = retain(open_station(config), getuser(), dry_run=dry_run, progress=progress)
    title = "would be removed" if dry_run else "removed"
    if as_json:
        print_rows([_row(each) | {"stays": each.stays} for each in found], (), as_json=True)
        return
    print_rows(map(_row, found), _CLASSES, as_json=False, title=title)
    print_stays(found)


def print_retained(found: Sequence[Class]) -> None:
    """In a line what went with a monthly job; nothing where nothing did."""
    gone = [f"{each.goes:,} {each.name} before {each.until}" for each in found if each.goes]
    if gone:
        out.print(f"past their retention, removed: {', '.join(gone)}", markup=False)


def print_stays(found: Sequence[Class]) -> None:
    """What of each class is kept beyond its time."""
    for each in found:
        for why in each.stays:
            out.print(f"{each.name}: {why}", markup=False)


def _row(found: Class) -> dict[str, object]:
    return {"class": found.name, "until": found.until, "goes": found.goes}


@contextmanager
def watching() -> Iterator[Progress]:
    """A bar over the buckets."""
    columns = (
        TextColumn("{task.description}, bucket"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task("compacting", total=None)

        def told(phase: Phase, done: int, every: int) -> None:
            bars.update(task, description=phase, completed=done, total=every)

        yield told
