from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.crypto import file_drop
from gateway.crypto.envelopes import ENVELOPES, open_envelope
from gateway.crypto.file_drop import read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.errors import ConfigError, EnvelopeError
from tests.integration.crypto import pages
from tests.integration.crypto.pages import Keys, compact
from tests.integration.crypto.test_file_drop import CSV, dropped, signed, zipped

ROWS = '[{"RKBS":"1","XM":"测试"}]'.encode()
OPENING: dict[str, Callable[[Keys], tuple[Any, KeyRing]]] = {
    "sm4_cbc_mac": lambda keys: (pages.sm4_cbc_mac(ROWS), KeyRing([keys.symmetric("p1")])),
    "jwe": lambda keys: (pages.jwe(pages.jws(ROWS, keys), keys), keys.rsa_ring),
    "sm4_fields": lambda keys: (
        pages.sm4_fields([{"NAME": pages.sealed_field("测试"), "op": "I", "n": 7}]),
        KeyRing([keys.symmetric("c1")]),
    ),
    "sm2_sm4_gcm": lambda keys: (pages.sm2_sm4_gcm(ROWS, keys), keys.sm2_ring),
    "nhsa": lambda keys: (pages.nhsa(b'{"rows":[]}', '{"rows":[]}', keys), keys.nhsa_ring()),
}
ARCHIVE = zipped(("a.csv", CSV))
Sealed = tuple[bytes, KeyRing]


@pytest.fixture(scope="module")
def sealed(keys: Keys) -> dict[str, Sealed]:
    made = {name: opening(keys) for name, opening in OPENING.items()}
    return {name: (compact(page), ring) for name, (page, ring) in made.items()}


def test_every_envelope_is_there_by_name() -> None:
    assert list(ENVELOPES) == list(OPENING)


def test_an_unknown_envelope_is_answered_with_the_names() -> None:
    with pytest.raises(ConfigError, match=r"'sm9'.*sm4_cbc_mac, jwe, sm4_fields, sm2_sm4_gcm, nhsa"):
        open_envelope("sm9", b"{}", KeyRing([]))


def attempt(opening: Callable[[], bytes]) -> bytes | None:
    """Open; None for a refusal. Any other error is the failure looked for."""
    with suppress(EnvelopeError):
        return opening()
    return None


flips = st.tuples(
    st.floats(min_value=0, max_value=1, exclude_max=True), st.integers(min_value=1, max_value=255)
)
cuts = st.floats(min_value=0, max_value=1, exclude_max=True)
careful = settings(
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def flipped(data: bytes, flip: tuple[float, int]) -> bytes:
    place, mask = int(flip[0] * len(data)), flip[1]
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


@pytest.mark.parametrize("name", OPENING)
@careful
@given(flip=flips)
def test_a_flipped_byte_is_refused_or_changes_nothing(
    sealed: dict[str, Sealed], name: str, flip: tuple[float, int]
) -> None:
    payload, ring = sealed[name]
    expected = open_envelope(name, payload, ring)
    assert attempt(lambda: open_envelope(name, flipped(payload, flip), ring)) in (None, expected)


@pytest.mark.parametrize("name", OPENING)
def test_a_page_cut_anywhere_is_refused(sealed: dict[str, Sealed], name: str) -> None:
    payload, ring = sealed[name]
    for end in range(0, len(payload), 7):
        assert attempt(lambda: open_envelope(name, payload[:end], ring)) is None  # noqa: B023 - called at once


@pytest.mark.parametrize("name", OPENING)
@careful
@given(noise=st.binary(max_size=80) | st.text(max_size=40).map(compact))
def test_noise_is_refused(sealed: dict[str, Sealed], name: str, noise: bytes) -> None:
    assert attempt(lambda: open_envelope(name, noise, sealed[name][1])) is None


@pytest.mark.parametrize("name", OPENING)
@pytest.mark.parametrize("opening", [b"[", b'{"kid":', b'{"a":[{"b":'])
def test_a_page_nested_beyond_reason_is_refused(sealed: dict[str, Sealed], name: str, opening: bytes) -> None:
    assert attempt(lambda: open_envelope(name, opening * 50_000, sealed[name][1])) is None


@careful
@given(flip=flips)
def test_a_flipped_byte_in_a_manifest(
    keys: Keys, tmp_path_factory: pytest.TempPathFactory, flip: tuple[float, int]
) -> None:
    raw = signed(dropped(tmp_path_factory.getbasetemp(), zipped(("a.csv", CSV))).manifest, keys)
    expected = read_manifest(raw, keys.file_ring)
    try:
        changed = read_manifest(flipped(raw, flip), keys.file_ring)
    except EnvelopeError:
        return
    # The last digit of base64 holds bits that mean nothing.
    assert {**vars(changed), "signature": ""} == {**vars(expected), "signature": ""}


@careful
@given(flip=flips)
def test_a_damaged_archive_though_sealed_and_signed(flip: tuple[float, int]) -> None:
    assert attempt(lambda: file_drop._only_csv(flipped(ARCHIVE, flip), "j1", 10_000)) in (None, CSV)
