"""`gateway schedule`: what runs by itself, how it went, and when it is next."""

from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json, print_rows
from gateway.schedule.listing import listed
from gateway.schedule.opening import book_of, jobs_of
from gateway.schedule.plan import upcoming

app = typer.Typer(help="What `gateway serve` runs by itself.", no_args_is_help=True)

_JOBS = ("job", "cron", "state", "last_started", "last_finished", "outcome", "next")
_ALARMS = ("name", "subject", "message", "raised_at")


@app.callback()
def schedule() -> None:
    """What `gateway serve` runs by itself."""


@app.command("list")
def list_command(config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """List the scheduled jobs with their last and next times, and the alarms that stand.

    With --json one document: {"jobs": […], "alarms": […]}. Times are in Asia/Shanghai.
    """
    station = open_station(config)
    station.store.migrate()
    facts = book_of(station).facts(station.now())
    jobs = [asdict(job) for job in listed(jobs_of(station), facts, station.settings.gateway.schedule)]
    alarms = [asdict(alarm) for alarm in facts.standing]
    if as_json:
        print_json({"jobs": jobs, "alarms": alarms})
        return
    if not jobs:
        out.print("nothing is scheduled: set `schedule` in gateway.yaml")
    print_rows(jobs, _JOBS, as_json=False)
    if alarms:
        print_rows(alarms, _ALARMS, as_json=False, title="alarms")


@app.command("next")
def next_command(
    config: Config = CONFIG,
    count: Annotated[int, typer.Option(help="So many of them.", min=1, max=1000)] = 10,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List the times at which jobs will be due, the nearest first; Asia/Shanghai.

    Example: gateway schedule next --count 3
    """
    station = open_station(config)
    rows = [asdict(each) for each in upcoming(jobs_of(station), station.now(), count)]
    print_rows(rows, ("at", "job", "cron"), as_json=as_json)
