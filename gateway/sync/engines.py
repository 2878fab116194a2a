"""The engine that a run decides on, as `engine` in gateway.yaml names it."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.decide.engines import DuckEngine, Engine
from gateway.evidence.engine import engine as duckdb_engine
from gateway.extras import load
from gateway.sync.sources import AT_ONCE
from gateway.sync.station import Station


@contextmanager
def chosen_engine(station: Station) -> Iterator[Engine]:
    """The engine, ready to decide.

    Raises:
        ConfigError: it is an extra that is not installed.
        StoreError: it does not answer or fails.
    """
    settings = station.settings.gateway
    if settings.engine == "spark":
        with load("spark", "decide").engine(settings.spark) as on_cluster:
            yield on_cluster
        return
    with duckdb_engine(station.evidence, settings.decide_memory_mb) as connection:
        yield DuckEngine(connection)


def at_once(station: Station) -> int | None:
    """Up to how many rows are decided together; a cluster takes all."""
    return AT_ONCE if station.settings.gateway.engine == "duckdb" else None


def check_engine(station: Station) -> None:
    """Check that the engine is installed and ready to decide.

    Raises:
        ConfigError, StoreError: as `chosen_engine`.
    """
    with chosen_engine(station):
        pass
