"""Lets DuckDB read what is not on this machine.

Apart from `gateway.places`, which settings are made of: they would keep DuckDB alive past its own end.
"""

import duckdb
import fsspec

from gateway.places import Place, Remote


def reach(connection: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Let a database read parts that are not on this machine."""
    if isinstance(place, Remote) and not connection.filesystem_is_registered(_protocol(place.system)):
        connection.register_filesystem(place.system)


def _protocol(system: fsspec.AbstractFileSystem) -> str:
    """The name DuckDB knows a file system by: its first."""
    known = system.protocol
    return known if isinstance(known, str) else known[0]
