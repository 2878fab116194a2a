"""`gateway subscriptions`: who is sent events, and where; whoever is on this machine may do everything."""

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import Json, out, print_json, print_rows
from gateway.crypto.serving import load_serving_keys
from gateway.delivery.filters import Filter, plain_filters, read_filters
from gateway.delivery.subscribing import HERE, Desk, Wish
from gateway.errors import RequestError
from gateway.store.subscriptions import Changes, Kind, Subscription
from gateway.web.subscriptions import HIGHEST_RATE, LARGEST_BATCH, LARGEST_CONCURRENCY

app = typer.Typer(help="Who is sent events, and where.", no_args_is_help=True)

_LISTED = ("id", "sink", "state", "reason", "batch_size", "concurrency", "rate_per_second", "updated_at")
_SECRETS = ("kind", "public_key", "until")

Id = Annotated[str, typer.Argument(metavar="ID", help="The subscription, see `gateway subscriptions list`.")]
StateName = Literal["pending", "active", "paused", "disabled"]
Types = Annotated[
    list[str] | None, typer.Option("--type", help="Only events of this type; may be given several times.")
]
FilterText = Annotated[
    str | None,
    typer.Option("--filters", help="CloudEvents filters as a JSON list, all of which must match."),
]
Counties = Annotated[
    list[str] | None, typer.Option("--county", help="Only of this county; may be given several times.")
]
Networks = Annotated[
    list[str] | None,
    typer.Option("--allow", help="A network, as CIDR, that the sink may be in; several may be given."),
]
BatchSize = Annotated[
    int | None, typer.Option(help="Events in one request at most.", min=1, max=LARGEST_BATCH)
]
Concurrency = Annotated[
    int | None, typer.Option(help="Requests at the same time at most.", min=1, max=LARGEST_CONCURRENCY)
]
PerSecond = Annotated[
    float | None,
    typer.Option(
        "--rate", help="Requests a second at most; no limit without it.", min=0.01, max=HIGHEST_RATE
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        "--grace-hours", help="So long the old secret signs too; else as configured.", min=0, max=168
    ),
]
Signature = Annotated[Kind | None, typer.Option(help="A shared secret, or a key pair.")]


@app.callback()
def subscriptions() -> None:
    """Who is sent events, and where."""


