"""Gateway processes that share a run, as they are installed; watched through their database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from gateway.sandbox.site import Site
from gateway.store import instances
from gateway.store.database import Store
from gateway.store.leases import Lease, present
from gateway.store.steps import Step, steps_of

T = TypeVar("T")

GATEWAY = (sys.executable, "-P", "-m", "gateway.cli")
PATIENCE_S = 240.0


@dataclass(eq=False)
class Process:
    """`gateway WORDS` in a process of its own."""

    words: Sequence[str]
    config: Path
    log: Path
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        with self.log.open("wb") as log:
            command = [*GATEWAY, *self.words, "--config", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    @property
    def holder(self) -> str:
        """How leases name it."""
        return f"{os.uname().nodename}, process {self.process.pid}"

    @property
    def said(self) -> str:
        """What it has printed so far, as one line."""
        return " ".join(self.log.read_text("utf-8").split())

    def signal(self, number: signal.Signals) -> None:
        """Stop it, let it go on, or kill it."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def end(self) -> None:
        """Leave nothing of it behind."""
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@contextmanager
def sharing(site: Site, lease_s: float | None = None) -> Iterator[Callable[..., Process]]:
    """Let a site's runs be shared; starts processes, which are gone in the end."""
    file = site.config / "gateway.yaml"
    length = {} if lease_s is None else {"lease_s": lease_s}
    content = yaml.safe_load(file.read_text("utf-8")) | {"sharing": {"enabled": True, **length}}
    file.write_text(yaml.safe_dump(content), "utf-8")
    begun: list[Process] = []

    def start(*words: str) -> Process:
        begun.append(Process(words, site.config, site.folder / f"process-{len(begun)}.log"))
        return begun[-1]

    try:
        yield start
    finally:
        for process in begun:
            process.end()


def until(look: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Look until there is something to be seen."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience_s:.0f} s for {what}")


def stopped_at(
    processes: Sequence[Process], store: Store, has_begun: Callable[[Lease], bool]
) -> tuple[Process, Lease]:
    """Stop one of some processes in the middle of a step, of which something was begun; says which."""

    def caught() -> tuple[Process, Lease] | None:
        for process in processes:
            if any(map(has_begun, held_by(process, store))):
                process.signal(signal.SIGSTOP)
                still = [lease for lease in held_by(process, store) if has_begun(lease)]
                if still:
                    return process, still[0]
                process.signal(signal.SIGCONT)
        return None

    return until(caught, f"one to be in a step: {[process.said for process in processes]}")


def held_by(process: Process, store: Store) -> list[Lease]:
    """The steps that a process is at."""
    with store.read() as conn:
        now = present(conn)
        held = instances.held(conn)
    return [lease for lease in held if lease.holder == process.holder and lease.until > now]


def done_by(store: Store, run_id: int, begins: str = "") -> dict[str, list[str]]:
    """The steps of a run by who did them."""
    found: dict[str, list[str]] = {}
    for step in steps(store, run_id):
        if step.name.startswith(begins):
            found.setdefault(step.holder, []).append(step.name)
    return found


def steps(store: Store, run_id: int) -> list[Step]:
    """What is done of a run."""
    with store.read() as conn:
        return steps_of(conn, run_id)
