"""Folders that many rules share and that are gone when the process ends."""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp


@cache
def shared_folder(name: str) -> Path:
    """A folder of this process, made on first use: what stands in it is slow to make."""
    path = Path(mkdtemp(prefix=f"conformance-{name}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
