from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto import der

READERS: list[Callable[[bytes], object]] = [der.elements, der.integer, der.octets, der.bits, der.oid]
tags = st.sampled_from([b"\x02", b"\x03", b"\x04", b"\x06", b"\x30", b"\xa0"])
lengths = st.sampled_from([b"\x00", b"\x01", b"\x02", b"\x80", b"\x81", b"\x81\x05", b"\x84\xff\xff\xff\xff"])
documents = st.lists(st.tuples(tags, lengths, st.binary(max_size=3)).map(b"".join), max_size=4).map(b"".join)


@settings(max_examples=100, derandomize=True)
@given(document=documents, in_sequence=st.booleans())
def test_every_fault_is_a_value_error(document: bytes, in_sequence: bool) -> None:  # noqa: FBT001 - hypothesis names it
    whole = b"\x30" + bytes([len(document)]) + document if in_sequence else document
    for reader in READERS:
        with suppress(ValueError):
            reader(whole)


@pytest.mark.parametrize(
    "document", ["", "30", "3080", "300230", "3003028001", "30820003020101", "3003020101ff"]
)
def test_what_is_cut_indefinite_or_not_the_shortest(document: str) -> None:
    with pytest.raises(ValueError, match=r"^not DER$"):
        der.elements(bytes.fromhex(document))


@pytest.mark.parametrize("document", ["0600", "02020001", "0200", "0481010000", "03020100"])
def test_elements_that_are_no_der(document: str) -> None:
    for reader in (der.integer, der.octets, der.bits, der.oid):
        with pytest.raises(ValueError, match=r"^not DER$"):
            reader(bytes.fromhex(document))


def test_what_is_read_is_what_stands_there() -> None:
    assert der.elements(bytes.fromhex("3009020101020200ff0500")) == [
        bytes.fromhex(element) for element in ("020101", "020200ff", "0500")
    ]
    assert der.integer(bytes.fromhex("020200ff")) == 255
    assert der.octets(bytes.fromhex("0402abcd")) == b"\xab\xcd"
    assert der.bits(bytes.fromhex("030300abcd")) == b"\xab\xcd"
    assert der.oid(bytes.fromhex("a00a06082a811ccf5501822d"), tag=0) == "1.2.156.10197.1.301"
