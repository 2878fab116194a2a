from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.addresses import AddressRules, read_rules
from gateway.errors import RequestError

PUBLIC = AddressRules(public=True)
EVERYTHING = read_rules(["0.0.0.0/0", "::/0"], public=True)

# What is closed to a subscriber whose rules open all that is public, and why.
CLOSED = {
    "0.0.0.0": "unspecified",  # noqa: S104 - nothing is bound here
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "100.64.0.1": "shared by a carrier's customers",
    "100.100.100.200": "a metadata address",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "a metadata address",
    "169.254.0.1": "link-local",
    "169.254.169.254": "a metadata address",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "reserved for protocols",
    "192.0.0.192": "a metadata address",
    "192.0.2.1": "for documentation",
    "192.88.99.1": "a 6to4 relay",
    "192.168.255.255": "private",
    "198.18.0.1": "for benchmarks",
    "198.19.255.255": "for benchmarks",
    "198.51.100.1": "for documentation",
    "203.0.113.1": "for documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::2": "not globally routable",
    "100::1": "not globally routable",
    "2001::1": "a Teredo tunnel",
    "2001:10::1": "reserved for protocols",
    "2001:db8::1": "for documentation",
    "2002:808:808::1": "a 6to4 tunnel",
    "3fff::1": "for documentation",
    "4000::1": "not globally routable",
    "5f00::1": "not globally routable",
    "64:ff9b:1::808:808": "a local NAT64",
    "fc00::1": "private",
    "fd00:ec2::254": "a metadata address",
    "fd12:3456::1": "private",
    "fd20:ce::254": "a metadata address",
    "fe80::1": "link-local",
    "fec0::1": "private",
    "ff02::1": "multicast",
}

NEVER = ["0.0.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "169.254.170.2", "192.0.0.192"]
NEVER_IPV6 = ["::", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "ff02::1"]


def forms(address: IPv4Address) -> dict[str, IPv6Address]:
    """Every IPv6 address that leads to an IPv4 one, put together by the text of its RFC."""
    high, low = f"{int(address) >> 16:x}", f"{int(address) & 0xFFFF:x}"
    octets = address.packed.hex()
    inverted = IPv4Address(int(address) ^ 0xFFFF_FFFF).packed.hex()
    written = {
        "mapped": f"::ffff:{address}",
        "compatible": f"::{address}",
        "translated": f"::ffff:0:{address}",
        "NAT64": f"64:ff9b::{address}",
        "local NAT64, /96": f"64:ff9b:1::{address}",
        "local NAT64, /48": f"64:ff9b:1:{octets[:4]}:{octets[4:6]}:{octets[6:]}00::",
        "6to4": f"2002:{high}:{low}::1",
        "Teredo client": f"2001:0:808:808::{inverted[:4]}:{inverted[4:]}",
        "Teredo server": f"2001:0:{high}:{low}::f7f7:f7f7",
        "ISATAP": f"2400:3200::5efe:{address}",
    }
    return {name: IPv6Address(text) for name, text in written.items()}


FORMS = list(forms(IPv4Address("10.1.2.3")))


@pytest.mark.parametrize(("address", "why"), CLOSED.items())
def test_what_is_not_globally_routable_is_closed_by_default(address: str, why: str) -> None:
    refusal = PUBLIC.refusal(ip_address(address))
    assert refusal is not None
    assert refusal.startswith(f"is {why}")
    assert address not in refusal


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2400:3200::1", "2606:4700::1", "64:ff9b::8.8.8.8"]
)
def test_a_public_address_is_called_where_the_rules_say_so_and_not_otherwise(address: str) -> None:
    assert PUBLIC.refusal(ip_address(address)) is None
    assert AddressRules().refusal(ip_address(address)) == "is public and not on the allow-list"
    assert read_rules([address, "8.8.8.8"]).refusal(ip_address(address)) is None


@given(st.ip_addresses())
def test_no_address_is_open_without_rules(address: IPv4Address | IPv6Address) -> None:
    assert AddressRules().refusal(address) is not None


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6) | st.ip_addresses(v=6, network="2000::/3"))
def test_what_is_open_as_public_is_global_to_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    if PUBLIC.refusal(address) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4, network="172.16.0.0/12"))
def test_an_entry_opens_its_network_and_nothing_else(address: IPv4Address) -> None:
    rules = read_rules(["172.20.0.0/16"])
    assert (rules.refusal(address) is None) == (str(address).startswith("172.20."))


@pytest.mark.parametrize("address", NEVER + NEVER_IPV6)
def test_no_entry_opens_what_is_never_called(address: str) -> None:
    rules = read_rules([address, "0.0.0.0/0", "::/0"], public=True)
    assert "never called" in (rules.refusal(ip_address(address)) or "")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("address", [*NEVER, "224.0.0.1", "255.255.255.255"])
def test_what_is_never_called_is_seen_through_every_tunnel_and_translator(form: str, address: str) -> None:
    outer = forms(IPv4Address(address))[form]
    assert outer != IPv4Address(address)
    if outer != IPv6Address("::"):
        assert EVERYTHING.refusal(outer)


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_for_the_outside_does_not_open_the_inside(form: str) -> None:
    outer, inner = forms(IPv4Address("10.1.2.3"))[form], "10.0.0.0/8"
    outside = [str(IPv6Network((int(outer), 128))), "8.8.8.8"]  # the other end of the Teredo tunnel
    assert "private" in (read_rules(outside).refusal(outer) or "")
    assert read_rules([*outside, inner]).refusal(outer) is None


def test_a_mapped_address_is_the_address_itself() -> None:
    assert read_rules(["10.0.0.0/8"]).refusal(IPv6Address("::ffff:10.1.2.3")) is None
    assert read_rules(["::ffff:0:0/96"]).refusal(IPv6Address("::ffff:10.1.2.3"))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_opened_by_an_entry_that_means_it_and_by_no_wider_one(address: str) -> None:
    assert "loopback" in (EVERYTHING.refusal(ip_address(address)) or "")
    assert read_rules(["127.0.0.1", "::1"]).refusal(ip_address(address)) is None


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0.0.0/33", "", "receiver.example", "10.0.0.0/8 "])
def test_an_entry_that_is_no_network_is_named(entry: str) -> None:
    with pytest.raises(RequestError, match="write a CIDR such as") as refusal:
        read_rules([entry])
    assert refusal.value.field == "allow"


def test_rules_are_equal_by_what_they_open() -> None:
    assert hash(read_rules(["10.0.0.0/8"])) == hash(AddressRules((ip_network("10.0.0.0/8"),)))
    assert read_rules(["10.0.0.0/8"]) != read_rules(["10.0.0.0/8"], public=True)
