"""A run that several instances share: who is first does a step, the others go on with what is next.

A run is one row, and every step of it is done once, by whoever holds the step's lease. What a step came to is
read from the database by everybody, whoever did it. An instance that falls silent is replaced, and then
commits nothing any more: each of its writes looks at its lease first, in the same transaction.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from gateway.errors import ConfigError, GatewayError, StoreError
from gateway.evidence.belonging import check_belongs
from gateway.store import instances, runs
from gateway.store.alarms import Alarm, clear_alarm, raise_alarm
from gateway.store.database import Store
from gateway.store.instances import Instance, LeaseLost, this_instance
from gateway.store.leases import WORK, present
from gateway.store.steps import Outcome, held_of, lease_of, note_step, outcome_of, steps_of
from gateway.sync.lock import exclusive, within
from gateway.sync.renewal import Renewal
from gateway.sync.station import Station, first_fault

_SIGNS: Final = 4
"""Signs of life in the length of a lease."""

_LOOKED_EVERY_S: Final = 1.0
_SAID_EVERY_S: Final = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Joint:
    """What is shared: who names the same command and day shares a run.

    `start` checks that the run may begin, and begins it; with `only_join` nothing is ever begun.
    """

    kind: runs.Kind
    command: str
    start: Callable[[Connection], int]
    as_of: date | None = None
    policy_version: str | None = None
    only_join: bool = False


@dataclass(frozen=True)
class Share:
    """One instance's part in a run."""

    station: Station
    me: Instance
    run_id: int

    @property
    def pause_s(self) -> float:
        """How long to wait before looking again at what others do."""
        return min(_LOOKED_EVERY_S, self.me.length.total_seconds() / _SIGNS)

    def of(self, run_id: int) -> "Share":
        """The same instance's part in another run of the same work."""
        return replace(self, run_id=run_id)

    def outcomes(self) -> dict[str, Outcome]:
        """What the steps came to that are done, by name."""
        with self.station.store.read() as conn:
            return {step.name: step.outcome for step in steps_of(conn, self.run_id)}

    def standing(self, steps: Sequence[str]) -> "Standing":
        """Which of some steps are left, and who is at them."""
        with self.station.store.read() as conn:
            done = {step.name for step in steps_of(conn, self.run_id)}
            held = {step: lease.holder for step, lease in held_of(conn, self.run_id).items()}
        return Standing([step for step in steps if step not in done], held)

    def take(self, step: str) -> "Unit | None":
        """Take a step on; none where another instance is at it, or it is done."""
        unit = Unit(self, step)
        with self.station.store.begin() as conn:
            self._replace_dead(conn)
            if not instances.take(conn, self.me, unit.lease):
                return None
            if outcome_of(conn, self.run_id, step) is not None:
                instances.let_go(conn, self.me, unit.lease)
                return None
        return unit

    def _replace_dead(self, conn: Connection) -> None:
        for lease in instances.bury(conn, present(conn), spared=self.me):
            if lease.name.startswith(lease_of(self.run_id, "")):
                said = f"{lease.holder} gave no sign of life and is replaced ({lease.name}): see its log"
                raise_alarm(conn, Alarm("lease_lost", WORK, said), self.station.now())

    def once(self, step: str, work: Callable[[Station], Mapping[str, Any]]) -> Outcome:
        """Do a step that only one may do, or wait until it is done; gives what it came to.

        An instance that dies at it is replaced.
        """
        return self._first(step, lambda unit: unit.done(work(unit.station)))

    def agreed(self, step: str, make: Callable[[Connection], Mapping[str, Any]]) -> Outcome:
        """What all go by: made by the first in one transaction, read by the others."""

        def note(unit: Unit) -> None:
            with unit.store.begin() as conn:
                unit.note(conn, make(conn))

        return self._first(step, note)

    def _first(self, step: str, do: "Callable[[Unit], None]") -> Outcome:
        said = -_SAID_EVERY_S
        while (outcome := self.outcomes().get(step)) is None:
            if unit := self.take(step):
                do(unit)
                continue
            if time.monotonic() - said > _SAID_EVERY_S:
                said = time.monotonic()
                self.say_waiting(self.standing([step]))
            time.sleep(self.pause_s)
        return outcome

    def say_waiting(self, standing: "Standing") -> None:
        """Tell those who watch what is waited for, and who is at it."""
        for step in standing.left:
            if holder := standing.held.get(step):
                _log.info("run %d waits for %s: %s", self.run_id, holder, step)


@dataclass(frozen=True)
class Standing:
    """How some steps stand: those that are not done, and who is at what, of these and others."""

    left: list[str]
    held: dict[str, str]

    @property
    def free(self) -> list[str]:
        """The steps that somebody has to take on."""
        return [step for step in self.left if step not in self.held]


