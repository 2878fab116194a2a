"""`gateway events`: what was found."""

import time
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, open_station
from gateway.crypto.serving import load_serving_keys
from gateway.store.database import Store
from gateway.store.outbox import StoredEvent, events_after
from gateway.sync.station import Station

_PAGE = 1000
_EVERY_S = 1.0


def events(
    config: Config = CONFIG,
    after: Annotated[
        str, typer.Option("--after", help="Only events after this sequence number, or behind this cursor.")
    ] = "0",
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1, max=LARGEST)] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more until stopped.")] = False,
) -> None:
    """Print released events in order, one CloudEvent a line, exactly the bytes that are stored.

    Example: gateway events --after 120 --follow | jq .type
    """
    station = open_station(config)
    store, last, left = station.store, _number(station, after), limit
    while True:
        page = _page(store, last, _PAGE if left is None else min(left, _PAGE))
        for event in page:
            typer.echo(event.body)
        last = page[-1].sequence if page else last
        left = None if left is None else left - len(page)
        if left == 0 or not (page or follow):
            return
        if not page:
            time.sleep(_EVERY_S)


def _number(station: Station, after: str) -> int:
    if not (after.isascii() and after.isdigit()):
        return load_serving_keys(station.settings.gateway.serve.secret).sequence(after)
    if len(after) > len(str(LARGEST)) or int(after) > LARGEST:
        raise typer.BadParameter(f"no event has a number above {LARGEST}", param_hint="--after")
    return int(after)


def _page(store: Store, after: int, limit: int) -> list[StoredEvent]:
    with store.read() as conn:
        return events_after(conn, after, limit)
