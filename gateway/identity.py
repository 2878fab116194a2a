"""Who a record is about: opaque values that mask themselves, and the keyed hashes that replace them.

A plain ID number or name exists only between opening a page and keying its rows.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final, NewType, NoReturn

from cryptography.hazmat.primitives import hashes, hmac

PersonKey = NewType("PersonKey", int)
NameKey = NewType("NameKey", int)

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_SHORT_LENGTH: Final = 15
_LENGTH: Final = 18
_MIDDLE_DOTS: Final = dict.fromkeys(map(ord, "·•‧∙⋅・･．.᛫⸱"), "·")


class _Opaque:
    """A text that prints masked, compares by value and leaves only through `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The plain text; the only way out, so that every use can be found."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._text == other._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} does not leave its process")


class IdNumber(_Opaque):
    """An 18-digit resident ID number that has passed GB 11643."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self._text[:2]}{'*' * (_LENGTH - 2)}"

    @classmethod
    def parse(cls, text: str) -> "IdNumber":
        """Read 15 or 18 digits, full-width or spaced, `x` in either case; upgrade 15 to 18.

        An abolished county code is kept: the number carries the code of the day it was issued.

        Raises:
            ValueError: named by the rule that was broken (`id_form`, `id_birth_date`, `id_check_digit`).
        """
        compact = "".join(unicodedata.normalize("NFKC", text).split()).upper()
        number = _upgrade(compact) if len(compact) == _SHORT_LENGTH else compact
        body = number[:-1]
        if len(number) != _LENGTH or not _is_digits(body) or number[-1] not in _CHECK_DIGITS:
            raise ValueError("id_form")
        if not _is_date(number[6:14]):
            raise ValueError("id_birth_date")
        if number[-1] != check_digit(body):
            raise ValueError("id_check_digit")
        return cls(number)


class PersonName(_Opaque):
    """A person's name, normalised: NFKC, no spaces, every middle dot the same one."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "PersonName":
        """Normalise a name.

        Raises:
            ValueError: `name_empty` when nothing is left.
        """
        together = "".join(unicodedata.normalize("NFKC", text).split())
        name = unicodedata.normalize("NFKC", together).translate(_MIDDLE_DOTS)
        if not name:
            raise ValueError("name_empty")
        return cls(name)


def check_digit(body: str) -> str:
    """The 18th character for 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return _CHECK_DIGITS[total % 11]


def _upgrade(short: str) -> str:
    if not _is_digits(short):
        raise ValueError("id_form")
    body = f"{short[:6]}19{short[6:]}"
    return body + check_digit(body)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


class Keyer:
    """Turns identities and department keys into keyed hashes (HMAC-SM3, one context copied per value).

    64 bits name a person or a name (they only ever meet as a pair), 128 bits name a department's row.
    """

    def __init__(self, secret: bytes) -> None:
        self._context = hmac.HMAC(secret, hashes.SM3())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Keyer holds the identity key and does not leave its process")

    def person(self, number: IdNumber) -> PersonKey:
        """The key of an ID number, a signed 64-bit integer."""
        return PersonKey(self._int64(b"person", number.reveal()))

    def name(self, name: PersonName) -> NameKey:
        """The key of a normalised name, a signed 64-bit integer."""
        return NameKey(self._int64(b"name", name.reveal()))

    def character(self, place: int, sign: str) -> int:
        """A 16-bit hash of one character at its place in a name, for names that come masked."""
        return int.from_bytes(self._digest(b"character", str(place), sign)[:2], "big")

    def row(self, dataset: str, key: str) -> bytes:
        """The 16-byte hash that stands for a department's own key."""
        return self._digest(b"row", dataset, key)[:16]

    def certificate(self, number: str) -> bytes:
        """The 16-byte hash of a certificate number; the same in every dataset that quotes it."""
        spelled = "".join(unicodedata.normalize("NFKC", number).split()).upper()
        return self._digest(b"certificate", spelled)[:16]

    def content(self, values: Iterable[str]) -> int:
        """A signed 64-bit hash of one version of a row, to tell a changed row from a repeated one."""
        return int.from_bytes(self._digest(b"content", *values)[:8], "big", signed=True)

    def _int64(self, purpose: bytes, text: str) -> int:
        return int.from_bytes(self._digest(purpose, text)[:8], "big", signed=True)

    def _digest(self, purpose: bytes, *texts: str) -> bytes:
        context = self._context.copy()
        context.update(purpose)
        for text in texts:
            encoded = text.encode("utf-8", "surrogatepass")
            context.update(len(encoded).to_bytes(4, "big"))
            context.update(encoded)
        return context.finalize()
