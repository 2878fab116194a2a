"""A session on a Spark cluster, set so that days, instants and arithmetic mean what they mean in DuckDB."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from gateway.crypto.references import resolve
from gateway.errors import StoreError
from gateway.settings import SparkSettings

_USUAL: Final = {
    "spark.app.name": "certification-gateway",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.log.level": "ERROR",  # a plan in the log would name values of the rules, never of rows
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_FIXED: Final = {
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # instants are naive
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, as in DuckDB
    "spark.sql.caseSensitive": "false",
}
"""What the results rest on: the configuration cannot say otherwise."""

_TELLING: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
"""Spark's loggers of what failed: they write whole messages, and values of rows with them."""

_CONNECT_S: Final = 5


@contextmanager
def session(settings: SparkSettings) -> Iterator[SparkSession]:
    """A session on the cluster, ended with the block.

    Raises:
        StoreError: the cluster does not answer or fails; no value is named.
    """
    with failing_clearly(settings.master):
        _knock(settings.master)
        with _interrupts_restored():
            opened = _opened(settings)
            try:
                _take_a_task(opened, settings)
                yield opened
            finally:
                opened.stop()


@contextmanager
def _interrupts_restored() -> Iterator[None]:
    """Take back Spark's own handling of an interrupt: it would ask for the session that has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def failing_clearly(master: str) -> Iterator[None]:
    """Turn what Spark raises into one line; its own texts may hold values of rows, and are not logged."""
    for name in _TELLING:
        logging.getLogger(name).disabled = True
    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise StoreError(
            f"the Spark cluster {master} failed ({_reason(error)}): see its own logs, then run again; "
            "nothing is lost"
        ) from None


def _reason(error: Exception) -> str:
    condition = error.getCondition() if isinstance(error, PySparkException) else None
    return f"{type(error).__name__}, {condition}" if condition else type(error).__name__


def _opened(settings: SparkSettings) -> SparkSession:
    builder = SparkSession.builder.master(settings.master)
    secrets = {name: resolve(where).decode() for name, where in settings.secrets.items()}
    for name, value in (_USUAL | settings.config | secrets | _FIXED).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _knock(master: str) -> None:
    """Find out within seconds that nobody listens: Spark itself asks for a minute."""
    for address in standalone_addresses(master):
        try:
            socket.create_connection(address, timeout=_CONNECT_S).close()
        except OSError:
            continue
        return
    if standalone_addresses(master):
        raise StoreError(f"nobody listens at {master}: start the cluster, or mend spark.master")


def standalone_addresses(master: str) -> list[tuple[str, int]]:
    """Where the masters of a standalone cluster listen (`spark://a:7077,b:7077`); none of another kind."""
    if not master.startswith("spark://"):
        return []
    places = [urlsplit(f"spark://{place}") for place in master.removeprefix("spark://").split(",")]
    return [(place.hostname or "", place.port or 7077) for place in places]


def _take_a_task(opened: SparkSession, settings: SparkSettings) -> None:
    """Have one task done: a cluster without a free worker would let a run wait for ever, and in silence."""
    context = opened.sparkContext
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(opened.range(1).count)
        try:
            asked.result(settings.answer_within_s)
        except Late:
            context.cancelAllJobs()
            asked.exception()
            raise StoreError(
                f"no worker of {settings.master} took a task within {settings.answer_within_s} s: "
                "start workers, or ask for less memory or fewer cores in spark.config"
            ) from None
