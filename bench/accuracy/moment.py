"""What is true of everybody on the day of a run."""

from dataclasses import dataclass

from bench.accuracy.chance import Flags
from bench.accuracy.population import People


@dataclass(frozen=True)
class Moment:
    """The people on an as-of date: who is alive, who is on the roster."""

    people: People
    as_of: int
    alive: Flags
    listed: Flags

    @property
    def dead(self) -> Flags:
        """Who is not alive."""
        return ~self.alive

    @property
    def told_at(self) -> int:
        """The day on which the run is told: the next morning."""
        return self.as_of + 1

    def inside(self) -> Flags:
        """Who is in custody."""
        found: Flags = (self.people.inside_from <= self.as_of) & (self.as_of <= self.people.inside_to)
        return found

    def absent(self) -> Flags:
        """Who is declared absent."""
        found: Flags = (self.people.absent_from <= self.as_of) & (self.as_of <= self.people.absent_to)
        return found

    def has_ground(self) -> Flags:
        """Whom a rule may rightly suspect although they live."""
        return self.inside() | self.absent()
