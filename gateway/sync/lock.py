"""At most one run works on an evidence folder at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gateway.errors import StoreError
from gateway.evidence.files import storing


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder; the operating system lets go when the process ends, however it ends.

    Raises:
        StoreError: another process holds it, or the folder cannot be written.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    with file:
        with storing(folder):
            _take(file)
        yield


def _take(file: TextIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreError("another run is at work on this evidence folder: wait until it has ended") from None
