"""`gateway doctor`: is everything there that a run needs, and if not, what to do."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.kinds import unconfirmed_kinds
from gateway.cli.output import Json, out, print_json
from gateway.crypto.keyring import KeyRing
from gateway.crypto.references import resolve
from gateway.errors import ConfigError, GatewayError
from gateway.evidence.files import writable
from gateway.hub.client import HubClient
from gateway.policy import load_policy
from gateway.roster.fingerprint import check_fingerprint
from gateway.schedule.opening import jobs_of
from gateway.settings import DepartmentSettings
from gateway.store.parts import live_parts
from gateway.sync.services import Feed, feeds, service_of
from gateway.sync.station import Station

NoHub = Annotated[bool, typer.Option("--no-hub", help="Ask the hub nothing.")]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fault` is None when it is as it should be."""

    subject: str
    fault: str | None = None
    exit_code: int = ConfigError.exit_code


def doctor(
    config: Config = CONFIG,
    no_hub: NoHub = False,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Look at the configuration, the rules, the keys, the store, the evidence folder and the hub.

    Every fault says what to do. The hub is asked for one row of one minute of each service.
    """
    station = open_station(config)
    findings = [*_at_home(station), *([] if no_hub else asyncio.run(_at_the_hub(station)))]
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok[/]   " if finding.fault is None else "[bold red]fault[/]"
            out.print(f"{mark} {finding.subject}")
            if finding.fault:
                out.print(f"      {finding.fault}", markup=False)
    worst = max((finding.exit_code for finding in findings if finding.fault), default=0)
    if worst:
        raise typer.Exit(worst)


def _at_home(station: Station) -> Iterator[Finding]:
    yield Finding("configuration")
    yield _tried("rules (policy.yaml, counties.yaml)", lambda: load_policy(station.settings.folder))
    yield _tried("sources that the rules ask for", lambda: _sources(station))
    yield _tried("identity key", lambda: resolve(station.settings.gateway.identity_key))
    yield _tried("departments and datasets", lambda: feeds(station.settings, station.host))
    yield _tried("schedule", lambda: jobs_of(station))
    for name, fault in station.host.faults.items():
        yield Finding(f"plugin {name}", fault)
    for name, department in station.settings.departments.items():
        yield from _listed(f"keys of {name}", partial(_key_faults, department))
    yield from _listed("kinds of record that departments bring", partial(_kind_faults, station))
    yield from _listed("store", station.store.check)
    yield _tried(f"evidence folder {station.evidence}", lambda: writable(station.evidence))
    yield _tried("roster", lambda: _roster(station))


def _key_faults(department: DepartmentSettings) -> list[str]:
    return KeyRing(department.keys).check()


def _sources(station: Station) -> None:
    sources = load_policy(station.settings.folder).sources
    asked = {*sources.must_be_compared.value, *sources.of_life_for_overdue.value}
    if strange := sorted(asked - {feed.name for feed in feeds(station.settings, station.host)}):
        raise ConfigError(
            f"policy.yaml: sources: {', '.join(strange)}: no department that is on has such a dataset, so "
            "nothing would ever count as compared: mend the name, or switch the department on"
        )


def _kind_faults(station: Station) -> list[str]:
    policy = load_policy(station.settings.folder)
    on = [station.host.department(name) for name in station.settings.departments]
    return [line for department in on for line in unconfirmed_kinds(department, policy)]


def _tried(subject: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except GatewayError as error:
        return Finding(subject, str(error), error.exit_code)
    return Finding(subject)


def _listed(subject: str, check: Callable[[], list[str]]) -> Iterator[Finding]:
    try:
        faults = check()
    except GatewayError as error:
        faults = [str(error)]
    yield from [Finding(subject, fault) for fault in faults] or [Finding(subject)]


def _roster(station: Station) -> None:
    if station.store.check():
        raise ConfigError("not there yet: run `gateway roster import FILE`")
    with station.store.read() as conn:
        check_fingerprint(conn, station.keyer)
        if not live_parts(conn, "roster"):
            raise ConfigError("not there yet: run `gateway roster import FILE`")


async def _at_the_hub(station: Station) -> list[Finding]:
    chosen = feeds(station.settings, station.host)
    async with HubClient(timing=station.timing) as client:
        return list(await asyncio.gather(*(_asked(station, client, feed) for feed in chosen)))


async def _asked(station: Station, client: HubClient, feed: Feed) -> Finding:
    subject = f"{feed.department}/{feed.name}"
    if feed.dataset.shape == "file_drop":
        folder = station.settings.departments[feed.department].folder
        there = folder is not None and folder.is_dir()
        return Finding(
            subject, None if there else f"the drop folder {folder} is not there: mount or create it"
        )
    try:
        await client.probe(service_of(station.settings, feed))
    except GatewayError as error:
        return Finding(subject, str(error), error.exit_code)
    return Finding(subject)
