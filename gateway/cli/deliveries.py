"""`gateway deliveries`: what was sent to whom, what is undelivered, and sending it again."""

from getpass import getuser
from typing import Annotated, Any, Final

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, as_instant, open_station
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.delivery.again import resend_failed, resend_missing
from gateway.errors import RequestError
from gateway.store.deliveries import Delivery
from gateway.store.resending import UNDELIVERED, Which, delivery, list_deliveries, resend

app = typer.Typer(help="What was sent to whom, and what is undelivered.", no_args_is_help=True)

_LISTED: Final = (
    "delivery_id",
    "subscription_id",
    "first_sequence",
    "last_sequence",
    "events",
    "state",
    "attempts",
    "next_at",
    "last_status",
    "reason",
    "finished_at",
    "again_for",
)

Subscription = Annotated[str | None, typer.Option(help="Only those of this subscription.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.", min=1, max=LARGEST)]


@app.callback()
def deliveries() -> None:
    """What was sent to whom, and what is undelivered."""


@app.command("list")
def list_command(
    config: Config = CONFIG,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="Only what is pending or was given up.")
    ] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up.")] = False,
    subscription: Subscription = None,
    since: Annotated[str | None, typer.Option(help="Written down since, yyyy-MM-dd[THH:MM:SS].")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=LARGEST)] = 100,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List deliveries, the newest first: where each stands, how often it was tried, and why it is not taken.

    Example: gateway deliveries list --undelivered
    """
    states = ("failed",) if failed else UNDELIVERED if undelivered else None
    which = Which(states, subscription, as_instant(since, "since"))
    with open_station(config).store.read() as conn:
        found = list_deliveries(conn, which, limit)
    print_rows([_row(each) for each in found], _LISTED, as_json=as_json)


@app.command("show")
def show_command(number: Number, config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """Show one delivery and the numbers of its events."""
    with open_station(config).store.read() as conn:
        found = delivery(conn, number)
    shown = _row(found) | {"sequences": list(found.sequences), "created_at": found.created_at}
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        out.print(f"{name.replace('_', ' '):>16}  {'-' if value is None else value}", markup=False)


@app.command("resend")
def resend_command(
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="One delivery.", min=1, max=LARGEST)
    ] = None,
    config: Config = CONFIG,
    failed: Annotated[bool, typer.Option("--failed", help="All that were given up since --since.")] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="All events since --since without a delivery.")
    ] = False,
    subscription: Subscription = None,
    since: Annotated[str | None, typer.Option(help="yyyy-MM-dd[THH:MM:SS].")] = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Send again: one delivery, all that were given up, or all that is missing at a subscription.

    A receiver knows what it had already by the event's id.

    Examples: gateway deliveries resend 17,
    gateway deliveries resend --failed --since 2026-10-01,
    gateway deliveries resend --missing --since 2026-10-01 --subscription sub_0123
    """
    if [number is not None, failed, missing].count(True) != 1:
        raise RequestError("say one of: a delivery's number, --failed, --missing")
    station, at = open_station(config), as_instant(since, "since")
    if number is not None:
        with station.store.begin() as conn:
            resend(conn, delivery(conn, number), station.now(), getuser())
        count = 1
    elif at is None:
        raise RequestError("say since when", field="since")
    elif failed:
        count = resend_failed(station.store, Which(None, subscription, at), station.now(), getuser(), _say)
    elif subscription is None:
        raise RequestError("say of which subscription", field="subscription")
    else:
        count = resend_missing(station.store, subscription, at, station.now(), getuser(), _say)
    print_json({"resent": count}) if as_json else out.print(f"{count:,} to be sent again")


def _say(count: int) -> None:
    err.print(f"{count:,} written down")


def _row(found: Delivery) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _LISTED}
