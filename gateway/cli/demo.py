"""`gateway demo`: a synthetic province through the whole pipe, one month at each call."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.context import open_station
from gateway.cli.explain import print_explanation
from gateway.cli.output import err, out
from gateway.cli.reports import print_decide, watching_decide
from gateway.cli.roster import print_import
from gateway.cli.run import print_sync, watching_sync
from gateway.cli.synthetic import rules_folder
from gateway.clock import CHINA, add_months
from gateway.sandbox.drop import write_drop
from gateway.sandbox.hub import make_hub
from gateway.sandbox.province import Province
from gateway.sandbox.site import Site, hub_in_background, write_site
from gateway.store.outbox import StoredEvent, events_after, last_sequence
from gateway.sync.approving import Word, approve_run
from gateway.sync.explaining import explanation_of
from gateway.sync.monthly import MonthReport, run_month
from gateway.sync.roster import RosterFile, take_roster
from gateway.sync.station import Station

START: Final = date(2026, 9, 1)
SEED: Final = 20260420
_SAMPLE: Final = 10
_MORNING: Final = timedelta(hours=6)

Folder = Annotated[Path, typer.Option("--folder", help="Where the demo keeps its files.")]
_FOLDER = Path("var/demo")


def demo(
    folder: Folder = _FOLDER,
    people: Annotated[int, typer.Option(help="How many pensioners live in the province.", min=1)] = 10_000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again with the first month.")] = False,
) -> None:
    """Run the monthly job on a synthetic province; called again it goes on with the next month.

    A simulated hub serves six departments' sealed pages over HTTP on this machine, justice drops its
    files in a folder, and the gateway makes certification events of them.
    """
    began = time.monotonic()
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    month, people = _next_month(folder, people)
    first = add_months(START, month)
    as_of = add_months(first, 1) - timedelta(days=1)
    now = datetime.combine(as_of + timedelta(days=1), datetime.min.time()) + _MORNING
    err.print(f"[bold]month {month + 1}[/]: {people:,} synthetic pensioners, as of {as_of}")
    province = Province(SEED, people, START)
    province.advance(now)
    keys = Site(folder).keys()
    with hub_in_background(make_hub(province, keys, now=lambda: now)) as url:
        site = write_site(folder, url, province.first_month, rules_folder())
        write_drop(site.drop, province, keys, until=now)
        province.roster_csv(folder / "roster.csv", as_of)
        station = replace(open_station(site.config), clock=lambda: now.replace(tzinfo=CHINA))
        before = _last_sequence(station)
        print_import(take_roster(station, RosterFile(folder / "roster.csv")))
        with watching_sync() as syncing, watching_decide() as deciding:
            report = run_month(station, as_of, syncing, deciding)
    if report.decided.held:
        _approve_own(station, report)
    _show(station, report, before)
    _remember(folder, month + 1, people)
    out.print(f"\nmonth {month + 1} took {time.monotonic() - began:.0f} seconds. Next:")
    for line in _next_steps(site):
        out.print(f"  {line}", markup=False)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _approve_own(station: Station, report: MonthReport) -> None:
    """Approve a held run: the demo's province is sound, and its first run finds everything at once."""
    decided = report.decided
    err.print(f"run {decided.run_id} was held by the mass guard (gateway runs show {decided.run_id}):")
    for line in decided.held:
        err.print(f"  {line}", markup=False)
    approve_run(station, decided.run_id, Word("demo", "the demo approves its own runs"))
    err.print("the demo approves its own runs; yours wait for `gateway runs approve`")
    decided.held = ()


def _next_month(folder: Path, people: int) -> tuple[int, int]:
    file = folder / "demo.json"
    if not file.is_file():
        return 0, people
    state = json.loads(file.read_text("utf-8"))
    return state["months"], state["people"]


def _remember(folder: Path, months: int, people: int) -> None:
    (folder / "demo.json").write_text(json.dumps({"months": months, "people": people}), encoding="utf-8")


def _last_sequence(station: Station) -> int:
    station.store.migrate()
    with station.store.read() as conn:
        return last_sequence(conn)


def _show(station: Station, report: MonthReport, before: int) -> None:
    out.print("\n[bold]received, read and matched[/]")
    print_sync(report.synced, as_json=False)
    out.print("\n[bold]decided[/]")
    print_decide(report.decided, as_json=False)
    with station.store.read() as conn:
        new = events_after(conn, before, 10**6)
    out.print(f"\n[bold]{min(_SAMPLE, len(new))} of the {len(new):,} new events[/]")
    for event in _sample(new):
        _print_event(event)
    suspected = [event for event in new if event.type.endswith("eligibility.suspected")]
    if suspected or new:
        out.print("\n[bold]one of them explained[/] (gateway explain)")
        _explain(station, (suspected or new)[0].subject)


def _sample(events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Ten events, of every type some."""
    by_type: dict[str, list[StoredEvent]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    share = -(-_SAMPLE // max(1, len(by_type)))
    chosen = [event for found in by_type.values() for event in found[:share]]
    return sorted(chosen[:_SAMPLE], key=lambda event: event.sequence)


def _print_event(event: StoredEvent) -> None:
    data = json.loads(event.body)["data"]
    names = ("decision", "reason", "confidence", "certified_on", "valid_until")
    said = ", ".join(f"{name} {data[name]}" for name in names if data.get(name))
    out.print(f"  {event.sequence:>6}  {event.type}  {event.subject}: {said}")


def _explain(station: Station, benefit_id: str) -> None:
    found = explanation_of(station.store, benefit_id)
    if found:
        print_explanation(found)


def _next_steps(site: Site) -> list[str]:
    return [
        "make demo                                      the next month; nothing is said twice",
        f"export GATEWAY_CONFIG={site.config}",
        ".venv/bin/gateway events | head -3             the events as they are stored",
        ".venv/bin/gateway ledger list                  suspicions that wait for a person",
        ".venv/bin/gateway runs list                    what was run, held and approved",
        ".venv/bin/gateway refusals list --grouped      rows that were not taken, and why",
        ".venv/bin/gateway serve                        /v1/events by cursor, /v1/ledger, /healthz",
        ".venv/bin/gateway plugins                      departments and datasets",
    ]
