"""`gateway serve`: the HTTP side, and the schedule beside it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Final

import typer
from aiohttp import web

from gateway.cli.context import CONFIG, Config, open_station
from gateway.cli.output import err
from gateway.crypto.serving import ServingKeys, load_serving_keys
from gateway.delivery.opening import Delivering
from gateway.errors import ConfigError
from gateway.schedule.opening import scheduler_of
from gateway.settings import ServeSettings
from gateway.sync.station import Station
from gateway.web.app import make_app
from gateway.web.server import listening
from gateway.web.tls import server_context

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
    no_delivery: Annotated[
        bool, typer.Option("--no-delivery", help="Send nothing to subscribers: another process does.")
    ] = False,
) -> None:
    """Serve /v1/events (pull by cursor) and /healthz, and run what gateway.yaml schedules, until stopped.

    Example: curl 'http://127.0.0.1:8080/v1/events?limit=10'
    """
    station = open_station(config)
    station.store.migrate()
    wanted = station.settings.gateway.serve
    asked = {"host": host or wanted.host, "port": wanted.port if port is None else port}
    keys = load_serving_keys(wanted.secret)
    app = make_app(station.store, keys, station)
    if not no_schedule:
        app.cleanup_ctx.append(_beside(scheduler_of(station).run))
    if not no_delivery:
        app.cleanup_ctx.append(_beside(_delivering(station, keys).run))
    asyncio.run(_serve(app, wanted.model_copy(update=asked)))


async def _serve(app: web.Application, serve: ServeSettings) -> None:
    """Serve until a signal comes; what is under way then is brought to its end.

    Raises:
        ConfigError: it cannot listen there, or its certificate cannot be used.
    """
    tls = server_context(serve.tls)
    with _stopping() as stop:
        try:
            async with listening(app, serve, tls) as port:
                scheme = "https" if tls else "http"
                err.print(f"serving {scheme}://{serve.host}:{port}/v1/events; stop with Ctrl-C")
                await stop.wait()
        except OSError as fault:
            raise _cannot_listen(serve, fault) from None


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Set by the first Ctrl-C or SIGTERM; a second one ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stopped() -> None:
        stop.set()
        for each in signals:
            loop.remove_signal_handler(each)

    for each in signals:
        loop.add_signal_handler(each, stopped)
    try:
        yield stop
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


def _cannot_listen(serve: ServeSettings, fault: OSError) -> ConfigError:
    why = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else "there is no such host"
    step = "name another with --host and --port, or in `serve` of gateway.yaml"
    return ConfigError(f"cannot listen on {serve.host}:{serve.port}: {why}; {step}")


def _delivering(station: Station, keys: ServingKeys) -> Delivering:
    file = station.work / ".delivery.lock"
    return Delivering(station.store, keys, station.settings.gateway.delivery, file, station.clock)


def _beside(run: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[web.Application], AsyncIterator[None]]:
    async def running(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return running
