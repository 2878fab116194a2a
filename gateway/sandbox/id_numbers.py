"""Synthetic identity numbers: right by GB 11643, impossible by region."""

from datetime import date
from random import Random

COUNTIES = ("990101", "990102", "990103", "990104", "990105", "990106", "990201", "990202")
"""County codes of the synthetic province; also the codes that insure a benefit."""

_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_LENGTH = 18
_CHECK = "10X98765432"
_FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_SHORT_FORM_ENDED = date(1999, 10, 1)


def check_digit(first17: str) -> str:
    """Return the check digit of seventeen digits (GB 11643)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def is_valid(number: str) -> bool:
    """Say whether a number has eighteen places and the right check digit."""
    plain = len(number) == _LENGTH and number[:17].isascii() and number[:17].isdigit()
    return plain and check_digit(number[:17]) == number[17]


class IdNumbers:
    """Gives out identity numbers and never the same one twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, rng: Random, county: str, born_on: date, *, male: bool) -> str:
        """Return a fresh eighteen-place number; the seventeenth digit is odd for men."""
        while True:
            first17 = f"{county}{born_on:%Y%m%d}{rng.randrange(499) * 2 + 1 + (not male):03d}"
            if first17 not in self._given:
                self._given.add(first17)
                return first17 + check_digit(first17)


def short_form(number: str) -> str:
    """Return the fifteen-digit form of an eighteen-place number of someone born in the 1900s."""
    return number[:6] + number[8:17]


def has_short_form(born_on: date) -> bool:
    """Say whether someone of this birthday was ever given a fifteen-digit number."""
    return born_on < _SHORT_FORM_ENDED


def with_bad_check_digit(number: str) -> str:
    """Return the number with another last place."""
    return number[:17] + _CHECK[(_CHECK.index(number[17]) + 3) % 11]


def as_typed(rng: Random, number: str) -> str:
    """Return the number as some counter typed it: full-width, lower-case x, stray spaces."""
    return rng.choice(
        (
            number.lower(),
            number.translate(_FULL_WIDTH),
            f" {number} ",
            f"{number[:6]} {number[6:14]} {number[14:]}",
        )
    )
