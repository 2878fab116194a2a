"""`gateway refusals`: rows that were not taken, why, and how to take them after all."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, open_station
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.cli.run import watching_sync
from gateway.errors import NotFoundError, RequestError
from gateway.intake.rules import meaning_of
from gateway.store.refusals import (
    RefusalGroup,
    Refused,
    Which,
    group_refusals,
    list_refusals,
    windows_of,
)
from gateway.sync.rereading import RetryScope, planned_retry
from gateway.sync.retrying import RetryReport, retry

app = typer.Typer(help="Rows that broke a rule and were not taken.", no_args_is_help=True)

_GROUPED: Final = ("dataset", "field", "rule", "count", "first", "newest", "means")
_SINGLE: Final = ("dataset", "key_hash", "field", "rule", "received_at")
_SETTLED: Final = ("settled_at", "outcome")
_WINDOWS: Final = ("run_id", "since", "until", "seq", "count")
_PLANNED: Final = ("dataset", "since", "until", "seq", "refusals", "state")
_STILL: Final = ("dataset", "field", "rule", "count", "means")
_SHORTEST: Final = 6
_WHOLE_ROW: Final = "-"
_STANDING: Final[Mapping[str | None, str]] = {
    None: "open: neither this row nor a newer version of it was taken since",
    "accepted": "settled: the same row was read again and taken",
    "otherwise": "settled: the same row was read again and breaks another rule now",
    "superseded": "settled: a newer version of the row was taken since",
}

Dataset = Annotated[str | None, typer.Option(help="Only this dataset.")]
Rule = Annotated[str | None, typer.Option(help="Only this rule, such as date_form.")]
Field = Annotated[str | None, typer.Option(help="Only this column; - for refusals of whole rows.")]
All = Annotated[bool, typer.Option("--all", help="Settled refusals too.")]


@app.callback()
def refusals() -> None:
    """Rows that broke a rule and were not taken: by group, one by one, and once more after a repair."""


@app.command("list")
def list_command(  # noqa: PLR0913, PLR0917 - typer: a flag is a parameter
    config: Config = CONFIG,
    dataset: Dataset = None,
    rule: Rule = None,
    field: Field = None,
    limit: Annotated[int, typer.Option(help="At most so many rows, newest first.", min=1, max=LARGEST)] = 100,
    grouped: Annotated[bool, typer.Option("--grouped", help="Count by dataset, field and rule.")] = False,
    with_settled: All = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List refused rows by dataset, key hash, field and rule; what stood in them is never kept.

    Look at the groups first: they say what each rule means. A refusal is settled, and no longer listed, once
    the same row is taken or a newer version of it.

    Example: gateway refusals list --grouped --dataset settlements
    """
    which = Which(dataset, _field(field), rule, with_settled=with_settled)
    with open_station(config).store.read() as conn:
        if grouped:
            rows = [_group(group, with_settled=with_settled) for group in group_refusals(conn, which)]
        else:
            rows = [_single(each, with_settled=with_settled) for each in list_refusals(conn, which, limit)]
    extra = ("settled",) if grouped else _SETTLED
    columns = (_GROUPED if grouped else _SINGLE) + (extra if with_settled else ())
    print_rows(rows, columns, as_json=as_json)
    if grouped and rows and not as_json:
        err.print("what to do about a group: `gateway refusals show --dataset DATASET --rule RULE`")


