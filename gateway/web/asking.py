"""What a caller asks, checked: bodies and queries by their models, writes from this machine only."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address
from typing import Annotated, Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator

from gateway.clock import day_of, written
from gateway.sync.station import Station
from gateway.sync.texts import is_writable
from gateway.yaml_file import fault_lines

STATION: Final = web.AppKey("station", Station)
_WRITABLE: Final = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$"
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]")
_PROXIED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def say_what_can_be_kept(schema: dict[str, Any]) -> None:
    """Put what `_can_be_kept` asks of a text into the published schema."""
    for described in schema.get("properties", {}).values():
        for each in described.get("anyOf", [described]):
            if each.get("type") == "string" and not each.keys() & {"enum", "const", "format"}:
                each["pattern"] = _WRITABLE


class Asked(BaseModel):
    """A body or a query: unknown keys are faults, and no fault repeats what was sent."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        json_schema_extra=say_what_can_be_kept,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, sent: object) -> object:
        if isinstance(sent, str) and not is_writable(sent):
            raise ValueError("holds a control character or half a character: leave it out")
        return sent


def _written_day(sent: object) -> date:
    if not isinstance(sent, str):
        raise ValueError("not a day: write yyyy-MM-dd")  # noqa: TRY004 - pydantic takes a ValueError alone
    return day_of(sent)


Day = Annotated[date, BeforeValidator(_written_day)]
"""A day in a body, yyyy-MM-dd and nothing else."""


def written_instant(sent: object) -> object:
    """A time as it was written, to be read as one; a number is none."""
    if not (isinstance(sent, str) and _INSTANT.match(sent)):
        raise ValueError("not a time: write yyyy-MM-ddTHH:MM:SS+08:00")
    return sent


Instant = Annotated[datetime, BeforeValidator(written_instant)]
"""A time as ISO 8601 writes it; a number is none."""


A = TypeVar("A", bound=Asked)


def query(request: web.Request, model: type[A]) -> A:
    """The query as its model has it.

    Raises:
        web.HTTPBadRequest: it names an unknown key or an impossible value.
    """
    return _checked(model, dict(request.query), "query", web.HTTPBadRequest)


async def body(request: web.Request, model: type[A]) -> A:
    """The JSON body of a write.

    Raises:
        web.HTTPUnsupportedMediaType, web.HTTPUnprocessableEntity: it is no JSON, or not what is asked for.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        sent = json.loads(await request.text())
    except (ValueError, RecursionError):
        raise web.HTTPUnprocessableEntity(text="the body is not JSON in UTF-8") from None
    return _checked(model, sent, "body", web.HTTPUnprocessableEntity)


def is_local(request: web.Request) -> bool:
    """Whether the caller is on this machine, and no proxy speaks for somebody else."""
    if any(name in request.headers for name in _PROXIED):
        return False
    try:
        return ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def reply(value: object, status: int = 200) -> web.Response:
    """A JSON answer: days as yyyy-MM-dd, instants with +08:00."""
    return web.json_response(value, status=status, dumps=_dumps)


def reply_bytes(body: bytes, media: str = "application/json") -> web.Response:
    """An answer that is written already, in UTF-8."""
    return web.Response(body=body, content_type=media, charset="utf-8")


def number_in(request: web.Request, name: str) -> int:
    """A number in the path.

    Raises:
        web.HTTPNotFound: it is none, so nothing can be there.
    """
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) < len(str(2**63))):
        raise web.HTTPNotFound(text="there is nothing of that number")
    return int(text)


def _checked(model: type[A], sent: Any, where: str, fault: Callable[..., web.HTTPException]) -> A:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise fault(text="; ".join(fault_lines(where, error))) from None


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return written(value)
    return value.isoformat() if isinstance(value, date) else str(value)
