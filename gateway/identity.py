"""Who a record is about: opaque values that mask themselves, and the keyed hashes that replace them.

A plain ID number or name exists only between opening a page and keying its rows.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b
from typing import Final, NewType, NoReturn

import numpy as np
from cryptography.hazmat.primitives import hashes, hmac
from numpy.typing import NDArray

PersonKey = NewType("PersonKey", int)
NameKey = NewType("NameKey", int)
Int64s = NDArray[np.int64]

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


class _Stems(dict[int, hmac.HMAC]):
    """By the length of a text the context that has taken in all that stands before the text.

    A text costs a copy, one update and an end then; the number of lengths remembered is bounded.
    """

    _MOST: Final = 256

    def __init__(self, start: hmac.HMAC) -> None:
        self._start = start

    def __missing__(self, length: int) -> hmac.HMAC:
        context = self._start.copy()
        context.update(length.to_bytes(4, "big"))
        if len(self) < self._MOST:
            self[length] = context
        return context

    def digests(self, texts: Iterable[bytes]) -> list[bytes]:
        """The 32 bytes of every text."""
        found = []
        for text in texts:
            context = self[len(text)].copy()
            context.update(text)
            found.append(context.finalize())
        return found


class Keyer:
    """Turns identities and department keys into keyed hashes: HMAC-SM3 for whatever names a person or a row.

    64 bits name a person or a name (they only ever meet as a pair), 128 bits name a department's row. What a
    row says as a whole is hashed by keyed BLAKE2b, which is quicker: it tells two versions apart and names
    nobody. Every hash has a method for one value and one for many, which is several times as quick.
    """

    def __init__(self, secret: bytes) -> None:
        self._context = hmac.HMAC(secret, hashes.SM3())
        self._persons = _Stems(self._after(b"person"))
        self._names = _Stems(self._after(b"name"))
        self._certificates = _Stems(self._after(b"certificate"))
        self._rows: dict[str, _Stems] = {}
        self._content = blake2b(digest_size=8, key=self._after(b"content").finalize())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Keyer holds the identity key and does not leave its process")

    def person(self, number: IdNumber) -> PersonKey:
        """The key of an ID number, a signed 64-bit integer."""
        return PersonKey(_int64(self._persons.digests([in_bytes(number.reveal())])[0]))

    def persons(self, numbers: Sequence[bytes]) -> Int64s:
        """The keys of ID numbers in plain text, each the bytes of what `IdNumber.parse` leaves."""
        return _int64s(self._persons.digests(numbers))

    def name(self, name: PersonName) -> NameKey:
        """The key of a normalised name, a signed 64-bit integer."""
        return NameKey(_int64(self._names.digests([in_bytes(name.reveal())])[0]))

    def names(self, names: Sequence[bytes]) -> Int64s:
        """The keys of names in plain text, each the bytes of what `PersonName.parse` leaves."""
        return _int64s(self._names.digests(names))

    def character(self, place: int, sign: str) -> int:
        """A 16-bit hash of one character at its place in a name, for names that come masked."""
        digest = _Stems(self._after(b"character", str(place))).digests([in_bytes(sign)])[0]
        return int.from_bytes(digest[:2], "big")

    def row(self, dataset: str, key: str) -> bytes:
        """The 16-byte hash that stands for a department's own key."""
        return self.rows(dataset, [in_bytes(key)])[0]

    def rows(self, dataset: str, keys: Sequence[bytes]) -> list[bytes]:
        """The hashes of many keys of one dataset, each given as its bytes."""
        if dataset not in self._rows:
            self._rows[dataset] = _Stems(self._after(b"row", dataset))
        return [digest[:16] for digest in self._rows[dataset].digests(keys)]

    def certificate(self, number: str) -> bytes:
        """The 16-byte hash of a certificate number; the same in every dataset that quotes it."""
        return self.certificates([in_bytes(number)])[0]

    def certificates(self, numbers: Sequence[bytes]) -> list[bytes]:
        """The hashes of many certificate numbers in any spelling, each given as its bytes."""
        return [digest[:16] for digest in self._certificates.digests(map(_spelled, numbers))]

    def content(self, values: Iterable[str]) -> int:
        """A signed 64-bit hash of one version of a row, to tell a changed row from a repeated one."""
        return int(self.contents([in_bytes(framed(values))])[0])

    def contents(self, texts: Sequence[bytes]) -> Int64s:
        """The content hashes of many rows, each given as the bytes of one text that no other row has."""
        digests = []
        for text in texts:
            context = self._content.copy()
            context.update(text)
            digests.append(context.digest())
        return _int64s(digests)

    def _after(self, purpose: bytes, *texts: str) -> hmac.HMAC:
        """The context after the purpose and some texts, each after its length in 4 bytes."""
        context = self._context.copy()
        context.update(purpose)
        for encoded in map(in_bytes, texts):
            context.update(len(encoded).to_bytes(4, "big") + encoded)
        return context


def in_bytes(text: str) -> bytes:
    """A text as it is hashed: in UTF-8, half a surrogate pair included."""
    return text.encode("utf-8", "surrogatepass")


def framed(values: Iterable[str]) -> str:
    """One text for several values, from which they could be told again: `["a", ""]` is `1:a0:`.

    Each value stands after its number of characters (code points) and a colon.
    """
    return "".join([f"{len(value)}:{value}" for value in values])


def _int64(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big", signed=True)


def _int64s(digests: Sequence[bytes]) -> Int64s:
    """The first 8 bytes of equally long digests as signed integers."""
    together = np.frombuffer(b"".join(digests), ">i8")
    return together.reshape(len(digests), -1)[:, 0].astype(np.int64) if digests else np.empty(0, np.int64)


def _spelled(number: bytes) -> bytes:
    text = unicodedata.normalize("NFKC", number.decode("utf-8", "surrogatepass"))
    return in_bytes("".join(text.split()).upper())
