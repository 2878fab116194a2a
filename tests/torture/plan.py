"""What a seed does, drawn once from its number: the runs that make events, the faults and their moments."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final

CHAOS_MS: Final = 450
"""How long faults come; then everything is mended and must settle."""

HOOKS: Final = ("hook-1", "hook-2")
BENEFITS: Final = 6
_WITHHELD: Final = 0.3
_DAY: Final = 86_400
_LARGEST_JUMP: Final = 2 * _DAY


class FaultKind(StrEnum):
    """What is done to the gateway, its machine or its receivers; `value` as said here."""

    KILL = "kill"  # -9 at this moment
    STORE_DOWN = "store down"  # the database is gone; value: milliseconds
    CLOCK_JUMP = "clock jump"  # value: seconds, in either direction
    TIME_PASSES = "time passes"  # value: seconds, at once
    RECEIVER_DOWN = "receiver down"  # nobody listens; value: milliseconds
    SUBSCRIBER_CUT = "subscriber cut"  # its connection ends and it forgets what it has not acked


class Manner(StrEnum):
    """How a receiver answers."""

    TAKES = "takes"  # 204
    REFUSES = "refuses"  # 500
    BUSY = "busy"  # 429 or 503 with Retry-After
    GATEWAY = "gateway"  # 502 or 504
    REDIRECTS = "redirects"
    RESETS = "resets"  # RST without an answer
    TAKES_AND_RESETS = "takes and resets"  # it has the event, and its answer never arrives
    HANGS_UP = "hangs up"
    LATE = "late"  # takes it, and answers after the gateway's patience
    DRIPS = "drips"  # takes it, and its 200 never ends


@dataclass(frozen=True)
class Fault:
    """One fault at a moment of the plan; `on` names the subscriber where there is one."""

    at_ms: int
    kind: FaultKind
    value: int = 0
    on: str = ""

    def __str__(self) -> str:
        return f"{self.at_ms} ms: {self.kind} {self.on} {self.value or ''}".rstrip()


@dataclass(frozen=True)
class Run:
    """One decide run: which benefits it has events about; held until so many more runs are there.

    The last one may be `withheld`: never let out.
    """

    run_id: int
    benefits: tuple[int, ...]
    held_for: int
    withheld: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that chance decides about a seed.

    `fatal` and `writer_fatal` kill the first, second, … process of their kind at that write; 0 lets it live.
    `manners` is drawn from, per receiver, for each delivery while faults come.
    """

    seed: int
    runs: tuple[Run, ...]
    fatal: tuple[int, ...]
    writer_fatal: tuple[int, ...]
    faults: tuple[Fault, ...]
    manners: tuple[tuple[Manner, ...], ...]

    def lines(self) -> Iterator[str]:
        """The plan as it is printed where a seed fails."""
        events = sum(len(run.benefits) for run in self.runs)
        held = [run.run_id for run in self.runs if run.held_for or run.withheld]
        yield f"seed {self.seed}: {len(self.runs)} runs with {events} events, held: {held or 'none'}"
        yield f"gateway killed at write {list(self.fatal)}, writer at {list(self.writer_fatal)}"
        for hook, manners in zip(HOOKS, self.manners, strict=True):
            yield f"{hook} {', '.join(manners)}"
        yield from map(str, self.faults)


def draw(seed: int) -> Plan:
    """The plan of a seed: always the same."""
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    runs = [_run(random, number) for number in range(1, random.randint(4, 9))]
    runs[-1] = replace(runs[-1], withheld=random.random() < _WITHHELD)
    return Plan(
        seed=seed,
        runs=tuple(runs),
        fatal=_deaths(random, 40),
        writer_fatal=_deaths(random, 14),
        faults=tuple(sorted(_faults(random), key=lambda fault: fault.at_ms)),
        manners=tuple(_manners(random) for _ in HOOKS),
    )


def _run(random: Random, number: int) -> Run:
    benefits = tuple(random.choices(range(BENEFITS), k=random.randint(1, 12)))
    return Run(number, benefits, random.choice((0, 0, 0, 1, 2)))


def _deaths(random: Random, latest: int) -> tuple[int, ...]:
    return tuple(random.choice((0, random.randint(1, latest))) for _ in range(random.randint(0, 3)))


def _manners(random: Random) -> tuple[Manner, ...]:
    """Mostly the good one; which bad ones is what differs between seeds."""
    bad = random.sample(tuple(Manner), random.randint(0, 4))
    return (Manner.TAKES,) * random.choice((1, 4, 8)) + tuple(bad)


def _faults(random: Random) -> Iterator[Fault]:
    for _ in range(random.randint(1, 7)):
        kind = random.choice((*FaultKind, FaultKind.KILL, FaultKind.KILL))
        yield Fault(random.randrange(CHAOS_MS), kind, _value(random, kind), _on(random, kind))


def _value(random: Random, kind: FaultKind) -> int:
    if kind in {FaultKind.STORE_DOWN, FaultKind.RECEIVER_DOWN}:
        return random.randint(5, 150)
    if kind is FaultKind.CLOCK_JUMP:
        return random.choice((1, -1)) * random.choice((5, 300, 3600, _DAY, random.randint(1, _LARGEST_JUMP)))
    return random.choice((60, 3600, 6 * 3600)) if kind is FaultKind.TIME_PASSES else 0


def _on(random: Random, kind: FaultKind) -> str:
    return random.choice(HOOKS) if kind is FaultKind.RECEIVER_DOWN else ""
