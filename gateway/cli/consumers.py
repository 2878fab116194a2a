"""`gateway consumers`: who reads the feed under a name, how far behind it is, and where it goes on."""

from getpass import getuser
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, as_instant, open_station
from gateway.cli.output import Json, out, print_rows
from gateway.crypto.serving import load_serving_keys
from gateway.delivery.places import Opened, Sought, place_of, seek
from gateway.store import consumers
from gateway.sync.station import Station

app = typer.Typer(help="Readers of the feed whose place the gateway keeps.", no_args_is_help=True)

_COLUMNS = ("name", "sequence", "lag", "oldest_unacked_at", "acked_at", "owner")


@app.callback()
def consumers_command() -> None:
    """Readers of the feed whose place the gateway keeps."""


@app.command("list")
def list_command(config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """List the consumers by name: the event that each acked last, and how many wait behind it.

    Example: gateway consumers list --json
    """
    with open_station(config).store.read() as conn:
        rows = [{**vars(each), "sequence": each.acked} for each in consumers.consumers(conn)]
    print_rows([{name: row[name] for name in _COLUMNS} for row in rows], _COLUMNS, as_json=as_json)


@app.command("seek")
def seek_command(
    name: Annotated[str, typer.Argument(help="The consumer's name, see `gateway consumers list`.")],
    to: Annotated[str | None, typer.Option(help="A cursor, earliest or now.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Read again what was released since then: yyyy-MM-ddTHH:MM:SS.")
    ] = None,
    sequence: Annotated[
        int | None, typer.Option(help="The number of the event to be read next.", min=1, max=LARGEST)
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Put a consumer elsewhere, to read events again or to leave some out; name one of the three places.

    Example: gateway consumers seek pensions --at 2026-10-01T06:00:00
    """
    since = as_instant(at, "at")
    sought = Sought(to, since, sequence)
    station = open_station(config)
    with station.store.begin() as conn:
        found = consumers.consumer(conn, name)
        place = place_of(conn, sought, _opened_by(station))
        seek(conn, found, place, station.now(), getuser())
    out.print(f"{name} goes on with event {place + 1}", markup=False)


def _opened_by(station: Station) -> Opened:
    """The keys are asked for only where there is a cursor to open."""
    return lambda cursor: load_serving_keys(station.settings.gateway.serve.secret).sequence(cursor)
