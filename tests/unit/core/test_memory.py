"""Batches are not looked through for garbage again and again, and pages find the memory of those before."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gateway.memory import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_batch_of_rows_is_made_without_a_look_for_garbage() -> None:
    collect_seldom()
    gc.collect()
    looked = gc.get_stats()[0]["collections"]
    rows = [{"row": number} for number in range(20_000)]
    assert gc.get_stats()[0]["collections"] == looked
    assert len(rows) == 20_000


_FAULTS = """
import resource, sys
from gateway.memory import keep_freed
print(keep_freed() if "kept" in sys.argv else None)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    texts = [bytes([n]) * 8_000_000 for n in range(3)]
    del texts
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_a_page_is_laid_out_in_the_memory_of_the_one_before() -> None:
    def faults(*words: str) -> tuple[str, int]:
        said = subprocess.run([sys.executable, "-c", _FAULTS, *words], capture_output=True, check=True).stdout
        kept, count = said.decode().split()
        return kept, int(count)

    (told, few), (_, many) = faults("kept"), faults()
    assert told == "True"
    assert many > 10 * few
