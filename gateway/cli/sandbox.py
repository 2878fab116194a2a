"""`gateway sandbox`: a synthetic province and a simulated hub to try things on."""

import json
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.context import as_day
from gateway.cli.output import err, out
from gateway.cli.sandbox_department import department_command
from gateway.cli.synthetic import People, Seed, rules_folder
from gateway.clock import CHINA, local, system_clock
from gateway.sandbox.drop import write_drop
from gateway.sandbox.gates import SCHEMES, checked_scheme
from gateway.sandbox.hub import HubOptions, make_hub
from gateway.sandbox.province import Province
from gateway.sandbox.site import hub_in_background, write_site

app = typer.Typer(help="Synthetic people under an impossible region code, for trials.", no_args_is_help=True)
app.command("department")(department_command)

Folder = Annotated[Path, typer.Option("--folder", help="Where the sandbox keeps its files.")]
Start = Annotated[
    str | None, typer.Option(help="The province's first day, yyyy-MM-dd; else this month's first.")
]
_FOLDER = Path("var/sandbox")
_PORT = 8901


@app.callback()
def sandbox() -> None:
    """Synthetic people under an impossible region code, for trials."""


@app.command("hub")
def hub_command(
    folder: Folder = _FOLDER,
    seed: Seed = 1,
    people: People = 1000,
    start: Start = None,
    port: Annotated[int, typer.Option(help="Listen on this port of 127.0.0.1.")] = _PORT,
    auth: Annotated[str, typer.Option(help=f"How calls must be signed: {', '.join(SCHEMES)}.")] = "national",
) -> None:
    """Serve a province as the hub would: real authentication, real envelopes, on loopback.

    Writes a configuration that fits, the roster, and justice's files; prints what to type next.
    """
    options = HubOptions(auth=(checked_scheme(auth),))
    province = Province(seed, people, _start(start))
    history = province.first_month
    site = write_site(folder, f"http://127.0.0.1:{port}", history, rules_folder(), auth)
    province.roster_csv(folder / "roster.csv", system_clock().date())
    write_drop(site.drop, province, site.keys(), until=local(system_clock()))
    with hub_in_background(make_hub(province, site.keys(), now=_now, options=options), port) as url:
        err.print(f"the simulated hub answers at {url}; stop with Ctrl-C. Next:")
        out.print(f"gateway roster import {folder / 'roster.csv'} --config {site.config}")
        out.print(f"gateway run --config {site.config}")
        while True:
            time.sleep(1)


@app.command("province")
def province_command(
    folder: Folder = _FOLDER,
    seed: Seed = 1,
    people: People = 1000,
    start: Start = None,
    months: Annotated[int, typer.Option(help="Months after the start to live through.", min=0)] = 1,
) -> None:
    """Write a province's roster and its departments' rows as JSON lines, in clear: they are nobody's."""
    begin = _start(start)
    province = Province(seed, people, begin)
    until = datetime.combine(begin, datetime.min.time()) + timedelta(days=31 * months)
    folder.mkdir(parents=True, exist_ok=True)
    count = province.roster_csv(folder / "roster.csv", until.date())
    out.print(f"{count:>10,}  {folder / 'roster.csv'}")
    for dataset in province.datasets:
        path = folder / f"{dataset}.jsonl"
        out.print(f"{write_rows(path, province, dataset, until):>10,}  {path}")


def write_rows(path: Path, province: Province, dataset: str, until: datetime) -> int:
    """Write a dataset's rows as JSON lines and return how many there are."""
    rows = province.rows(dataset, until=until)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json_line(row.fields) for row in rows)
    return len(rows)


def json_line(fields: Mapping[str, object]) -> str:
    """One row as one line."""
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _start(text: str | None) -> date:
    return as_day(text, "start") or system_clock().date().replace(day=1)


def _now() -> datetime:
    return datetime.now(CHINA).replace(tzinfo=None)
