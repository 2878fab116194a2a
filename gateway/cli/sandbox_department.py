"""`gateway sandbox department`: one installed department, served sealed as the hub or its folder would."""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.kinds import unconfirmed_kinds
from gateway.cli.output import err, out
from gateway.cli.synthetic import People, Seed, rules_folder
from gateway.clock import CHINA, local, system_clock
from gateway.department import Department
from gateway.errors import ConfigError
from gateway.policy import load_policy
from gateway.sandbox.drop import write_drop
from gateway.sandbox.guests import guests_of
from gateway.sandbox.hub import make_hub
from gateway.sandbox.moving import Row
from gateway.sandbox.province import Province
from gateway.sandbox.roster import write_roster
from gateway.sandbox.samples import rows_of_file
from gateway.sandbox.site import Site, hub_in_background, write_department, write_site
from gateway.sandbox.trial import (
    Supply,
    beyond,
    drop_trial,
    oldest_load,
    supplies_of,
    trial_offers,
    trial_senders,
    trial_settings,
)
from gateway.testing.conformance.package import installed

_PORT = 8901
_HISTORY_MONTHS = 3
_MONTHS_A_YEAR = 12

Rows = Annotated[
    list[str] | None,
    typer.Option("--rows", help="DATASET=FILE: rows in place of the samples, JSON array or one a line."),
]


def department_command(
    name: Annotated[str, typer.Argument(help="An installed department, as `gateway plugins` lists it.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the site is made; else var/sandbox-NAME.")
    ] = None,
    rows: Rows = None,
    keep_dates: Annotated[bool, typer.Option("--keep-dates", help="Leave all dates as they are.")] = False,
    people: People = 20,
    seed: Seed = 1,
    port: Annotated[
        int,
        typer.Option(
            help="Listen on this port of 127.0.0.1; 0 takes a free one.", envvar="GATEWAY_SANDBOX_PORT"
        ),
    ] = _PORT,
) -> None:
    """Serve any installed department from its samples: no hub and no key of its own is needed.

    Makes a site in a folder: keys, departments/NAME.yaml, a roster with the people of the samples, whose
    pensions are soon due, and dropped files; serves the department's pages over HTTP, sealed in the envelope
    that it names. The dates of the samples are moved so that the newest row was loaded yesterday. The six
    departments answer too, for a few synthetic people, since nothing is renewed until they are compared.

    Rows of your own are about nobody real: ID numbers begin with 99, or they are not taken.
    What you change in policy.yaml stays. Stop it with Ctrl-C; what was read from it stays.

    Example: gateway sandbox department transport --rows rail_journeys=examples.json
    """
    site = Site(folder or Path(f"var/sandbox-{name}"))
    today = system_clock().date()
    package = installed(name)
    department, plugin = package.department, package.folder
    supplies = supplies_of(department, plugin, _given(rows or []), today, move=not keep_dates)
    province = Province(seed, people, today.replace(day=1), history_months=_history(supplies, today))
    guests = guests_of([(supply.dataset, supply.rows) for supply in supplies], today)
    site.folder.mkdir(parents=True, exist_ok=True)
    err.print(f"making {site.folder}: at first some seconds for the keys")
    senders = trial_senders(site.folder / "keys", department)
    hub = make_hub(province, site.keys(), now=_now, also=trial_offers(name, supplies, senders))
    with hub_in_background(hub, port) as url:
        rules = None if site.has_rules else rules_folder()
        write_site(site.folder, url, province.first_month, rules, workers=0)
        province.advance(_now())
        write_roster(site.folder / "roster.csv", [*guests, *province.people], today, "utf-8")
        drop = site.drop / name
        drop_trial(drop, supplies, senders, today)
        write_drop(site.drop, province, site.keys(), until=local(system_clock()))
        write_department(site, name, trial_settings(department, supplies, senders, drop))
        _say(site, department, plugin, supplies, url)
        while True:
            time.sleep(1)


def _say(site: Site, department: Department, plugin: Path, supplies: Sequence[Supply], url: str) -> None:
    """What is there now, what is not, and what to type next."""
    for supply in supplies:
        out.print(f"{len(supply.rows):>6,} rows  {supply.dataset.name}, {supply.dataset.envelope}")
    for dataset in department.datasets:
        if why := beyond(dataset, plugin):
            err.print(f"[yellow]left out[/] {dataset.name}: {why}")
    for line in unconfirmed_kinds(department, load_policy(site.config)):
        err.print("[yellow]to confirm[/] ", end="")
        err.print(line, markup=False)
    err.print(f"the simulated hub answers at {url}; stop with Ctrl-C. Next, in another terminal:")
    out.print(f"gateway roster import {site.folder / 'roster.csv'} --config {site.config}")
    out.print(f"gateway run --config {site.config}")


def _given(rows: Sequence[str]) -> Mapping[str, list[Row]]:
    given: dict[str, list[Row]] = {}
    for each in rows:
        dataset, equals, file = each.partition("=")
        if not (equals and file):
            raise ConfigError("--rows is written DATASET=FILE, as in --rows rail_journeys=examples.json")
        given.setdefault(dataset, []).extend(rows_of_file(Path(file)))
    return given


def _history(supplies: Sequence[Supply], today: date) -> int:
    """How many months back the hub is read from: to the oldest row."""
    oldest = oldest_load(supplies) or today
    months = (today.year - oldest.year) * _MONTHS_A_YEAR + today.month - oldest.month
    return max(_HISTORY_MONTHS, months)


def _now() -> datetime:
    return datetime.now(CHINA).replace(tzinfo=None)
