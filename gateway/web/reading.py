"""What a reader of the feed asks for, whichever way it reads: where from, and what of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias, TypeVar

from aiohttp import web
from sqlalchemy import Connection

from gateway.crypto.serving import ServingKeys
from gateway.delivery.places import NotKeptError, in_reach, opened_cursor
from gateway.errors import NotFoundError, RequestError
from gateway.events import EVENT_TYPES
from gateway.store.consumers import consumer
from gateway.store.database import Store
from gateway.store.feed import Look, PagePart, Read, Wanted, part_after, read_after
from gateway.web.access import allowed_counties, caller_of
from gateway.web.asking import Asked
from gateway.web.problem import PROBLEM, written
from gateway.web.requests import KEYS, STORE

Found = TypeVar("Found", bound=Look)
How: TypeAlias = Callable[[Connection, int | None, int, Wanted], Found]
_KNOWN: Final = tuple(each.type_name for each in EVENT_TYPES)


class Narrowed(Asked):
    """Which events: those behind `after`, a cursor that the gateway gave, or behind what a consumer acked.

    From the earliest on without either; `after` counts where both are given. `types` and `county` are lists
    with commas; a type is written with its prefix or without.
    """

    after: str | None = None
    consumer: str | None = None
    types: str | None = None
    county: str | None = None


@dataclass(frozen=True)
class Reading:
    """A reader: what it wants, and whose consumers it may name."""

    store: Store
    keys: ServingKeys
    wanted: Wanted
    owner: str | None

    def begin(self, asked: Narrowed) -> int | None:
        """The number of the event to begin behind; null for the earliest.

        Raises:
            web.HTTPBadRequest: `after` is no cursor of this gateway.
            NotFoundError: there is no such consumer.
        """
        if asked.after is not None:
            with told(self.keys):
                return opened_cursor(asked.after, self.keys.sequence, "after")
        if asked.consumer is None:
            return None
        with self.store.read() as conn:
            return consumer(conn, asked.consumer, self.owner).acked

    def look(self, after: int | None, limit: int) -> Read:
        """A look at what is behind a number.

        Raises:
            web.HTTPGone, web.HTTPBadRequest: the feed does not reach there.
        """
        return self._found(read_after, after, limit)

    def part(self, after: int | None, limit: int) -> PagePart:
        """As `look`, as a page has it."""
        return self._found(part_after, after, limit)

    def _found(self, how: How[Found], after: int | None, limit: int) -> Found:
        with self.store.read() as conn:
            found = how(conn, after, limit, self.wanted)
        begun = found.reach.earliest if after is None else after
        with told(self.keys):
            in_reach(begun, found.reach, "after")
        return found


def reading_of(request: web.Request, asked: Narrowed) -> Reading:
    """What the caller may read of what it asks for.

    Raises:
        web.HTTPBadRequest, web.HTTPForbidden: there is no such type, or the county is not the caller's.
    """
    wanted = Wanted(_types(asked.types), _counties(asked.county, allowed_counties(request)))
    return Reading(request.app[STORE], request.app[KEYS], wanted, owner_of(request))


def owner_of(request: web.Request) -> str | None:
    """Whose consumers the caller sees; null for `admin`, who sees them all."""
    caller = caller_of(request)
    return None if caller.may("admin") else caller.token_id


@contextmanager
def told(keys: ServingKeys) -> Iterator[None]:
    """Tell of a place that cannot be read from as a fault of HTTP.

    Raises:
        web.HTTPGone: what follows it was removed; the problem's `earliest` is the first cursor that works.
        web.HTTPBadRequest: it is no place, or is ahead of everything that was released.
    """
    try:
        yield
    except NotFoundError:
        raise
    except NotKeptError as fault:
        _gone(keys.cursor(fault.earliest))
    except RequestError as fault:
        raise web.HTTPBadRequest(text=str(fault)) from None


def _gone(earliest: str) -> NoReturn:
    detail = (
        "what follows this cursor was removed after its retention: begin at `earliest`, and look for a gap"
    )
    raise web.HTTPGone(text=written(410, "Gone", detail, earliest=earliest), content_type=PROBLEM)


def _types(text: str | None) -> tuple[str, ...] | None:
    names = _listed(text)
    unknown = [name for name in names or () if not f".{name}".endswith(tuple(f".{each}" for each in _KNOWN))]
    if unknown:
        raise web.HTTPBadRequest(text=f"types: there is no {unknown[0]!r}; there are {', '.join(_KNOWN)}")
    return names


def _counties(text: str | None, allowed: frozenset[str] | None) -> tuple[str, ...] | None:
    asked = _listed(text)
    if allowed is None:
        return asked
    if asked is None:
        return tuple(sorted(allowed))
    if not allowed.issuperset(asked):
        raise web.HTTPForbidden(text=f"county: this token is for {', '.join(sorted(allowed))} only")
    return asked


def _listed(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name for name in text.split(",") if name)