@app.command("show")
def show_command(
    key_hash: Annotated[str | None, typer.Argument(help="A key hash of the list, or its beginning.")] = None,
    config: Config = CONFIG,
    dataset: Dataset = None,
    rule: Rule = None,
    field: Field = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Show one group of refusals, or those of one row: how many, in which windows, what to do.

    Settled ones are shown too, and how they were settled.

    Examples: gateway refusals show --dataset settlements --rule date_form,
    gateway refusals show 3f9a2c41
    """
    which = Which(dataset, _field(field), rule, key_hash, with_settled=True)
    _check_choice(which)
    with open_station(config).store.read() as conn:
        groups = group_refusals(conn, which)
        rows = list_refusals(conn, which) if key_hash else []
        places = {_name(group): windows_of(conn, _of_group(which, group)) for group in groups}
    if not groups:
        raise NotFoundError("no refusal fits: see `gateway refusals list --grouped --all`")
    for group in groups:
        own = [each for each in rows if (each.dataset, each.field, each.rule) == _name(group)]
        shown = _shown(group, [vars(place) for place in places[_name(group)]], own)
        print_json(shown) if as_json else _print_group(shown)


@app.command("retry")
def retry_command(
    config: Config = CONFIG,
    dataset: Dataset = None,
    rule: Rule = None,
    field: Field = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read; read nothing.")] = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Read refused rows again after a plugin or mapping was mended, and take those that are readable now.

    Rows are never kept, only that they were refused. So the windows in which they came are read again from
    the hub, and dropped files from their folder, where they must still lie. Nothing is taken twice: the same
    row again changes nothing. What is still refused stays listed. No cursor moves.

    A stopped retry goes on where it stopped when it is called again with the same options.

    Example: gateway refusals retry --dataset settlements --rule date_form --dry-run
    """
    station = open_station(config)
    scope = RetryScope(dataset, rule, _field(field))
    if dry_run:
        rows = [vars(each) for each in planned_retry(station, scope)]
        print_rows(rows, _PLANNED, as_json=as_json, title="would be read again")
        return
    with watching_sync() as progress:
        report = retry(station, scope, progress)
    print_json(_as_json(report)) if as_json else _print_report(report)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _field(text: str | None) -> str | None:
    return "" if text == _WHOLE_ROW else text


def _check_choice(which: Which) -> None:
    if which.key_hash is None and which.dataset is None and which.rule is None:
        raise RequestError(
            "say which: a key hash, or --dataset and --rule; see `gateway refusals list --grouped`"
        )
    if which.key_hash is not None and len(which.key_hash) < _SHORTEST:
        raise RequestError(f"a key hash is told by at least {_SHORTEST} characters: write more of it")


def _name(group: RefusalGroup) -> tuple[str, str | None, str]:
    return group.dataset, group.field, group.rule


def _of_group(which: Which, group: RefusalGroup) -> Which:
    return Which(group.dataset, group.field or "", group.rule, which.key_hash, with_settled=True)


def _group(group: RefusalGroup, *, with_settled: bool) -> dict[str, object]:
    settled = {"settled": group.settled} if with_settled else {}
    counted = {name: getattr(group, name) for name in _GROUPED if name != "means"}
    return {**counted, **meaning_of(group.rule)._asdict(), **settled}


def _single(refused: Refused, *, with_settled: bool) -> dict[str, object]:
    names = _SINGLE + (_SETTLED if with_settled else ())
    return {name: getattr(refused, name) for name in names}


def _shown(group: RefusalGroup, places: list[dict[str, Any]], rows: list[Refused]) -> dict[str, Any]:
    meaning = meaning_of(group.rule)
    return {
        **vars(group),
        "open": group.count - group.settled,
        **meaning._asdict(),
        "windows": [{name: place[name] for name in _WINDOWS} for place in places],
        "rows": [_row(each) for each in rows],
    }


def _row(refused: Refused) -> dict[str, Any]:
    names = ("key_hash", "received_at", "again_at", "settled_at", "settled_run_id", "outcome")
    return {name: getattr(refused, name) for name in names} | {"standing": _STANDING[refused.outcome]}


def _print_group(shown: Mapping[str, Any]) -> None:
    where = f"column {shown['field']}" if shown["field"] else "the whole row"
    out.print(f"{shown['dataset']}, {where}: {shown['rule']}", markup=False, style="bold")
    out.print(f"  means  {shown['means']}", markup=False)
    out.print(f"  do     {shown['do']}", markup=False)
    out.print(f"  {shown['count']:,} refused, {shown['open']:,} open, {shown['settled']:,} settled since")
    out.print(f"  first {shown['first']}, newest {shown['newest']}")
    for row in shown["rows"]:
        out.print(f"  {row['key_hash']} refused at {row['received_at']}; {row['standing']}", markup=False)
    print_rows(shown["windows"], _WINDOWS, as_json=False, title="came first in")


def _as_json(report: RetryReport) -> dict[str, Any]:
    names = ("run_id", "goes_on_from", "asked", "retried", "accepted", "otherwise", "superseded")
    counted = {name: getattr(report, name) for name in (*names, "refused_again", "not_seen")}
    return {
        **counted,
        "still": [_group(group, with_settled=False) for group in report.still],
        "settled": report.settled,
        "warnings": report.warnings,
        "stops": {name: str(stop) for name, stop in report.stops.items()},
    }


def _print_report(report: RetryReport) -> None:
    if report.run_id is None:
        out.print("nothing to read again: no open refusal fits, or its window is not read completely yet")
        return
    goes_on = f", going on from run {report.goes_on_from[-1]}" if report.goes_on_from else ""
    out.print(f"run {report.run_id}{goes_on}: {report.retried:,} of {report.asked:,} refusals were retried:")
    for count, said in (
        (report.accepted, "are accepted now"),
        (report.superseded, "are settled by a newer version of the row"),
        (report.otherwise, "break another rule now"),
        (report.refused_again, "are still refused as before"),
    ):
        out.print(f"  {count:>10,}  {said}")
    if report.not_seen:
        out.print(f"  {report.not_seen:>10,}  did not come again: the hub may hold a newer version elsewhere")
    if report.still:
        print_rows(
            [_group(each, with_settled=False) for each in report.still],
            _STILL,
            as_json=False,
            title="still refused",
        )
    settled = report.settled
    out.print(f"{settled.new:,} row versions are new; {settled.repeated:,} were known already")
    if settled.new:
        out.print("then decide by them: `gateway decide`")
    for warning in report.warnings:
        err.print("[yellow]warning[/] ", end="")
        err.print(warning, markup=False)
    for stop in report.stops.values():
        err.print(f"[bold red]{type(stop).__name__}[/] ", end="")
        err.print(str(stop), markup=False)