@app.command("list")
def list_command(
    config: Config = CONFIG,
    state: Annotated[StateName | None, typer.Option(help="Only those in this state.")] = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List the subscriptions, the oldest first.

    Example: gateway subscriptions list --state disabled
    """
    desk = _desk(config)
    rows = [asdict(desk.shown(each)) for each in desk.listed(HERE, state)]
    print_rows(rows, _LISTED, as_json=as_json)


@app.command("show")
def show_command(
    subscription_id: Id, config: Config = CONFIG, as_json: Annotated[bool, Json] = False
) -> None:
    """Show a subscription; of its secrets only public keys and when they end.

    Example: gateway subscriptions show sub_0123456789abcdef01234567
    """
    desk = _desk(config)
    _print(desk, desk.one(HERE, subscription_id), as_json=as_json)


@app.command("add")
def add_command(  # noqa: PLR0913 - every part of a subscription is an option
    *,
    sink: Annotated[str, typer.Argument(help="The receiver's address, https://…")],
    config: Config = CONFIG,
    types: Types = None,
    filters: FilterText = None,
    county: Counties = None,
    allow: Networks = None,
    batch_size: BatchSize = 1,
    concurrency: Concurrency = 4,
    rate: PerSecond = None,
    signature: Annotated[Kind, typer.Option(help="A shared secret, or a key pair.")] = "hmac",
    start: Annotated[str, typer.Option("--from", help="now, earliest, or a cursor to begin behind.")] = "now",
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Subscribe a receiver; prints its secret, once. Nothing is sent until the receiver consents.

    Example: gateway subscriptions add https://receiver.example/events --allow 10.20.0.0/16 --batch-size 50
    """
    desk = _desk(config)
    wish = Wish(
        sink=sink,
        filters=_filters(types, filters) or (),
        counties=county or None,
        allow=allow or None,
        batch_size=batch_size or 1,
        concurrency=concurrency or 1,
        rate_per_second=rate,
        signature=signature,
        start=start,
    )
    _print_secret(desk, *desk.subscribe(HERE, wish), as_json=as_json)


@app.command("change")
def change_command(  # noqa: PLR0913 - every part of a subscription is an option
    *,
    subscription_id: Id,
    config: Config = CONFIG,
    sink: Annotated[str | None, typer.Option(help="Another address; it is asked for consent.")] = None,
    types: Types = None,
    filters: FilterText = None,
    county: Counties = None,
    allow: Networks = None,
    batch_size: BatchSize = None,
    concurrency: Concurrency = None,
    rate: PerSecond = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Change a subscription; what is not named stays.

    Example: gateway subscriptions change sub_0123456789abcdef01234567 --rate 20 --concurrency 8
    """
    desk, chosen = _desk(config), _filters(types, filters)
    given = {
        "sink": sink,
        "filters": None if chosen is None else plain_filters(chosen),
        "counties": county or None,
        "allow": allow or None,
        "batch_size": batch_size,
        "concurrency": concurrency,
        "rate_per_second": rate,
    }
    changes: Any = {name: value for name, value in given.items() if value is not None}
    _print(desk, _changed(desk, subscription_id, changes), as_json=as_json)


@app.command("pause")
def pause_command(subscription_id: Id, config: Config = CONFIG) -> None:
    """Send a subscriber nothing until it is resumed; what is due waits.

    Example: gateway subscriptions pause sub_0123456789abcdef01234567
    """
    _say(_desk(config).pause(HERE, subscription_id))


@app.command("resume")
def resume_command(subscription_id: Id, config: Config = CONFIG) -> None:
    """Send again; a disabled subscription is asked for consent first.

    Example: gateway subscriptions resume sub_0123456789abcdef01234567
    """
    _say(_desk(config).resume(HERE, subscription_id))


@app.command("remove")
def remove_command(subscription_id: Id, config: Config = CONFIG) -> None:
    """End a subscription for good: what is pending is canceled, its secrets are forgotten.

    Example: gateway subscriptions remove sub_0123456789abcdef01234567
    """
    _desk(config).remove(HERE, subscription_id)
    out.print(f"{subscription_id} is removed", markup=False)


@app.command("rotate-secret")
def rotate_command(
    subscription_id: Id,
    config: Config = CONFIG,
    grace_hours: Grace = None,
    signature: Signature = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Replace a secret; prints the new one, once. The old one signs beside it for a while.

    Example: gateway subscriptions rotate-secret sub_0123456789abcdef01234567 --grace-hours 48
    """
    desk = _desk(config)
    _print_secret(desk, *desk.rotate(HERE, subscription_id, grace_hours, signature), as_json=as_json)


def _desk(config: Config) -> Desk:
    station = open_station(config)
    station.store.migrate()
    settings = station.settings.gateway
    return Desk(station.store, load_serving_keys(settings.serve.secret), settings.delivery, station.clock)


def _filters(types: list[str] | None, text: str | None) -> tuple[Filter, ...] | None:
    if not types and text is None:
        return None
    named = [{"exact": {"type": each}} for each in types or ()]
    return read_filters([*_listed(text or "[]"), *([{"any": named}] if named else [])])


def _listed(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise RequestError("is no JSON list", field="filters")
    return found


def _changed(desk: Desk, subscription_id: str, changes: Changes) -> Subscription:
    if not changes:
        raise RequestError("name what is to change: see `gateway subscriptions change --help`")
    return desk.change(HERE, subscription_id, changes)


def _print(desk: Desk, found: Subscription, *, as_json: bool) -> None:
    shown = asdict(desk.shown(found))
    if as_json:
        print_json(shown)
        return
    secrets = shown.pop("secrets")
    print_rows(
        [{"what": name, "value": value} for name, value in shown.items()], ("what", "value"), as_json=False
    )
    print_rows(secrets, _SECRETS, as_json=False, title="secrets")


def _print_secret(desk: Desk, found: Subscription, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(desk.shown(found)), "secret": secret})
        return
    _say(found)
    out.print(f"what verifies its deliveries, shown this once: {secret}", markup=False)


def _say(found: Subscription) -> None:
    out.print(f"{found.subscription_id} is {found.state}", markup=False)
