"""`make bench-quick` is run for the form of what it says, in a tiny size; no test is timed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.project import ROOT

LINE = re.compile(r"(?P<name>[a-z0-9_]+) (?P<value>[0-9.e+-]+) (?P<unit>[A-Za-z_/]+) (?P<ratio>[0-9.]+|-)")


def test_every_line_is_name_value_unit_ratio_and_intake_stands_beside_dlt(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "bench", "quick"]
    sizes = ["--benefits", "5000", "--dlt-benefits", "1000", "--events", "100"]
    environment = os.environ | {"GATEWAY_BENCH_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*words, *sizes], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [LINE.fullmatch(line) for line in done.stdout.splitlines()]
    assert all(lines), done.stdout
    found = {line["name"]: line for line in lines if line}
    assert {"intake_vs_dlt", "intake", "decide", "publish"} <= set(found)
    assert found["intake_vs_dlt"]["unit"] == "records/s"
    assert all(float(line["value"]) > 0 for line in found.values())
    assert float(found["intake_vs_dlt"]["ratio"]) > 0
