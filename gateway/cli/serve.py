"""`gateway serve`: the HTTP side."""

from typing import Annotated

import typer
from aiohttp import web

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import err
from gateway.web.app import make_app


def serve(
    config: Config = CONFIG,
    host: Annotated[
        str | None, typer.Option(help="Listen here instead of gateway.yaml's serve.host.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port instead of serve.port.")] = None,
) -> None:
    """Serve /v1/events (pull by cursor) and /healthz until stopped.

    Example: curl 'http://127.0.0.1:8080/v1/events?after=0&limit=10'
    """
    station = open_station(config)
    station.store.migrate()
    wanted = station.settings.gateway.serve
    where = (host or wanted.host, wanted.port if port is None else port)
    err.print(f"serving http://{where[0]}:{where[1]}/v1/events; stop with Ctrl-C")
    web.run_app(make_app(station.store), host=where[0], port=where[1], print=None, handle_signals=True)
