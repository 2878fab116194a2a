"""`gateway doctor`: is everything there that a run needs, and if not, what to do."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.kinds import unconfirmed_kinds
from gateway.cli.output import Json, out, print_json
from gateway.crypto.event_signing import load_signer
from gateway.crypto.keyring import KeyRing
from gateway.crypto.references import resolve
from gateway.crypto.serving import load_serving_keys
from gateway.crypto.sm4 import PROVIDER, WHY_SLOW
from gateway.errors import ConfigError, GatewayError
from gateway.evidence.files import writable
from gateway.hub.client import HubClient
from gateway.policy import load_policy
from gateway.roster.fingerprint import check_fingerprint
from gateway.schedule.opening import jobs_of
from gateway.settings import DepartmentSettings
from gateway.store.instances import held, living
from gateway.store.leases import present
from gateway.store.parts import live_parts
from gateway.sync.engines import check_engine
from gateway.sync.services import Feed, feeds, service_of
from gateway.sync.station import Station
from gateway.web.tls import server_context

_UNSIGNED: Final = (
    "events are not signed: make a key (`gateway keys event-signing FILE`) and name it in events.signing_keys"
)

NoHub = Annotated[bool, typer.Option("--no-hub", help="Ask the hub nothing.")]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fault` is None when it is as it should be, `note` may say more of it."""

    subject: str
    fault: str | None = None
    exit_code: int = ConfigError.exit_code
    note: str | None = None


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
            _print(finding)
    worst = max((finding.exit_code for finding in findings if finding.fault), default=0)
    if worst:
        raise typer.Exit(worst)


def _print(finding: Finding) -> None:
    mark = "[yellow]note[/] " if finding.note else "[green]ok[/]   "
    out.print(f"{'[bold red]fault[/]' if finding.fault else mark} {finding.subject}")
    if said := finding.fault or finding.note:
        out.print(f"      {said}", markup=False)


def _at_home(station: Station) -> Iterator[Finding]:
    yield Finding("configuration")
    yield _tried("rules (policy.yaml, counties.yaml)", lambda: load_policy(station.settings.folder))
    yield _tried("sources that the rules ask for", lambda: _sources(station))
    yield _tried("identity key", lambda: resolve(station.settings.gateway.identity_key))
    yield _tried("departments and datasets", lambda: feeds(station.settings, station.host))
    yield _tried("schedule", lambda: jobs_of(station))
    yield from _serving(station)
    for name, fault in station.host.faults.items():
        yield Finding(f"plugin {name}", fault)
    for name, department in station.settings.departments.items():
        yield from _listed(f"keys of {name}", partial(_key_faults, department))
    yield Finding(f"SM4 by {PROVIDER.name}", note=WHY_SLOW and f"pages are opened more slowly, {WHY_SLOW}")
    yield from _listed("kinds of record that departments bring", partial(_kind_faults, station))
    yield from _listed("store", station.store.check)
    yield _tried(f"evidence folder {station.evidence}", lambda: writable(station.evidence))
    yield from _cluster(station)
    yield _tried("roster", lambda: _roster(station))
    yield from _instances(station)


def _instances(station: Station) -> Iterator[Finding]:
    """The instances that share a run now, and what each is at."""
    if station.store.check():
        return
    with station.store.read() as conn:
        alive, taken = living(conn, present(conn)), held(conn)
    for one in alive:
        at = [lease.name for lease in taken if lease.token == one.token]
        yield Finding(f"instance {one.holder}", note=f"at {', '.join(at)}" if at else "waits for others")


def _cluster(station: Station) -> Iterator[Finding]:
    """Whether a worker of the Spark cluster takes a task, where runs decide there."""
    gateway = station.settings.gateway
    if gateway.engine == "spark" and gateway.spark:
        yield _tried(f"Spark cluster {gateway.spark.master}", lambda: check_engine(station))


def _serving(station: Station) -> Iterator[Finding]:
    serve = station.settings.gateway.serve
    yield _tried("secret of the serving side", lambda: load_serving_keys(serve.secret))
    if serve.tls:
        yield _tried("certificate of the serving side", lambda: server_context(serve.tls))
    signing = _tried(
        "signing keys of events", lambda: load_signer(station.settings.gateway.events.signing_keys)
    )
    yield signing if station.settings.gateway.events.signing_keys else replace(signing, note=_UNSIGNED)


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
