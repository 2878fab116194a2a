"""`gateway serve`: the HTTP side, and the schedule beside it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Final

import typer
from aiohttp import web

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import err
from gateway.errors import ConfigError
from gateway.schedule.opening import scheduler_of
from gateway.schedule.scheduler import Scheduler
from gateway.web.app import make_app

_LAST_PORT: Final = 65535


def serve(
    config: Config = CONFIG,
    host: Annotated[
        str | None, typer.Option(help="Listen here instead of gateway.yaml's serve.host.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen on this port instead of serve.port.", min=0, max=_LAST_PORT)
    ] = None,
    no_schedule: Annotated[
        bool, typer.Option("--no-schedule", help="Run no job: cron, systemd or another process does.")
    ] = False,
) -> None:
    """Serve /v1/events (pull by cursor) and /healthz, and run what gateway.yaml schedules, until stopped.

    Example: curl 'http://127.0.0.1:8080/v1/events?after=0&limit=10'
    """
    station = open_station(config)
    station.store.migrate()
    wanted = station.settings.gateway.serve
    where = (host or wanted.host, wanted.port if port is None else port)
    app = make_app(station.store, station)
    if not no_schedule:
        app.cleanup_ctx.append(_beside(scheduler_of(station)))
    try:
        web.run_app(app, host=where[0], port=where[1], print=lambda _: _say(*where), handle_signals=True)
    except OSError as fault:
        why = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else "there is no such host"
        step = "name another with --host and --port, or in `serve` of gateway.yaml"
        raise ConfigError(f"cannot listen on {where[0]}:{where[1]}: {why}; {step}") from None


def _say(host: str, port: int) -> None:
    err.print(f"serving http://{host}:{port}/v1/events; stop with Ctrl-C")


def _beside(scheduler: Scheduler) -> Callable[[web.Application], AsyncIterator[None]]:
    async def scheduling(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(scheduler.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return scheduling
