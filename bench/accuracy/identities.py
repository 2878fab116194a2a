"""Synthetic identities by the hundred thousand: ID numbers of impossible regions, and names."""

from datetime import date, timedelta
from random import Random
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.accuracy.chance import Flags, Indices
from gateway.sandbox.names import new_name

Texts = NDArray[np.str_]
_WEIGHTS: Final = np.array([2 ** (17 - place) % 11 for place in range(17)])
_CHECK: Final = np.array(list("10X98765432"))
_SHORT_FORM_ENDED: Final = date(1999, 10, 1)


def id_numbers(counties: Texts, born: Indices, day_zero: date, *, men: Flags) -> Texts:
    """A valid number for each; `born` counts from `day_zero`.

    Among people of one county, day and sex the running number rises, so that no number is given twice.
    """
    group = pd.DataFrame({"county": counties, "born": born, "men": men})
    running = group.groupby(["county", "born", "men"]).cumcount().to_numpy()
    sequence = np.char.mod("%03d", running * 2 + 1 + ~men)
    first17 = np.char.add(np.char.add(counties, birthdays(born, day_zero)), sequence)
    digits = first17.astype("U17").view("U1").reshape(-1, 17).astype(np.int64)
    return np.char.add(first17, _CHECK[digits @ _WEIGHTS % 11])


def birthdays(born: Indices, day_zero: date) -> Texts:
    """Birthdays as yyyyMMdd."""
    days = np.datetime64(day_zero, "D") + born.astype("timedelta64[D]")
    return np.char.replace(np.datetime_as_string(days), "-", "")


def short_forms(numbers: Texts) -> Texts:
    """The 15-digit forms."""
    letters = numbers.astype("U18").view("U1").reshape(-1, 18)
    kept = np.ascontiguousarray(np.delete(letters, (6, 7, 17), axis=1))
    return kept.view("U15").reshape(-1)


def born_with_short_form(born: Indices, day_zero: date) -> Flags:
    """Who was ever given a 15-digit number."""
    flags: Flags = born < (_SHORT_FORM_ENDED - day_zero) // timedelta(days=1)
    return flags


def names(count: int, seed: int) -> Texts:
    """A name for each; many people share one."""
    rng = Random(seed)
    return np.array([new_name(rng) for _ in range(count)])
