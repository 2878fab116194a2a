"""How the command line speaks: tables for people, JSON for programs, one line for an error."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.clock import CHINA, written

_WIDE = 160
"""Columns when nobody watches: a table in a file or a pipe is not folded to a terminal's width."""

_NUMBERED: Final = frozenset({"entry", "run", "run_id", "sequence", "version"})
"""Columns whose numbers are names, to be given to the next command: they are printed plain."""


def console(*, stderr: bool = False) -> Console:
    """A console as wide as its terminal, or wide enough."""
    found = Console(stderr=stderr, soft_wrap=True, highlight=False)
    return (
        found if found.is_terminal else Console(stderr=stderr, soft_wrap=True, highlight=False, width=_WIDE)
    )


out = console()
err = console(stderr=True)

Json = typer.Option("--json", help="Print JSON for programs instead of tables for people.")


def log_time(at: datetime) -> Text:
    """When a log line was written, in Asia/Shanghai whatever the machine's time zone is."""
    return Text(f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}")


def print_json(value: object) -> None:
    """One JSON document on one line, so that it can be piped."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=plain))


def plain(value: object) -> Any:
    """A value as JSON can say it: days yyyy-MM-dd, instants in ISO 8601 with +08:00."""
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def print_rows(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool, title: str | None = None
) -> None:
    """Rows as a table, or as one JSON object a line."""
    if as_json:
        for row in rows:
            print_json(dict(row))
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(column, row.get(column)) for column in columns))
    out.print(table)


def _cell(column: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool) and column not in _NUMBERED:
        return f"{value:,}"
    return str(value)
