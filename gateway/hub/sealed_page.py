"""One page as the hub sent it, still in its envelope, and the order pages come in."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from gateway.crypto.canonical import canonical_json
from gateway.crypto.strict_json import Unread, read_json
from gateway.department import SealedPage
from gateway.errors import HubUnavailable
from gateway.hub.reply import text_of
from gateway.hub.retry import TryAgain

_LONGEST_CURSOR: Final = 256
_LONGEST_NUMBER: Final = 18


__all__ = ["SealedPage", "WindowChanged", "check_cursor", "checked", "closing", "sealed_page"]


class WindowChanged(HubUnavailable):
    """The hub promised another total on a later page: the window is to be read again."""


def sealed_page(dataset: str, start: str, data: Mapping[str, object]) -> SealedPage:
    """Read the `data` of a reply.

    Raises:
        TryAgain: `total` or `next` is missing or unreadable.
    """
    return SealedPage(dataset, start, _next(data), _total(data.get("total")), _payload(data.get("payload")))


def _next(data: Mapping[str, object]) -> str | None:
    cursor = data.get("next")
    if cursor is None or cursor == "":
        return None
    text = text_of(cursor)
    if text is None or len(text) > _LONGEST_CURSOR:
        raise TryAgain("the hub's page has no readable next")
    return text


def _total(total: object) -> int:
    number = _number(text_of(total) or "")
    if number is None:
        raise TryAgain("the hub's page has no readable total")
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def _payload(payload: object) -> bytes:
    """The payload as JSON text, as it was written; JSON that came as a string is used as it stands."""
    written = payload.text if isinstance(payload, Unread) else canonical_json(payload)
    within = json.loads(written).strip() if written.startswith('"') else written
    if within in {"", "null"}:
        return b""
    return (within if _is_json(within) else written).encode("utf-8", "surrogatepass")


def _is_json(text: str) -> bool:
    """Whether a text is JSON by itself, and not what a string says, such as a JWE in compact form."""
    if text.startswith(("{", "[")):
        return True  # whoever opens it reads it whole
    with suppress(ValueError):
        read_json(text.encode("utf-8", "surrogatepass"))
        return True
    return False


async def checked(pages: AsyncIterator[SealedPage], total: int | None = None) -> AsyncIterator[SealedPage]:
    """Pass the pages of one window on, as long as they keep to one total and their cursor goes forward.

    Raises:
        WindowChanged: a page promises another total than the pages before it; that page is not given.
        HubUnavailable: the cursor loops, goes back, or there are more pages than rows.
    """
    taken: set[str] = set()
    async with closing(pages):
        async for page in pages:
            total = page.total if total is None else total
            if page.total != total:
                raise WindowChanged(f"{page.dataset}: the total changed from {total} to {page.total}")
            taken.add(page.start)
            check_cursor(page, taken)
            yield page


@asynccontextmanager
async def closing(pages: AsyncIterator[Any]) -> AsyncIterator[None]:
    """Close pages that are fetched on demand at once when no more are wanted, not some time later."""
    try:
        yield
    finally:
        if isinstance(pages, AsyncGenerator):
            await pages.aclose()


def check_cursor(page: SealedPage, taken: AbstractSet[str]) -> None:
    """Check that the next page is a new one; `taken` are the cursors up to this page's own.

    Raises:
        HubUnavailable: the cursor was taken before, goes back, or there are more pages than rows.
    """
    if page.next is None:
        return
    here, following = _number(page.start), _number(page.next)
    backwards = here is not None and following is not None and following <= here
    if page.next in taken or backwards:
        raise HubUnavailable(
            f"{page.dataset}: the hub's cursor loops at {_shown(page)}; tell the hub, run again later"
        )
    if len(taken) > page.total:
        raise HubUnavailable(f"{page.dataset}: the hub's cursor runs past its total of {page.total} rows")


def _shown(page: SealedPage) -> str:
    """The cursor if it is an offset; another kind may be a department's own key and is not shown."""
    cursor = page.next or ""
    is_offset = _number(cursor) is not None and len(cursor) <= max(5, len(str(page.total)))
    return f"start {cursor}" if is_offset else "a start that is no offset"
