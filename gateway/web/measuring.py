"""What is measured of every request, by operation: never by its path, which may name a benefit."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from gateway.web.operations import Operation, operation_of

STREAM: Final = "text/event-stream"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_ELSEWHERE: Final = "none"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Meters:
    """The meters of one application, in a registry of their own."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    streams: Gauge

    @classmethod
    def new(cls) -> Self:
        """Meters that stand at nothing."""
        own = CollectorRegistry()
        ProcessCollector(registry=own)
        said = "Requests answered, by operation and status."
        requests = Counter("gateway_http_requests", said, ("operation", "status"), registry=own)
        said = "Seconds until a request was answered, by operation; streams are left out."
        name = "gateway_http_request_duration_seconds"
        seconds = Histogram(name, said, ("operation",), registry=own, buckets=_SECONDS)
        streams = Gauge("gateway_http_streams_open", "Event streams that are open.", registry=own)
        return cls(own, requests, seconds, streams)


METERS: Final = web.AppKey("meters", Meters)


def set_up(app: web.Application) -> None:
    """Meters of its own for the application."""
    app[METERS] = Meters.new()


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count and time what the other middlewares and the handler make of a request."""
    operation, meters = operation_of(request), request.app[METERS]
    name = f"{operation.method} {operation.path}" if operation else _ELSEWHERE
    began = time.perf_counter()
    with _open(operation, meters):
        answer = await handler(request)
    meters.requests.labels(name, str(answer.status)).inc()
    if not _is_stream(operation):
        meters.seconds.labels(name).observe(time.perf_counter() - began)
    return answer


def _is_stream(operation: Operation | None) -> bool:
    return operation is not None and operation.media == STREAM


@contextmanager
def _open(operation: Operation | None, meters: Meters) -> Iterator[None]:
    if not _is_stream(operation):
        yield
        return
    with meters.streams.track_inprogress():
        yield
