"""The real intake without a hub: rows go into worker processes as Arrow bytes instead of sealed pages."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from gateway.department import Department, Keys
from gateway.host import Host, build_host
from gateway.intake.page import Bench, Taken
from gateway.settings import Settings

_settings: list[Settings] = []


class Readers:
    """Worker processes, each with the gateway's own bench for pages."""

    def __init__(self, settings: Settings, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_remember, initargs=(settings,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(
        self, keymap: Path, department: str, dataset: str, rows: pa.Table, at: datetime
    ) -> "Future[Taken]":
        """Let a worker read, interpret, key and write some rows."""
        return self._pool.submit(_take, keymap, department, dataset, as_page(rows), at)


def as_page(rows: pa.Table) -> bytes:
    """Rows as the bytes of one page; none where there are no rows."""
    if not rows.num_rows:
        return b""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def _remember(settings: Settings) -> None:
    _settings.append(settings)


def _take(keymap: Path, department: str, dataset: str, page: bytes, at: datetime) -> Taken:
    return _bench(keymap).page(department, dataset, page, at)


@cache
def _bench(keymap: Path) -> Bench:
    return Bench(_settings[-1], keymap, _unsealed(build_host()))


def _unsealed(host: Host) -> Host:
    """The departments as installed, but for their envelopes."""
    return Host({name: _without_envelopes(found) for name, found in host.departments.items()})


def _without_envelopes(found: Department) -> Department:
    return replace(
        found, datasets=tuple(replace(each, open=_open, read=_read, rows_in=None) for each in found.datasets)
    )


def _open(page: bytes, _keys: Keys) -> bytes:
    return page


def _read(page: bytes) -> Sequence[object]:
    rows: Sequence[object] = pa.ipc.open_stream(page).read_all().to_pylist()
    return rows
