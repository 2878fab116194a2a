"""Which events a subscription is told of."""

from dataclasses import dataclass
from functools import cached_property

from gateway.delivery.filters import Event, Filter, Test, compile_filters, matches
from gateway.store.outbox import StoredEvent


@dataclass(frozen=True)
class Wanted:
    """Those of these counties, or of all, that every filter lets through."""

    counties: frozenset[str] | None = None
    filters: tuple[Filter, ...] = ()

    @cached_property
    def _test(self) -> Test:
        return compile_filters(self.filters)

    def passes(self, event: Event) -> bool:
        """Whether the filters let an event through that is of one of the counties."""
        return matches(event, self._test)

    def is_told(self, event: StoredEvent) -> bool:
        """Whether a subscription is told of an event."""
        return (self.counties is None or event.county in self.counties) and self.passes(event)
