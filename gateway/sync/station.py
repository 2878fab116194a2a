"""The gateway as configured, and how a run that fails is heard."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from gateway.clock import Clock, local, system_clock
from gateway.crypto.event_signing import EventSigner, load_signer
from gateway.crypto.references import resolve
from gateway.crypto.signing_pool import ENOUGH, signing_pool
from gateway.errors import GatewayError, StoreError
from gateway.host import Host
from gateway.hub.waiting import Timing
from gateway.identity import Keyer
from gateway.places import Place, local_folder
from gateway.settings import Settings
from gateway.store import runs
from gateway.store.database import Store
from gateway.store.outbox import Sign, unsigned

_MANY: Final = 20_000
"""Benefits with events for which it pays to start processes: to sign for fewer takes no longer than that."""


@dataclass(frozen=True)
class Station:
    """The gateway as configured: its settings, its departments, its store and its clock."""

    settings: Settings
    host: Host
    store: Store
    clock: Clock = system_clock
    timing: Timing = field(default_factory=Timing)

    @cached_property
    def signer(self) -> EventSigner | None:
        """The keys that events are signed with and verified by; null where none is configured."""
        return load_signer(self.settings.gateway.events.signing_keys)

    @property
    def sign(self) -> Sign:
        """What signs events as they are numbered."""
        return self.signer.begin if self.signer else unsigned

    @contextmanager
    def signing(self, about: int) -> Iterator[Sign]:
        """What signs events about so many benefits: processes of its own, where there are many."""
        count = min(self.settings.gateway.workers, ENOUGH)
        if self.signer is None or not count or about < _MANY:
            yield self.sign
            return
        with signing_pool(self.settings.gateway.events.signing_keys, count) as sign:
            yield sign

    @property
    def evidence(self) -> Place:
        """The evidence folder, here or elsewhere."""
        return self.settings.gateway.evidence

    @property
    def work(self) -> Path:
        """The folder on this machine for what cannot be elsewhere, such as locks."""
        return local_folder(self.evidence)

    @property
    def keyer(self) -> Keyer:
        """The identity key in use."""
        return Keyer(resolve(self.settings.gateway.identity_key))

    def now(self) -> datetime:
        """The present as naive Asia/Shanghai."""
        return local(self.clock())


@contextmanager
def failing_loudly(station: Station, run_id: int) -> Iterator[None]:
    """Note on the run why it failed; if even that cannot be written, the fault itself is still heard."""
    try:
        yield
    except BaseException as error:
        fault = first_fault(error)
        with suppress(StoreError), station.store.begin() as conn:
            reason = str(fault) if isinstance(fault, GatewayError) else type(fault).__name__
            runs.fail_run(conn, run_id, station.now(), reason)
        if fault is error:
            raise
        raise fault from None


def first_fault(error: BaseException) -> BaseException:
    """The fault that ended a group of tasks; the others were ended by it."""
    return first_fault(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