@dataclass(frozen=True)
class Unit:
    """A step that this instance has taken on."""

    share: Share
    step: str

    @property
    def lease(self) -> str:
        """The name of the step's lease."""
        return lease_of(self.share.run_id, self.step)

    @property
    def store(self) -> Store:
        """The store, each of whose writes fails once another instance has this step."""
        return self.share.station.store.guarded(lambda conn: instances.hold(conn, self.share.me, self.lease))

    @property
    def station(self) -> Station:
        """The station with this step's store."""
        return replace(self.share.station, store=self.store)

    def done(self, outcome: Mapping[str, Any]) -> None:
        """Note what the step came to, and let go of it.

        Raises:
            LeaseLost: another instance has it.
        """
        with self.share.station.store.begin() as conn:
            self.note(conn, outcome)

    def note(self, conn: Connection, outcome: Mapping[str, Any]) -> None:
        """The same, in a transaction of the step's own."""
        me = self.share.me
        instances.let_go(conn, me, self.lease)
        note_step(conn, self.share.run_id, self.step, me.holder, present(conn), outcome)


def shares(station: Station, *, only_join: bool) -> bool:
    """Whether this gateway shares its runs with other instances.

    Raises:
        ConfigError: it does not, and is to join one.
    """
    if only_join and not station.settings.gateway.sharing.enabled:
        raise ConfigError("gateway.yaml: sharing.enabled: set it to true on every instance: no run is shared")
    return station.settings.gateway.sharing.enabled


@contextmanager
def shared(station: Station, joint: Joint) -> Iterator[Share]:
    """Take part in a run until the block ends: the one that is under way, else a new one.

    Who ends by a fault lets go at once of what it has; the run fails where nobody is left to take it over.

    Raises:
        ConfigError: the run was begun by other rules than this instance's.
        StoreError: something else is at work, there is nothing to join, or this instance was replaced.
    """
    with exclusive(station.work, among_others=True), within(station.work):
        station.store.migrate()
        me = this_instance(timedelta(seconds=station.settings.gateway.sharing.lease_s))
        part = _Part(station, me)
        share = Share(station, me, part.join(joint))
        with Renewal(part, me.length.total_seconds() / _SIGNS), part.told_apart():
            yield share


@dataclass(frozen=True)
class _Part:
    """That this instance takes part: what is renewed while it works, and given back."""

    station: Station
    me: Instance

    def join(self, joint: Joint) -> int:
        """Join the run that others have under way, or begin one; gives its number."""
        with self.station.store.begin() as conn:
            others = instances.arrive(conn, self.me, joint.command)
            check_belongs(conn, self.station.evidence)
            run = runs.under_way(conn, joint.kind, joint.as_of) if others else None
            if not others:
                runs.end_stopped_runs(conn, self.station.now())
                clear_alarm(conn, "lease_lost", WORK, self.station.now())
            if run is None:
                return _begun(conn, joint)
            _same_rules(run, joint)
        _log.info("joins run %d: %s", run.run_id, "; ".join(lease.holder for lease in others))
        return run.run_id

    @contextmanager
    def told_apart(self) -> Iterator[None]:
        """A fault of an instance that was replaced is the replacement, whatever it first showed as."""
        try:
            yield
        except BaseException as error:
            fault = first_fault(error)
            lost = isinstance(fault, LeaseLost)
            if lost or (isinstance(fault, (StoreError, KeyboardInterrupt)) and self._replaced()):
                raise self.lost() from None
            if fault is error:
                raise
            raise fault from None

    def _replaced(self) -> bool:
        with suppress(StoreError), self.station.store.read() as conn:
            return not instances.is_alive(conn, self.me)
        return False

    def renew(self) -> bool:
        with self.station.store.begin() as conn:
            return instances.renew(conn, self.me)

    def release(self, error: BaseException | None) -> None:
        with self.station.store.begin() as conn:
            if instances.depart(conn, self.me) and error is not None:
                runs.fail_running(conn, self.station.now(), _reason(error))

    def lost(self) -> StoreError:
        silent_s = self.me.length.total_seconds()
        return LeaseLost(
            f"this instance ({self.me.holder}) gave no sign of life for {silent_s:.0f} s and was replaced: "
            "what it had not committed is dropped and done by others; start it again to join them"
        )


def _begun(conn: Connection, joint: Joint) -> int:
    if joint.only_join:
        raise StoreError(f"nothing to join: no instance has `{joint.command}` under way")
    return joint.start(conn)


def _same_rules(run: runs.Run, joint: Joint) -> None:
    if run.policy_version != joint.policy_version:
        raise ConfigError(
            f"policy.yaml: these rules are {joint.policy_version}, run {run.run_id} was begun with "
            f"{run.policy_version}: give every instance the same configuration"
        )


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, GatewayError) else type(error).__name__
