"""`gateway runs`: what was run, why a run is held, and a person's word about it."""

import getpass
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from gateway.cli.context import CONFIG, LARGEST, Config, open_station
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.cli.reports import print_decide, print_drift, watching_decide
from gateway.store import runs
from gateway.store.counts import WindowCounts, counts, window_counts
from gateway.store.runs import Kind, Run
from gateway.store.steps import held_of, steps_of
from gateway.sync.approving import Word, approve_run, discard_run

app = typer.Typer(help="What was run, and what is held.", no_args_is_help=True)

_LISTED: Final = ("run", "kind", "as_of", "state", "started_at", "finished_at", "reason")
_WINDOWS: Final = (
    "dataset",
    "since",
    "until",
    "seq",
    "state",
    "declared",
    "received",
    "distinct",
    "missing",
    "accepted",
    "refused",
    "reason",
)
_TAKEN: Final = ("dataset", "received", "accepted", "refused", "matched", "strangers")
_STEPS: Final = ("step", "instance", "state", "at")
_SCOPES: Final = ("by_reason", "by_dataset", "by_county")

RunId = Annotated[int, typer.Argument(help="The run's number, see `gateway runs list`.", min=0, max=LARGEST)]
Reason = Annotated[str, typer.Option("--reason", help="Why, kept with the run. Name no person.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so; else the user of this machine.")]


@app.callback()
def runs_command() -> None:
    """What was run, and what is held."""


@app.command("list")
def list_command(
    config: Config = CONFIG,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=LARGEST)] = 20,
    kind: Annotated[Kind | None, typer.Option(help="Only runs of this kind.")] = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List the latest runs with how they ended.

    Example: gateway runs list --kind decide --limit 3
    """
    with open_station(config).store.read() as conn:
        found = runs.list_runs(conn, limit, kind)
    print_rows([_row(run) for run in found], _LISTED, as_json=as_json)


@app.command("show")
def show_command(run_id: RunId, config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """Say what a run came to: for a decision why it is held and what it found, for a sync what it took.

    For every window and file stands what was declared (the hub's total, the manifest's rows) against what
    was received: all rows, and the different ones among them. A window that is short, or refused, stands out.
    For a run that instances share stands who did what of it, and who is at what.

    Example: gateway runs show 12
    """
    with open_station(config).store.read() as conn:
        run = runs.get(conn, run_id)
        windows = [_window(window) for window in window_counts(conn, run_id)]
        counted = counts(conn, run_id)
        taken = [{"dataset": name, **vars(found)} for name, found in counted.items()]
        steps = [*_steps(conn, run_id)]
    if as_json:
        print_json(vars(run) | {"windows": windows, "taken": taken, "steps": steps})
        return
    print_rows([_row(run)], _LISTED, as_json=False)
    if windows:
        print_rows(map(_marked, windows), _WINDOWS, as_json=False, title="declared against received")
        for line in filter(None, map(_doubt, windows)):
            out.print(f"  {line}", markup=False, style="bold red")
        print_rows(taken, _TAKEN, as_json=False, title="rows")
        print_drift(counted)
    if steps:
        print_rows(steps, _STEPS, as_json=False, title="steps, and who is at them")
    for line in _decided(run.summary or {}):
        out.print(f"  {line}", markup=False)


@app.command("approve")
def approve_command(
    run_id: RunId,
    reason: Reason,
    config: Config = CONFIG,
    by: By = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Publish a held run as it was decided; who said so and why is kept with it.

    Example: gateway runs approve 12 --reason "the first run after the import" --by chen
    """
    station = open_station(config)
    with watching_decide() as progress:
        report = approve_run(station, run_id, Word(by or getpass.getuser(), reason), progress)
    print_decide(report, as_json=as_json)
    err.print(f"run {run_id} is published")


@app.command("discard")
def discard_command(run_id: RunId, reason: Reason, config: Config = CONFIG, by: By = None) -> None:
    """Let go of what a held run decided; the next decide decides anew.

    Example: gateway runs discard 12 --reason "death_certificates of March were corrupted"
    """
    discard_run(open_station(config), run_id, Word(by or getpass.getuser(), reason))
    err.print(f"run {run_id} is discarded; nothing of it was published, the next decide decides anew")


def _row(run: Run) -> dict[str, object]:
    return {"run": run.run_id, **{name: getattr(run, name) for name in _LISTED if name != "run"}}


def _steps(conn: Connection, run_id: int) -> Iterator[dict[str, object]]:
    """What is done of a shared run and by whom, then what instances are at, and since when."""
    for step in steps_of(conn, run_id):
        yield {"step": step.name, "instance": step.holder, "state": "done", "at": step.done_at}
    for name, lease in held_of(conn, run_id).items():
        yield {"step": name, "instance": lease.holder, "state": "at work", "at": lease.taken_at}


def _window(window: WindowCounts) -> dict[str, object]:
    return {**{name: getattr(window, name) for name in _WINDOWS}, "attempt": window.attempt}


def _marked(window: Mapping[str, object]) -> dict[str, object]:
    """A window as a table shows it: what did not arrive whole stands out."""
    return {**window, "state": f"[bold red]{window['state']}[/]"} if _doubt(window) else dict(window)


def _doubt(window: Mapping[str, object]) -> str | None:
    """A line about a window that did not arrive whole."""
    if not window["missing"] and window["state"] not in {"short", "refused"}:
        return None
    which = f"file {window['seq']}" if window["seq"] else f"from {window['since']} to {window['until']}"
    came = "nothing came" if window["distinct"] is None else f"{window['distinct']:,} different rows came"
    promised = "" if window["declared"] is None else f"{window['declared']:,} declared, "
    return f"{window['dataset']} {which} is {window['state']}: {promised}{came}"


def _decided(summary: Mapping[str, Any]) -> Iterator[str]:
    """What a summary says; every part may be missing, and of older runs the events are a list of types."""
    if summary.get("why"):
        yield f"decided for {summary['why']}"
    yield from (f"held: {line}" for line in summary.get("held") or ())
    for kind, tally in (summary.get("findings") or {}).items():
        yield from _found(kind, tally)
    for name, count in Counter(summary.get("events") or {}).items():
        yield f"{count:,} × {name}"
    for word in ("approval", "discard"):
        if word in summary:
            said = summary[word]
            yield f"{word} by {said['by']} at {said['at']}: {said['reason']}"


def _found(kind: str, tally: Mapping[str, Any]) -> Iterator[str]:
    yield f"new {kind}: {tally['in_all']:,}"
    for scope in _SCOPES:
        found = sorted(tally.get(scope, {}).items(), key=lambda item: -item[1])
        if found:
            said = ", ".join(f"{name or 'unknown'} {count:,}" for name, count in found)
            yield f"  {scope.replace('_', ' ')}: {said}"
