"""What taking pages needs, and the one commit that each page or file is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Concatenate, Final, ParamSpec, TypeVar

import numpy as np
from sqlalchemy import Connection

from gateway.clock import Clock, local
from gateway.evidence.columns import STRANGERS
from gateway.hub.client import HubClient
from gateway.intake.page import Taken
from gateway.intake.pool import IntakePool
from gateway.settings import Settings
from gateway.store import windows
from gateway.store.database import Store
from gateway.store.open_refusals import OpenRefusals
from gateway.store.parts import Part, add_parts
from gateway.store.refusals import Refused, add_refusals
from gateway.store.settling import ReadRows, settle_refusals

P = ParamSpec("P")
T = TypeVar("T")

_KEY_HASH: Final = np.dtype([("first", ">u8"), ("rest", "V8")])

Progress = Callable[[str, int, int], None]
"""Told after every page: the dataset, the rows received of this window, and the window's total."""


def silent(_dataset: str, _received: int, _total: int) -> None:
    """Progress for those who do not watch."""


@dataclass(frozen=True)
class Shift:
    """One run's work on the datasets: its settings, its connections, its number and its clock."""

    settings: Settings
    store: Store
    pool: IntakePool
    client: HubClient
    run_id: int
    clock: Clock
    progress: Progress = silent
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def now(self) -> datetime:
        """The present as naive Asia/Shanghai."""
        return local(self.clock())

    async def commit(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Do a piece of work in one transaction, off the event loop; no two at a time.

        Whoever is called off meanwhile waits for its end: a thread cannot be called off, and its connection
        must not outlive the run.
        """

        def transact() -> T:
            with self.store.begin() as conn:
                return work(conn, *arguments, **named)

        async with self._one_by_one:
            working = asyncio.get_running_loop().run_in_executor(None, transact)
            try:
                return await asyncio.shield(working)
            finally:
                await asyncio.gather(working, return_exceptions=True)


@dataclass(frozen=True)
class Place:
    """Where in a window a page stands, and when it was taken."""

    run_id: int
    dataset: str
    window_id: int
    attempt: int
    start: str
    next_start: str | None
    total: int
    at: datetime


def note(conn: Connection, place: Place, taken: Taken, standing: OpenRefusals) -> None:
    """The part, the refusals, the counts and the cursor: all of them, or none."""
    if taken.part:
        part = taken.part
        add_parts(
            conn,
            [
                Part(
                    part_id=part.part_id,
                    stage="arrived",
                    dataset=place.dataset,
                    bucket=STRANGERS,
                    path=part.path,
                    rows=part.rows,
                    run_id=place.run_id,
                    created_at=place.at,
                )
            ],
        )
    refused = _refused(place, taken)
    standing.read_once(conn)
    standing.add(refused)
    add_refusals(conn, refused)
    settle_refusals(conn, _read_rows(place, taken, refused, standing))
    windows.take_page(conn, _page(place, taken))


def _refused(place: Place, taken: Taken) -> list[Refused]:
    return [
        Refused(
            window_id=place.window_id,
            dataset=refusal.dataset,
            key_hash=refusal.key_hash,
            field=refusal.field,
            rule=refusal.rule,
            received_at=place.at,
            content=f"{refusal.content & 0xFFFF_FFFF_FFFF_FFFF:016x}",
        )
        for refusal in taken.refusals
    ]


def _read_rows(place: Place, taken: Taken, refused: Sequence[Refused], standing: OpenRefusals) -> ReadRows:
    """The rows of a page that may settle a refusal; most pages have none."""
    contents = np.frombuffer(taken.contents, np.int64).view(np.uint64)
    keys = np.frombuffer(taken.accepted_keys, _KEY_HASH)
    return ReadRows(
        dataset=place.dataset,
        window_id=place.window_id,
        run_id=place.run_id,
        at=place.at,
        contents={f"{content:016x}" for content in contents[standing.may_answer(contents)].tolist()},
        accepted={
            key.tobytes().hex() for key in keys[standing.may_supersede(keys["first"].astype(np.uint64))]
        },
        refused=refused,
    )


def _page(place: Place, taken: Taken) -> windows.Page:
    return windows.Page(
        window_id=place.window_id,
        attempt=place.attempt,
        start=place.start,
        next_start=place.next_start,
        total=place.total,
        received=taken.received,
        accepted=taken.accepted,
        refused=taken.refused,
        matched=taken.matched,
        strangers=taken.strangers,
        unknown_codes=taken.unknown_codes,
        row_hashes=taken.row_hashes,
        taken_at=place.at,
        drift=asdict(taken.drift) if taken.drift.drifted else None,
    )
