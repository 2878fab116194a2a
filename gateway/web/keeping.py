"""The places of consumers, kept in the store and told as cursors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from gateway.clock import local, system_clock
from gateway.crypto.serving import ServingKeys
from gateway.delivery import places
from gateway.delivery.places import in_reach, named_place, opened_cursor, place_of
from gateway.errors import NotFoundError, RequestError
from gateway.store import consumers
from gateway.store.consumers import Consumer
from gateway.store.database import Store
from gateway.store.feed import Reach, reach
from gateway.web.asking import Asked, say_what_can_be_kept, written_instant
from gateway.web.reading import told

_SAID: Final = (("to", "string"), ("at", "string"), ("sequence", "integer"))
_NULLS: Final[dict[str, dict[str, str]]] = {name: {"type": "null"} for name, _ in _SAID}


def _say_one_way(schema: dict[str, Any]) -> None:
    """Put into the published schema that one is said and the others are not."""
    say_what_can_be_kept(schema)
    schema["oneOf"] = [
        {"required": [name], "properties": _NULLS | {name: {"type": kind}}} for name, kind in _SAID
    ]


class Sought(Asked):
    """Where to go on, said in one way.

    `to` is a cursor, `earliest` or `now`; `at` an instant, from which on what was released is read again;
    `sequence` the number of the event that is read next.
    """

    model_config = ConfigDict(json_schema_extra=_say_one_way)

    to: str | None = None
    at: Annotated[AwareDatetime, BeforeValidator(written_instant)] | None = None
    sequence: Annotated[int, Field(ge=1, lt=2**63)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.to, self.at, self.sequence].count(None) != 2:  # noqa: PLR2004 - all but one
            raise ValueError("name one of to, at and sequence")
        return self


class Shown(TypedDict):
    """A consumer: `lag` counts the released events behind its cursor, whatever it filters."""

    name: str
    cursor: str
    lag: int
    oldest_unacked_at: datetime | None
    acked_at: datetime | None
    created_at: datetime


class Moved(Shown):
    """A consumer after an ack; `moved` is false where as much was acked before."""

    moved: bool


class Listed(TypedDict):
    """Consumers by name."""

    consumers: list[Shown]


@dataclass(frozen=True)
class Keeping:
    """What one caller may do with consumers: `maker` is its token, `owner` whose consumers it sees.

    `actor` is the caller as the audit names it. Everything here waits for the store. A name that is not the
    caller's raises NotFoundError; a place that the feed does not reach is a fault of HTTP, see `told`.
    """

    store: Store
    keys: ServingKeys
    maker: str | None
    owner: str | None
    actor: str

    def put(self, name: str, begin: str) -> tuple[bool, Shown]:
        """Make a consumer, or leave the one that is there.

        Raises:
            RequestError: the name is somebody else's.
        """
        with self.store.begin() as conn:
            with told(self.keys):
                place = named_place(begin, reach(conn), self.keys.sequence, "from")
            made = consumers.create(conn, name, self.maker, place, local(system_clock()))
            try:
                return made, self._shown(consumers.consumer(conn, name, self.owner))
            except NotFoundError:
                raise RequestError("another token has a consumer of this name: choose another") from None

    def all(self) -> list[Shown]:
        """The consumers that the caller sees."""
        with self.store.read() as conn:
            return [self._shown(each) for each in consumers.consumers(conn, self.owner)]

    def one(self, name: str) -> Shown:
        """One of them."""
        with self.store.read() as conn:
            return self._shown(consumers.consumer(conn, name, self.owner))

    def remove(self, name: str) -> None:
        """Forget one."""
        with self.store.begin() as conn:
            consumers.consumer(conn, name, self.owner)
            consumers.remove(conn, name, self.owner)

    def ack(self, name: str, cursor: str) -> Moved:
        """Move one on to a cursor; not back."""
        with told(self.keys), self.store.begin() as conn:
            sequence = opened_cursor(cursor, self.keys.sequence, "cursor")
            consumers.consumer(conn, name, self.owner)
            in_reach(sequence, Reach(0, reach(conn).last), "cursor")
            moved = consumers.ack(conn, name, self.owner, sequence, local(system_clock()))
            return Moved(**self._shown(consumers.consumer(conn, name, self.owner)), moved=moved)

    def seek(self, name: str, sought: Sought) -> Shown:
        """Put one elsewhere, which the audit keeps."""
        wanted = places.Sought(**dict(sought))
        with told(self.keys), self.store.begin() as conn:
            found = consumers.consumer(conn, name, self.owner)
            place = place_of(conn, wanted, self.keys.sequence)
            places.seek(conn, found, place, local(system_clock()), self.actor)
            return self._shown(consumers.consumer(conn, name, self.owner))

    def _shown(self, found: Consumer) -> Shown:
        return Shown(
            name=found.name,
            cursor=self.keys.cursor(found.acked),
            lag=found.lag,
            oldest_unacked_at=found.oldest_unacked_at,
            acked_at=found.acked_at,
            created_at=found.created_at,
        )
