"""The months' pages on disk, made once and kept: sealed replies of the hub, dropped files, the roster."""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.data.calendar import Month
from bench.data.departments import columns_of
from bench.data.drafts import DATASETS, Plan, draft
from bench.data.dropping import drop
from bench.data.people import People
from bench.data.roster import write_roster
from bench.data.sealing import PAGE_ROWS, sealed_pages
from gateway.sandbox.columns import DATASETS as DESCRIBED
from gateway.sandbox.columns import FILE_DATASETS
from gateway.sandbox.keys import SandboxKeys, write_keys

VERSION: Final = 2
"""Raised where the same seed gives other data than before, so that nothing stale is read."""

WORKERS: Final = 2
_SEGMENT_ROWS: Final = 25 * PAGE_ROWS

Say = Callable[[str], None]


@dataclass(frozen=True)
class Segment:
    """Some pages of a dataset and month in one file; `ends` are where each ends."""

    file: str
    ends: list[int]


@dataclass(frozen=True)
class Landed:
    """A dataset's pages of a month; `folder` holds the segments."""

    folder: Path
    rows: int
    segments: list[Segment]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return sum(len(segment.ends) for segment in self.segments)

    def page(self, number: int) -> tuple[Path, int, int]:
        """In which file the reply with this page is, from where on, and how long it is."""
        for segment in self.segments:
            if number < len(segment.ends):
                start = segment.ends[number - 1] if number else 0
                return self.folder / segment.file, start, segment.ends[number] - start
            number -= len(segment.ends)
        raise IndexError("there is no such page")


@dataclass(frozen=True)
class Landing:
    """One province's folder; everything in it is made when it is asked for, and kept."""

    folder: Path
    people: People

    @property
    def roster(self) -> Path:
        """The roster file."""
        return self.folder / "roster.parquet"

    def keys(self) -> SandboxKeys:
        """The keys of all departments; made once."""
        return write_keys(self.folder / "keys")

    def month(self, month: Month) -> Path:
        """The folder of a month's pages."""
        return self.folder / f"month-{month.number + 1:02d}"

    def drop(self, month: Month) -> Path:
        """The folder with the files that justice dropped in a month."""
        return self.month(month) / "drop"

    def is_ready(self, month: Month) -> bool:
        """Whether the month was made to its end."""
        return self.roster.exists() and (self.month(month) / "ready").exists()

    def landed(self, month: Month, dataset: str) -> Landed:
        """A dataset's pages of a month that was made."""
        found = json.loads((self.month(month) / f"{dataset}.json").read_text("utf-8"))
        segments = [Segment(**segment) for segment in found["segments"]]
        return Landed(self.month(month), found["rows"], segments)

    def rows(self, month: Month) -> dict[str, int]:
        """How many rows each dataset has in a month that was made."""
        found: dict[str, int] = json.loads((self.month(month) / "ready").read_text("utf-8"))
        return found


def land(landing: Landing, month: Month, say: Say, workers: int = WORKERS) -> None:
    """Make a month, or what is missing of it."""
    if landing.is_ready(month):
        return
    landing.month(month).mkdir(parents=True, exist_ok=True)
    landing.keys()
    if not landing.roster.exists():
        say("writing the roster")
        write_roster(landing.roster, landing.people)
    plans = {dataset: draft(landing.people, month, dataset) for dataset in DATASETS}
    _seal(landing, plans, say, workers)
    for dataset in FILE_DATASETS:
        drop(landing.drop(month), plans[dataset], landing.keys().senders["justice"][0])
    rows = {dataset: plan.rows for dataset, plan in plans.items()}
    (landing.month(month) / "ready").write_text(json.dumps(rows), "utf-8")


def _seal(landing: Landing, plans: dict[str, Plan], say: Say, workers: int) -> None:
    served = [plan for dataset, plan in plans.items() if dataset not in FILE_DATASETS]
    every, done = sum(plan.rows for plan in served), 0
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {
            pool.submit(_segment, landing, plan.month, plan.dataset, start, end): (plan.dataset, start, end)
            for plan in served
            for start, end in plan.pieces(_SEGMENT_ROWS)
        }
        found: dict[str, dict[int, Segment]] = {plan.dataset: {} for plan in served}
        for future in as_completed(waiting):
            dataset, start, end = waiting[future]
            found[dataset][start] = future.result()
            done += end - start
            say(f"sealing {done:,} of {every:,} rows")
    for plan in served:
        _note(landing, plan, [found[plan.dataset][start] for start in sorted(found[plan.dataset])])


def _note(landing: Landing, plan: Plan, segments: list[Segment]) -> None:
    content = {"rows": plan.rows, "segments": [vars(segment) for segment in segments]}
    (landing.month(plan.month) / f"{plan.dataset}.json").write_text(json.dumps(content), "utf-8")


def _segment(landing: Landing, month: Month, dataset: str, start: int, end: int) -> Segment:
    """Seal some pages into a file of their own, in a worker; what is there already is only looked at."""
    path = landing.month(month) / f"{dataset}-{start // _SEGMENT_ROWS:05d}.pages"
    index = path.with_suffix(".index")
    if index.exists():
        return Segment(**json.loads(index.read_text("utf-8")))
    plan = draft(landing.people, month, dataset)
    sender = landing.keys().senders[DESCRIBED[dataset].department][0]
    payloads = sealed_pages(dataset, columns_of(plan.between(start, end)), sender)
    ends: list[int] = []
    with path.open("wb") as file:
        for reply in _replies(payloads, start, plan.rows):
            file.write(reply)
            ends.append(file.tell())
    segment = Segment(path.name, ends)
    index.write_text(json.dumps(vars(segment)), "utf-8")
    return segment


def _replies(payloads: list[bytes], start: int, total: int) -> Iterator[bytes]:
    """The hub's whole replies, as they are sent."""
    for number, payload in enumerate(payloads):
        end = start + (number + 1) * PAGE_ROWS
        following = f'"{end}"' if end < total else "null"
        head = f'{{"code":"0","message":"","data":{{"total":{total},"next":{following},"payload":'
        yield head.encode() + payload + b"}}"
