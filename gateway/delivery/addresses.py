"""Which IP addresses may be called: none but those that a subscriber's rules open."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from gateway.errors import RequestError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _named(pairs: dict[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(cidr), name) for cidr, name in pairs.items())


_NEVER: Final = _named(
    {
        # Where clouds hand out credentials. Azure's is an ordinary public address, Alibaba's lies in CGNAT.
        "100.100.100.200/32": "a metadata address",
        "168.63.129.16/32": "a metadata address",
        "169.254.169.254/32": "a metadata address",
        "192.0.0.192/32": "a metadata address",
        "fd00:ec2::/32": "a metadata address",
        "fd20:ce::254/128": "a metadata address",
        "0.0.0.0/8": "unspecified",
        "169.254.0.0/16": "link-local",
        "224.0.0.0/4": "multicast",
        "255.255.255.255/32": "broadcast",
        "::/128": "unspecified",
        "fe80::/10": "link-local",
        "ff00::/8": "multicast",
    }
)
"""What no allow-list opens."""

_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

_SPECIAL: Final = _named(
    {
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared by a carrier's customers",
        "127.0.0.0/8": "loopback",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "reserved for protocols",
        "192.0.2.0/24": "for documentation",
        "192.31.196.0/24": "reserved for protocols",
        "192.52.193.0/24": "reserved for protocols",
        "192.88.99.0/24": "a 6to4 relay",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "reserved for protocols",
        "198.18.0.0/15": "for benchmarks",
        "198.51.100.0/24": "for documentation",
        "203.0.113.0/24": "for documentation",
        "240.0.0.0/4": "reserved",
        "::1/128": "loopback",
        "2001::/32": "a Teredo tunnel",
        "2001::/23": "reserved for protocols",
        "2001:db8::/32": "for documentation",
        "2002::/16": "a 6to4 tunnel",
        "2620:4f:8000::/48": "reserved for protocols",
        "3fff::/20": "for documentation",
        "64:ff9b:1::/48": "a local NAT64",
        "fc00::/7": "private",
        "fec0::/10": "private",
    }
)
"""What the registries of IANA set apart, the narrower entry first; an allow-list may open it."""

_PUBLIC_IPV6: Final = (ip_network("2000::/3"), ip_network("64:ff9b::/96"))
"""All else of IPv6 has not been handed out. The second is NAT64, whose IPv4 address is judged as well."""

_MAPPED: Final = ip_network("::ffff:0:0/96")
_LAST_32: Final = tuple(ip_network(cidr) for cidr in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
_NAT64_LOCAL: Final = ip_network("64:ff9b:1::/48")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_WORD: Final = 0xFFFF_FFFF


@dataclass(frozen=True)
class AddressRules:
    """What one subscriber's targets may resolve into: the networks of `allow`, and nothing else.

    `public` opens every globally routable address besides. Metadata, link-local and multicast addresses stay
    closed whatever is allowed, and loopback is opened only by an entry that lies within loopback.
    """

    allow: tuple[Network, ...] = ()
    public: bool = False

    def __hash__(self) -> int:
        """Reckoned once: every delivery asks for it, and networks are slow at it."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.allow, self.public))

    def refusal(self, address: Address) -> str | None:
        """Why the address may not be called, in words without the address; None when it may."""
        return _refusal(self, address)


def read_rules(allow: Iterable[str], *, public: bool = False) -> AddressRules:
    """Rules from CIDRs as they are configured.

    Raises:
        RequestError: an entry is not a network, or has bits set beyond its prefix.
    """
    return AddressRules(tuple(_network(entry) for entry in allow), public=public)


def _network(entry: str) -> Network:
    try:
        return ip_network(entry)
    except ValueError:
        raise RequestError(
            f"{entry!r} is not a network: write a CIDR such as 10.20.0.0/16", field="allow"
        ) from None


@lru_cache(maxsize=4096)
def _refusal(rules: AddressRules, address: Address) -> str | None:
    if isinstance(address, IPv6Address) and address in _MAPPED:
        # The operating system connects to the IPv4 address itself.
        return _refusal(rules, IPv4Address(int(address) & _WORD))
    found = _refusal_as_written(rules, address)
    if found is not None or isinstance(address, IPv4Address):
        return found
    inner = (_refusal(rules, embedded) for embedded in _embedded(address))
    return next((f"leads to an IPv4 address that {why}" for why in inner if why), None)


def _refusal_as_written(rules: AddressRules, address: Address) -> str | None:
    if never := _name(address, _NEVER):
        return f"is {never}, which is never called"
    special = _name(address, _SPECIAL)
    if any(address in network and _may_open(network, address) for network in rules.allow):
        return None
    if special is None and _is_public(address):
        return None if rules.public else "is public and not on the allow-list"
    return f"is {special or 'not globally routable'} and not on the allow-list"


def _name(address: Address, named: tuple[tuple[Network, str], ...]) -> str | None:
    return next((name for network, name in named if address in network), None)


def _is_public(address: Address) -> bool:
    return isinstance(address, IPv4Address) or any(address in network for network in _PUBLIC_IPV6)


def _may_open(entry: Network, address: Address) -> bool:
    """Whether the entry means this address: 0.0.0.0/0 does not mean the gateway's own machine."""
    return not any(address in own and entry.prefixlen < own.prefixlen for own in _LOOPBACK)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses into which a translator or a tunnel may turn this address."""
    if any(address in network for network in _LAST_32) and int(address) > 1:
        yield IPv4Address(int(address) & _WORD)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if int(address) >> 32 & _WORD in _ISATAP:
        yield IPv4Address(int(address) & _WORD)
    if address in _NAT64_LOCAL:
        yield from _behind_local_nat64(int(address))


def _behind_local_nat64(number: int) -> Iterator[IPv4Address]:
    """Both readings of RFC 6052, since the translator's prefix may have 48 bits or 96."""
    short = (number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF
    readings = {short, number & _WORD} - {0}
    yield from map(IPv4Address, sorted(readings) or [0])
