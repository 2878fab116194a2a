"""What people write down is kept, so it must not carry an ID number."""

import re
import unicodedata
from typing import Final

from gateway.errors import RequestError

_RUN: Final = re.compile(r"\d(?: ?\d)*(?: ?[Xx])?")
_LENGTHS: Final = (15, 18)
_UNWRITABLE: Final = ("Cc", "Cs")
LONGEST: Final = 1000


def checked(name: str, text: str) -> str:
    """A text as it is kept, without the space around it; `name` is what it is called.

    Raises:
        RequestError: it is empty, too long, or holds something like an ID number or what no file can hold;
            the text is not named.
    """
    kept = text.strip()
    if not is_writable(kept):
        raise RequestError(f"{name} holds a control character or half a character: leave it out")
    if not kept:
        raise RequestError(f"{name} is missing: say it, it is kept with the change")
    if len(kept) > LONGEST:
        raise RequestError(f"{name} is longer than {LONGEST} characters: shorten it")
    if holds_id_number(kept):
        raise RequestError(f"{name} holds what looks like an ID number: leave it out, none may be kept")
    return kept


def is_writable(text: str) -> bool:
    """Whether a text can be stored and printed: no control character but line ends and tabs, no half pair."""
    return not any(unicodedata.category(each) in _UNWRITABLE and each not in "\n\t" for each in text)


def holds_id_number(text: str) -> bool:
    """Whether 15 or more digits stand together, or 15 or 18 with single spaces between them."""
    for found in _RUN.finditer(unicodedata.normalize("NFKC", text)):
        digits = found.group().replace(" ", "")
        spaced = " " in found.group()
        if len(digits) in _LENGTHS or (len(digits) > min(_LENGTHS) and not spaced):
            return True
    return False
