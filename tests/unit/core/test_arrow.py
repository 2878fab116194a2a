"""Nobody who hands pyarrow a list pays for pandas; whoever asks for pandas has it."""

import subprocess
import sys

import pytest

LISTS = "pa.array(['a']); pa.table({'a': [1]}); pa.Table.from_pylist([{'a': 1}])"


def loads(*lines: str) -> bool:
    """Whether a new process has loaded pandas after these lines."""
    script = "\n".join(("import sys", "import pyarrow as pa", *lines, "print('pandas' in sys.modules)"))
    return subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "True"


def test_lists_load_no_pandas() -> None:
    assert not loads("from gateway.arrow import spare_pandas", "spare_pandas()", LISTS)


@pytest.mark.parametrize("before", ["import pandas", "pass"])
def test_who_asks_for_pandas_has_it(before: str) -> None:
    lines = (before, "from gateway.arrow import spare_pandas", "spare_pandas()", "import pandas")
    assert loads(*lines, "assert pa.table({'a': [1]}).to_pandas().a.tolist() == [1]")
