"""Faults as problem+json (RFC 9457), whoever finds them: the application, its handlers or the connection."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.errors import NotFoundError, RequestError, StoreError
from gateway.web.operations import operation_of

PROBLEM: Final = "application/problem+json"
_TOLD: Final = ("Allow", "Retry-After", "WWW-Authenticate")

_FAILED: Final = "the gateway failed; its log says more"
_UNREADABLE: Final = "the request cannot be read: check its first line and headers"

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def written(status: int, title: str, detail: str | None, **more: str) -> str:
    """A problem as JSON."""
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})


def problem(
    status: int, title: str, detail: str | None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A problem as an answer."""
    text = written(status, title, detail)
    return web.Response(text=text, status=status, headers=headers, content_type=PROBLEM)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every fault as a problem, without internals."""
    try:
        return await handler(request)
    except web.HTTPException as fault:
        if fault.content_type == PROBLEM:  # it says more than every fault does
            raise
        told = {name: fault.headers[name] for name in _TOLD if name in fault.headers}
        return problem(fault.status, fault.reason, fault.text, told)
    except NotFoundError as fault:
        return problem(404, "Not Found", str(fault))
    except RequestError as fault:
        return problem(409, "Conflict", str(fault))
    except StoreError as fault:
        _log.error("store: %s", fault)
        return problem(503, "Service Unavailable", "the store cannot be used now; try again later")
    except Exception as fault:  # noqa: BLE001 - the last line of defence: nothing internal leaves
        _log.error("unexpected %s in %s", type(fault).__name__, _route(request))
        return problem(500, "Internal Server Error", _FAILED)


class Requests(web.RequestHandler):
    """aiohttp's reading of requests, which tells of one that it cannot read as everything else is told of."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log as aiohttp does, and answer with a problem that repeats nothing of what was sent."""
        super().handle_error(request, status, exc, message)
        detail = _FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _UNREADABLE
        answer = problem(status, HTTPStatus(status).phrase, detail)
        answer.force_close()
        return answer


def _route(request: web.Request) -> str:
    """Its route as it is written down: what stands in the path itself may be an ID number."""
    operation = operation_of(request)
    return f"{operation.method} {operation.path}" if operation else "no operation"
