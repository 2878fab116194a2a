"""What becomes of measurements: lines, JSON, the page, stages and the quota."""

import asyncio
import inspect
import json
import re
import sys
from pathlib import Path
from types import FrameType

import pytest

from bench.cache import check_disk
from bench.deciding import seconds_of
from bench.errors import CommandFailedError, DiskTooSmallError
from bench.figures import Figure, measured
from bench.intake.sampling import Sampler, stage_of
from bench.month.full import figures_of
from bench.month.whole import Phase
from bench.quota import quota, waited
from bench.report.page import BEGINS, ENDS, write_page
from bench.results import Results
from bench.watch import Taken, watched
from gateway.identity import Keyer, PersonName

PHASES = [
    {"phase": name, "count": 3, "unit": "rows", "wall_s": 2.0, "cpu_s": 3.0, "peak_mib": 9}
    for name in ("sync", "decide", "publish")
]


def test_a_line_is_name_value_unit_ratio() -> None:
    figure = measured("intake", "intake", [90_000.0, 120_000.0, 100_000.0], "records/s", target=200_000)
    assert figure.line() == "intake 100000 records/s 0.50"
    assert (figure.least, figure.most, figure.runs) == (90_000, 120_000, 3)


def test_a_target_that_is_to_stay_below_is_reached_above_one() -> None:
    assert measured("decide", "decide", [2.0], "s", target=4, less_is_better=True).ratio == 2


def test_a_section_that_is_not_measured_again_keeps_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    Results.read(path).put("quota", [Figure(section="quota", name="one", value=1.0, unit="hours")])
    Results.read(path).put("month", [Figure(section="month", name="two", value=2.0, unit="s")], phases=PHASES)
    content = json.loads(path.read_text("utf-8"))
    assert content["schema"] == 1
    assert [*content["sections"]] == ["month", "quota"]
    assert content["sections"]["quota"]["figures"][0]["value"] == 1
    assert content["sections"]["month"]["machine"]["cores"]


def test_the_page_is_written_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"by hand\n\n{BEGINS}\nold\n{ENDS}\nby hand, too\n", "utf-8")
    results = Results(tmp_path / "results.json")
    figures = [measured("month", "month", [12.5], "s", target=24, less_is_better=True)]
    results.put("month", figures, phases=[PHASES, PHASES])
    results.put("intake", [], stages={"settlements": {"open": 1.0, "read": 2.0}})
    results.put("full", [], months=[PHASES, PHASES])
    write_page(results, tmp_path)
    first = page.read_text("utf-8")
    write_page(results, tmp_path)
    assert page.read_text("utf-8") == first
    assert first.startswith("by hand\n")
    assert first.endswith("by hand, too\n")
    assert "old" not in first
    assert re.search(r"\| `month` \| 12\.5 \|.*\| 1\.92 × \|", first)
    drawn = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert drawn == ["performance-full.svg", "performance-intake.svg", "performance-month.svg"]
    assert all(name in first for name in drawn)


def frame_in(module: str, name: str) -> FrameType:
    """A frame of a function of this name that says it is in this module."""
    scope = {"__name__": module, "inspect": inspect}
    exec(f"def {name}():\n    return inspect.currentframe()", scope)  # noqa: S102 - a frame with a name of ours
    found = scope[name]()  # type: ignore[operator] # a function that was just made
    assert isinstance(found, FrameType)
    return found


@pytest.mark.parametrize(
    ("module", "stage"),
    [
        ("gateway.crypto.nhsa", "open"),
        ("gateway.roster.keymap", "match"),
        ("gateway.intake.keying", "key"),
        ("gateway.intake.page", "read"),
        ("gateway.evidence.files", "write"),
        ("plugins.health", "read"),
        ("gateway.cryptography", "else"),
    ],
)
def test_a_frame_belongs_to_the_stage_of_its_module(module: str, stage: str) -> None:
    assert stage_of(frame_in(module, "work")) == stage


def test_cpu_time_is_counted_for_the_stage_that_spends_it() -> None:
    keyer, name = Keyer(b"0123456789abcdef0123456789abcdef"), PersonName("某人")
    with Sampler() as sampler:
        for _ in range(60_000):
            keyer.name(name)
    assert sampler.seconds["key"] > 0.5 * sum(sampler.seconds.values()) > 0


def test_calls_wait_as_long_as_the_quota_asks() -> None:
    assert asyncio.run(waited(100, 1_000)) == 0
    assert asyncio.run(waited(1_000, 1_000)) == pytest.approx(3_600, rel=0.001)


def test_larger_pages_need_less_time() -> None:
    hours = [figure.value for figure in quota(1_500_000)]
    assert hours == sorted(hours, reverse=True)
    assert hours[-1] < hours[0] / 5


def test_a_disk_that_is_too_small_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(DiskTooSmallError, match=r"GATEWAY_BENCH_CACHE"):
        check_disk(2**60, tmp_path)


def test_the_times_of_deciding_are_read_from_what_its_bench_prints() -> None:
    printed = (
        "decide_full 12.5 s 20.1 cpu_s 900 MB 1000 looked_at 10 changed\n"
        "decide_incremental 2.5 s 3.0 cpu_s 900 MB 20 looked_at 10 changed\n"
    )
    assert seconds_of(printed) == {"full": 12.5, "incremental": 2.5}
    with pytest.raises(CommandFailedError):
        seconds_of(printed.splitlines()[0])


def month(seconds: float, rows: int) -> list[Phase]:
    """A month in which each command takes so long; the roster's import is no part of it."""
    taken = Taken(seconds, 2 * seconds, 900.0, 200.0, 0, "")
    return [Phase(name, rows, "rows", taken) for name in ("roster", "sync", "decide", "publish")]


def test_growth_is_what_a_row_of_the_last_month_costs_against_one_of_the_first() -> None:
    found = {figure.name: figure for figure in figures_of(1_500_000, [month(10, 100), month(30, 150)], 2)}
    assert found["full_month_1"].value == 30
    assert found["full_month_1"].ratio == pytest.approx(36 / 30)
    assert found["full_month_2_sync"].value == 30
    assert found["full_growth"].value == pytest.approx(2)


def test_a_command_is_measured_with_all_its_processes() -> None:
    words = (
        "import subprocess, sys; held = bytearray(60_000_000);"
        "subprocess.run([sys.executable, '-c', 'import time; b = bytearray(90_000_000); time.sleep(2)'])"
    )
    taken = watched([sys.executable, "-c", words], Path.cwd())
    assert taken.exit_code == 0
    assert taken.peak_mib > 140
    assert 80 < taken.worker_mib < taken.peak_mib
    assert taken.wall_s > 2


def test_a_command_that_fails_says_how() -> None:
    with pytest.raises(CommandFailedError, match="broken on purpose"):
        watched([sys.executable, "-c", "raise SystemExit('broken on purpose')"], Path.cwd())
