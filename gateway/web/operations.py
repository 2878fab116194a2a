"""A route as data: what is asked, what is answered, and who may ask; served and documented from one place."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiohttp import web

from gateway.store.tokens import Scope
from gateway.web.asking import Asked

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPERATIONS: Final = web.AppKey("operations", dict[web.AbstractRoute, "Operation"])


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    `scope` is what the caller's token must have; null lets anybody in. `answer` is the type of the JSON
    answer, described by pydantic; null where it is none, and then `media` names what comes. `also` are other
    statuses whose answer is no fault, each with its type. `refuses` are the faults that it answers beside
    those that every operation may.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    answer_with: Answering
    scope: Scope | None
    tag: str
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    answer: Any = None
    status: int = 200
    media: str = "application/json"
    also: tuple[tuple[int, Any], ...] = ()
    refuses: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """The first sentence of what the handler says of itself."""
        return (self.answer_with.__doc__ or "").strip().split("\n", 1)[0]


def serve(app: web.Application, operations: Iterable[Operation]) -> None:
    """Add routes to the application, and remember what each of them is."""
    for operation in operations:
        for method in ("GET", "HEAD") if operation.method == "GET" else (operation.method,):
            route = app.router.add_route(method, operation.path, operation.answer_with)
            app[OPERATIONS][route] = operation


def operation_of(request: web.Request) -> Operation | None:
    """What the request asks for; null where there is nothing at its path."""
    return request.app[OPERATIONS].get(request.match_info.route)
