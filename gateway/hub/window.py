"""Whether everything the hub promised for a window has come."""

from collections.abc import Collection, Iterable
from typing import Final, Literal

import numpy as np

Verdict = Literal["closed", "reread", "short"]

MOST_ATTEMPTS: Final = 3


def distinct_rows(pages: Iterable[bytes]) -> int:
    """How many different row versions the pages brought; each page is its (key, tong_time) hashes, int64."""
    hashes = [np.frombuffer(page, dtype=np.int64) for page in pages]
    return len(np.unique(np.concatenate(hashes))) if hashes else 0


def verdict(totals: Collection[int], distinct: int, attempt: int) -> Verdict:
    """Judge a window read to its end.

    `totals` are what the pages promised, `distinct` the different (key, tong_time) received, `attempt` is
    counted from 1. Closed when every page promised exactly what came; else read again, three times at most,
    and then short: not closed, and the run says so. A window without a single page is not closed either.
    """
    if set(totals) == {distinct}:
        return "closed"
    return "reread" if attempt < MOST_ATTEMPTS else "short"
