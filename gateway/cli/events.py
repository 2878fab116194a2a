"""`gateway events`: what was found."""

import time
from typing import Annotated

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, open_station
from gateway.store.database import Store
from gateway.store.outbox import StoredEvent, events_after

_PAGE = 1000
_EVERY_S = 1.0


def events(
    config: Config = CONFIG,
    after: Annotated[
        int, typer.Option("--after", help="Only events after this sequence number.", min=0, max=LARGEST)
    ] = 0,
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1, max=LARGEST)] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more until stopped.")] = False,
) -> None:
    """Print released events in order, one CloudEvent a line, exactly the bytes that are stored.

    Example: gateway events --after 120 --follow | jq .type
    """
    store = open_station(config).store
    left = limit
    while True:
        page = _page(store, after, _PAGE if left is None else min(left, _PAGE))
        for event in page:
            typer.echo(event.body)
        after = page[-1].sequence if page else after
        left = None if left is None else left - len(page)
        if left == 0 or not (page or follow):
            return
        if not page:
            time.sleep(_EVERY_S)


def _page(store: Store, after: int, limit: int) -> list[StoredEvent]:
    with store.read() as conn:
        return events_after(conn, after, limit)
