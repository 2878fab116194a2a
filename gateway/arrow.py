"""How pyarrow is kept from loading what nobody asked for."""

import sys
from importlib.machinery import ModuleSpec
from typing import Final

import pyarrow as pa

_PANDAS: Final = "pandas"


class _Hidden:
    """While it is among the finders, pandas is not there."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Fail for pandas; leave everything else to the next finder."""
        if name == _PANDAS:
            raise ModuleNotFoundError(name)
        return None


def spare_pandas() -> None:
    """Let pyarrow look for pandas now, and find none; what is asked for by name is still found.

    Given the first list, pyarrow loads pandas, if only to see that the list is none of its columns: half a
    second and 30 MiB of every process, a worker's included. It looks once. A process that has loaded pandas
    already, for a plugin that reads by it, is left alone.
    """
    if _PANDAS in sys.modules:
        return
    sys.meta_path.insert(0, _Hidden)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(_Hidden)
