"""The address of a subscriber's receiver, taken apart strictly: there is one way to write it."""

import re
from dataclasses import dataclass
from functools import cached_property
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, NoReturn

import idna

from gateway.delivery.addresses import Address, AddressRules
from gateway.errors import RequestError

_MAX_CHARS: Final = 2048
_MAX_HOST_CHARS: Final = 253
_MAX_PORT: Final = 65535
_PORTS: Final = {"https": 443, "http": 80}
_BLANK: Final = re.compile(r"[\s\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_PARTS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?]*)(?P<rest>.*)")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[1-9][0-9]{0,4}))?")
_REST: Final = re.compile(r"[!-~]*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OTHER_DOTS: Final = re.compile(r"[\u3002\uff0e\uff61]")


@dataclass(frozen=True)
class Target:
    """Where deliveries go. All parts are canonical and in ASCII; `path` goes on to the end of the query.

    `address` is set where the host is written as an IP address.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @cached_property
    def asked(self) -> str:
        """What every request says first, behind its method."""
        return f"{self.path} HTTP/1.1\r\nhost: {self.authority}\r\n"

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == _PORTS[self.scheme] else f"{shown}:{self.port}"

    @property
    def url(self) -> str:
        """The canonical form."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(text: str, rules: AddressRules, *, plain_http: bool = False) -> Target:
    """A target as a subscriber wrote it.

    A host that is an IP address is judged by the rules at once, a name only when it is called. `plain_http`
    also takes http.

    Raises:
        RequestError: on the field `sink`, naming the rule that is broken.
    """
    parts = _split(text)
    scheme = parts["scheme"].lower()
    if scheme not in _PORTS or (scheme == "http" and not plain_http):
        _refuse("must begin with https://")
    host, port = _host_and_port(parts["authority"])
    address = _address(host)
    if address is not None and (why := rules.refusal(address)):
        _refuse(f"names an address that {why}")
    host = host if address is None else str(address)
    path = parts["rest"] if parts["rest"].startswith("/") else "/" + parts["rest"]
    return Target(scheme, host, port or _PORTS[scheme], path, address)


def _refuse(rule: str) -> NoReturn:
    raise RequestError(rule, field="sink")


def _split(text: str) -> re.Match[str]:
    if len(text) > _MAX_CHARS:
        _refuse(f"must not be longer than {_MAX_CHARS} characters")
    if _BLANK.search(text):
        _refuse("must not contain spaces or control characters")
    if "\\" in text:
        _refuse("must not contain a backslash")
    if "#" in text:
        _refuse("must not have a fragment (#…)")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        _refuse("must be a URL such as https://receiver.example/events")
    if not _REST.fullmatch(parts["rest"]):
        _refuse("must be percent-encoded after the host, in ASCII")
    return parts


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        _refuse("must not carry a user name or password")
    if "%" in authority:
        _refuse("must not percent-encode the host or name an IPv6 zone")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        _refuse("must have a port from 1 to 65535, or none, and an IPv6 address in brackets")
    port = int(parts["port"]) if parts["port"] else None
    if port is not None and port > _MAX_PORT:
        _refuse("must have a port from 1 to 65535, or none")
    host = parts["host"].lower()
    return (host if host.startswith("[") else _ascii(host)), port


def _ascii(host: str) -> str:
    """The host's name as it is looked up, in ASCII."""
    if not host:
        _refuse("must name a host")
    if _OTHER_DOTS.search(host):
        _refuse("must write the dots of the host as full stops")
    if not host.isascii() or "xn--" in host:
        host = _idna(host)
    if host.endswith("."):
        _refuse("must not end the host with a dot")
    labels = host.split(".")
    if len(host) > _MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("must name the host with letters, digits, hyphens and single dots")
    if _NUMBER.fullmatch(labels[-1]) and _ipv4(host) is None:
        _refuse("must write an IPv4 address as four decimal numbers")
    return host


def _idna(host: str) -> str:
    try:
        return idna.encode(host).decode("ascii")
    except idna.IDNAError:
        _refuse("must name a host that is valid in IDNA 2008")


def _address(host: str) -> Address | None:
    if not host.startswith("["):
        return _ipv4(host)
    try:
        return IPv6Address(host[1:-1])
    except AddressValueError:
        _refuse("must write an IPv6 address as RFC 4291 does")


def _ipv4(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(host)
    except AddressValueError:
        return None
