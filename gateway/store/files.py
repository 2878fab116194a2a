"""Files that are either whole and where they belong, or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.places import Place, Remote, uploading


@contextmanager
def durable(path: Place) -> Iterator[BinaryIO]:
    """Write a file under a temporary name; flushed to disk and renamed, or sent, only when all went well."""
    writing = uploading(path) if isinstance(path, Remote) else _on_disk(path)
    with writing as file:
        yield file


@contextmanager
def _on_disk(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a renamed file is still there after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
