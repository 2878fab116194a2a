"""The keys of one department, by `kid`; several entries are a rotation."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from gateway.crypto.key_forms import FORMS, text
from gateway.crypto.references import resolve
from gateway.errors import ConfigError, EnvelopeError

Key = TypeVar("Key")


class KeyRing:
    """The keys of one department: kid, part (`sm4`, `mac`, `private_key` …) and where each is kept.

    References are followed when first used and remembered in this process only: a pickle holds
    references, a repr holds names. A changed key file is seen after a restart.
    """

    def __init__(self, keys: Sequence[Mapping[str, str]]) -> None:
        self._references: dict[str, dict[str, str]] = {}
        self._read: dict[tuple[str, str, Callable[[bytes], Any]], Any] = {}
        for entry in keys:
            self._add(entry)

    def _add(self, entry: Mapping[str, str]) -> None:
        kid = entry.get("kid")
        parts = {part: reference for part, reference in entry.items() if part != "kid"}
        if not isinstance(kid, str) or not kid:
            raise ConfigError("a key without a kid: give every entry of keys its kid")
        if kid in self._references:
            raise ConfigError(f"the kid {kid!r} appears twice: two keys valid at once need two kids")
        if not parts or not all(isinstance(reference, str) for reference in parts.values()):
            raise ConfigError(f"the key {kid!r} needs parts, each a reference env:NAME or file:PATH")
        self._references[kid] = parts

    def __repr__(self) -> str:
        keys = "; ".join(f"{kid}: {', '.join(parts)}" for kid, parts in self._references.items())
        return f"KeyRing({keys})"

    def __reduce__(self) -> tuple[type["KeyRing"], tuple[list[dict[str, str]]]]:
        return KeyRing, ([{"kid": kid, **parts} for kid, parts in self._references.items()],)

    @property
    def kids(self) -> tuple[str, ...]:
        """The kids, in the order of the configuration."""
        return tuple(self._references)

    def kids_with(self, *parts: str) -> tuple[str, ...]:
        """Return the kids that have all these parts."""
        return tuple(kid for kid, held in self._references.items() if held.keys() >= set(parts))

    def part(self, kid: str, part: str) -> bytes:
        """Return what is behind the reference of one part of one key.

        Raises:
            EnvelopeError: no such kid here.
            ConfigError: the key lacks that part, or its reference leads nowhere.
        """
        return self.read(kid, part, text)

    def read(self, kid: str, part: str, form: Callable[[bytes], Key]) -> Key:
        """Return one part of one key in the form asked for (see `key_forms`), read once per process.

        Raises:
            EnvelopeError: no such kid here.
            ConfigError: the key lacks that part, its reference leads nowhere, or it has another form.
        """
        place = (kid, part, form)
        if place not in self._read:
            self._read[place] = _in_form(kid, part, resolve(self._reference(kid, part)), form)
        key: Key = self._read[place]
        return key

    def _reference(self, kid: str, part: str) -> str:
        if kid not in self._references:
            raise EnvelopeError(f"kid {kid!r} is unknown; known here: {', '.join(self.kids) or 'none'}")
        if part not in self._references[kid]:
            raise ConfigError(f"the key {kid!r} has no part `{part}`: add its reference")
        return self._references[kid][part]

    def check(self) -> list[str]:
        """Return every fault of every reference and key form, as sentences without values."""
        places = [(kid, part) for kid, parts in self._references.items() for part in parts]
        return [fault for kid, part in places for fault in self._faults(kid, part)]

    def _faults(self, kid: str, part: str) -> list[str]:
        try:
            value = resolve(self._references[kid][part])
        except ConfigError as fault:
            return [f"key {kid!r}, part `{part}`: {fault}"]
        forms = FORMS.get(part, (text,))
        return [] if any(_fits(value, form) for form in forms) else [_wrong_form(kid, part)]


def _in_form(kid: str, part: str, value: bytes, form: Callable[[bytes], Key]) -> Key:
    # Raised outside the `except`, so that no library's error rides along with bytes of the key in it.
    with suppress(ValueError):
        return form(value)
    raise ConfigError(_wrong_form(kid, part))


def _fits(value: bytes, form: Callable[[bytes], object]) -> bool:
    with suppress(ValueError):
        form(value)
        return True
    return False


def _wrong_form(kid: str, part: str) -> str:
    return (
        f"key {kid!r}, part `{part}`: what is behind the reference is no such key"
        " (SM4 and mac keys are hexadecimal, SM2 keys PEM or hexadecimal, RSA keys PEM without password)"
    )
