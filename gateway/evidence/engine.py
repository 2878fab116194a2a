"""DuckDB over the evidence folder, in this process and within a bound of memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import duckdb

from gateway.errors import StoreError
from gateway.evidence.files import SPILL
from gateway.places import Place, local_folder
from gateway.store.reaching import reach


@contextmanager
def engine(folder: Place, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database; what does not fit into memory is spilled into the evidence folder.

    Raises:
        StoreError: memory or disk ran out, or a part that counts cannot be read; no value is named.
    """
    bounds: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        # of its own: two processes would take each other's for theirs; what a killed one leaves is swept
        "temp_directory": str(local_folder(folder) / f"{SPILL}{uuid4().hex}"),
    }
    try:
        with duckdb.connect(config=bounds) as connection:
            # under `python -m` DuckDB takes itself for a shell, and would print a bar among the output
            connection.execute("SET enable_progress_bar = false")
            reach(connection, folder)
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InvalidInputException) as error:
        raise StoreError(
            f"the evidence folder {folder} cannot be worked on ({type(error).__name__}): give it memory "
            "(decide_memory_mb) or disk, or restore the missing file, then run again; nothing is lost"
        ) from None
