"""Synthetic people, under a region code that does not exist, for the tests of this folder."""

from datetime import date
from typing import Final

NAME: Final = "艾山·吐尔逊"
OTHER_NAME: Final = "欧阳某某"


def check_character(body: str) -> str:
    """The 18th character by ISO 7064's own recursion (MOD 11-2), not by the weights of GB 11643."""
    product = 0
    for digit in body:
        product = (product + int(digit)) * 2 % 11
    return "0123456789X"[(1 - product) % 11]


def id_number(birth: date = date(1941, 2, 3), order: int = 1, region: str = "990101") -> str:
    """A valid number of nobody."""
    body = f"{region}{birth:%Y%m%d}{order:03}"
    return body + check_character(body)


ID: Final = id_number()
OTHER_ID: Final = id_number(order=2)
