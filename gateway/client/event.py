"""An event as a consumer has it, and how it is cut out of an answer without changing a byte."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateway.client.faults import NotTrusted

_PAGE: Final = '{"events":['
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True)
class Event:
    """A CloudEvent: its attributes, its data, and the very bytes that were signed.

    `sequence` counts over all events without gaps; with a filter some are not seen.
    """

    attributes: Mapping[str, str]
    data: Mapping[str, Any] = field(repr=False)
    body: bytes = field(repr=False)
    signature: str | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The same at every delivery: keep it to do the work once."""
        return self.attributes["id"]

    @property
    def type(self) -> str:
        """What happened, with the gateway's prefix."""
        return self.attributes["type"]

    @property
    def subject(self) -> str:
        """The benefit's id; events of one benefit come in order."""
        return self.attributes["subject"]

    @property
    def time(self) -> datetime:
        """When it was decided, with its time zone."""
        return datetime.fromisoformat(self.attributes["time"])

    @property
    def sequence(self) -> int:
        """Its number."""
        return int(self.attributes["sequence"])


@dataclass(frozen=True)
class Page:
    """One answer of the feed."""

    events: Sequence[Event] = field(repr=False)
    next: str
    more: bool


def read_event(body: bytes, signature: str | None = None) -> Event:
    """An event from its bytes.

    Raises:
        NotTrusted: they are no CloudEvent of the gateway.
    """
    try:
        return _event(json.loads(body), body, signature)
    except ValueError:
        raise NotTrusted("a body is no CloudEvent in JSON") from None


def read_events(body: bytes) -> tuple[Event, ...]:
    """The events of a delivery: one, or a batch as a JSON array.

    Raises:
        NotTrusted: it is neither.
    """
    if not body.startswith(b"["):
        return (read_event(body),)
    try:
        found, _ = _cut(body.decode(), "[")
        return tuple(_event(value, part.encode(), None) for value, part in found)
    except (ValueError, IndexError):
        raise NotTrusted("a body is no batch of CloudEvents in JSON") from None


def read_page(answer: bytes) -> Page:
    """The events of an answer, each with its own bytes.

    Raises:
        NotTrusted: it is no answer of the gateway.
    """
    try:
        text = answer.decode()
        found, end = _cut(text, _PAGE)
        rest = json.loads("{" + text[end + 1 :].removeprefix(","))
        signed = zip(found, rest["signatures"], strict=True)
        events = [_event(value, part.encode(), signature) for (value, part), signature in signed]
        return Page(events, str(rest["next"]), bool(rest["more"]))
    except (ValueError, KeyError, TypeError, IndexError):
        raise NotTrusted("an answer is no page of the feed: check the address") from None


def _cut(text: str, begin: str) -> tuple[list[tuple[Any, str]], int]:
    """Each event with the text it was written as, and where their list ends."""
    if not text.startswith(begin):
        raise ValueError("no page of events")
    found, at = list[tuple[Any, str]](), len(begin)
    while text[at] != "]":
        at += text[at] == ","
        value, end = _DECODER.raw_decode(text, at)
        found.append((value, text[at:end]))
        at = end
    return found, at


def _event(value: Any, body: bytes, signature: str | None) -> Event:
    if not isinstance(value, dict):
        raise ValueError("no event")  # noqa: TRY004 - one fault for whatever is no event
    attributes = {name: each for name, each in value.items() if name != "data"}
    wanted = ("specversion", "id", "source", "type", "subject", "time", "sequence")
    if not all(isinstance(attributes.get(name), str) for name in wanted):
        raise ValueError("an attribute is missing")
    return Event(attributes, value.get("data") or {}, body, signature)
