"""What handlers take from a request: the open store, and numbers in the query."""

from typing import Final

from aiohttp import web

from gateway.store.database import Store

STORE: Final = web.AppKey("store", Store)
_MAX_DIGITS: Final = 20


def whole_number(request: web.Request, name: str, *, default: int, most: int, least: int = 0) -> int:
    """A whole number of the query, or its default.

    Raises:
        HTTPBadRequest: it is not one, or out of bounds.
    """
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and least <= int(text) <= most):
        raise web.HTTPBadRequest(text=f"{name} must be a whole number from {least} to {most}")
    return int(text)
