"""`gateway check NAME --live`: one page of each dataset as it comes today, and nothing kept of it."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from gateway.cli.output import err, out, print_json, print_rows
from gateway.errors import GatewayError
from gateway.host import build_host
from gateway.intake.coverage import Findings
from gateway.settings import load_settings
from gateway.sync.looking import Look, look

LIVE_HELP: Final = (
    "Ask the configured hub for one page of each dataset (its newest 31 days; of dropped files the last) and "
    "say what is on it: coverage of each field, unknown codes and fields, changed types, refusals, records, "
    "a masked sample. Costs one call of each quota; moves no cursor, stores nothing, may go beside a sync."
)
"""The help of the flag that asks for this."""

_COVERAGE: Final = ("field", "title", "filled", "readable")
_REFUSALS: Final = ("field", "rule", "count")
_CONSEQUENCE: Final = {
    "evolve": "more than the dataset's drift_alarm_share: counted and listed (drift: evolve)",
    "warn": "more than the dataset's drift_alarm_share: a sync would raise an alarm (drift: warn)",
    "freeze": "more than the dataset's drift_alarm_share: a sync would stop here (drift: freeze)",
}


def look_live(config: Path, name: str, dataset: str | None = None, *, as_json: bool = False) -> None:
    """Print what one page of each dataset of the department is like; as JSON an object a line.

    Raises:
        ConfigError, PluginError: the department is not switched on, not installed or broken.
        typer.Exit: with the gravest error's exit code, after every dataset was looked at.
    """
    looks = _look(config, name, dataset)
    for each in looks:
        print_json(_as_json(each)) if as_json else _print(each)
    worst = max((each.error.exit_code for each in looks if each.error), default=0)
    if worst:
        raise typer.Exit(worst)


def _look(config: Path, name: str, dataset: str | None) -> list[Look]:
    settings = load_settings(config)
    with err.status(f"asking for one page of {name}") as status:

        def told(asked: str) -> None:
            status.update(f"asking for one page of {asked}")

        return asyncio.run(look(settings, build_host(), name, dataset, told=told))


def _as_json(each: Look) -> dict[str, Any]:
    found = each.findings
    return {
        "department": each.department,
        "dataset": each.dataset,
        "source": each.source,
        "declared": each.total,
        **(_found(found) if found else {}),
        **vars(each.timed),
        "drift": each.drift,
        "error": _error(each.error) if each.error else None,
    }


def _error(error: GatewayError) -> dict[str, Any]:
    return {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}


def _found(found: Findings) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "deleted": found.deleted,
        "refused": found.refused,
        "coverage": [vars(column) for column in found.coverage],
        "unknown_codes": found.unknown_codes,
        **vars(found.drift),
        "refusals": [vars(refusal) for refusal in found.refusals],
        "records": found.records,
        "sample": found.sample,
    }


def _print(each: Look) -> None:
    out.print(f"\n[bold]{each.department}/{each.dataset}[/]", end="")
    out.print(f"  {each.source}" if each.source else "", markup=False)
    if each.error:
        err.print(f"[bold red]{type(each.error).__name__}[/] ", end="")
        err.print(str(each.error), markup=False)
    if each.findings:
        _print_findings(each, each.findings)


def _print_findings(each: Look, found: Findings) -> None:
    timed = each.timed
    out.print(
        f"rows on the page: {found.rows:,}, declared: {each.total:,}; "
        f"asked {timed.asked_ms:,} ms, opened {timed.opened_ms:,} ms, read {timed.read_ms:,} ms"
    )
    if not found.rows:
        out.print("the page is empty: there is nothing to look at")
        return
    shown = tuple(f"row {number}" for number in range(1, len(found.sample) + 1))
    print_rows(_columns(found), (*_COVERAGE, *shown), as_json=False)
    for line in _lines(each, found):
        out.print(line, markup=False)
    if found.refusals:
        print_rows([vars(each) for each in found.refusals], _REFUSALS, as_json=False, title="refusals")


def _columns(found: Findings) -> Iterator[dict[str, object]]:
    """A line for each column, with its cells in the masked sample."""
    for column in found.coverage:
        shares = {"filled": _percent(column.filled), "readable": _percent(column.readable)}
        cells = {f"row {number}": row[column.field] for number, row in enumerate(found.sample, 1)}
        yield vars(column) | shares | cells


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _lines(each: Look, found: Findings) -> Iterator[str]:
    yield f"records: {_counted(found.records)}"
    yield f"refused: {found.refused:,} rows; deleted (op D): {found.deleted:,}"
    yield f"unknown codes, taken as neutral: {_counted(found.unknown_codes)}"
    yield f"unknown fields, not read: {_counted(found.drift.unknown_fields)}"
    yield f"changed types: {_counted(found.drift.changed_types)}"
    if each.drift:
        yield f"drift in {found.drift.drifted:,} rows, {_CONSEQUENCE[each.drift]}"


def _counted(names: Mapping[str, int]) -> str:
    return ", ".join(f"{name} × {count:,}" for name, count in names.items()) or "none"
