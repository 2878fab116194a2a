from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway.delivery.addresses import AddressRules, read_rules
from gateway.delivery.targets import Target, read_target
from gateway.errors import RequestError

PUBLIC = AddressRules(public=True)
LOOPBACK = read_rules(["127.0.0.1", "::1"], public=True)


def rule(text: str, rules: AddressRules = LOOPBACK) -> str:
    with pytest.raises(RequestError) as refusal:
        read_target(text, rules, plain_http=True)
    assert refusal.value.field == "sink"
    return str(refusal.value)


GOOD = {
    "https://receiver.example": "https://receiver.example/",
    "HTTPS://Receiver.Example/Events": "https://receiver.example/Events",
    "https://receiver.example:443/a?b=c&d=%20": "https://receiver.example/a?b=c&d=%20",
    "https://receiver.example:8443?b=c": "https://receiver.example:8443/?b=c",
    "https://receiver": "https://receiver/",
    "https://例子.测试/": "https://xn--fsqu00a.xn--0zwm56d/",
    "https://xn--fsqu00a.example/": "https://xn--fsqu00a.example/",
    "https://8.8.8.8/": "https://8.8.8.8/",
    "https://[2400:3200:0:0::1]:8443/": "https://[2400:3200::1]:8443/",
    "http://receiver.example:80/": "http://receiver.example/",
}


@pytest.mark.parametrize(("text", "url"), GOOD.items())
def test_a_target_has_one_canonical_form(text: str, url: str) -> None:
    target = read_target(text, PUBLIC, plain_http=True)
    assert target.url == url
    assert read_target(target.url, PUBLIC, plain_http=True) == target


def test_a_target_tells_its_parts() -> None:
    assert read_target("https://[2400:3200::1]/", PUBLIC) == Target(
        "https", "2400:3200::1", 443, "/", IPv6Address("2400:3200::1")
    )
    assert read_target("https://8.8.8.8:1/", PUBLIC).address == IPv4Address("8.8.8.8")
    assert read_target("http://receiver.example/", PUBLIC, plain_http=True).port == 80


def test_plain_http_is_taken_only_where_it_is_allowed() -> None:
    with pytest.raises(RequestError, match="sink: must begin with https://"):
        read_target("http://receiver.example/", PUBLIC)


# Each names the gateway's own machine, and some library or operating system would take it.
ODD = {
    "https://2130706433/": "four decimal numbers",
    "https://0x7f000001/": "four decimal numbers",
    "https://0x7f.1/": "four decimal numbers",
    "https://127.0x/": "four decimal numbers",
    "https://127.1/": "four decimal numbers",
    "https://0177.0.0.1/": "four decimal numbers",
    "https://127.0.0.01/": "four decimal numbers",
    "https://127.0.0.1.1/": "four decimal numbers",
    "https://256.0.0.1/": "four decimal numbers",
    "https://１２７.0.0.1/": "IDNA",
    "https://①②⑦.0.0.1/": "IDNA",
    "https://127。0。0。1/": "full stops",
    "https://127．0．0．1/": "full stops",
    "https://127｡0｡0｡1/": "full stops",
    "https://ｌocalhost/": "IDNA",
    "https://127.0.0.1./": "end the host with a dot",
    "https://localhost./": "end the host with a dot",
    "https://localhost../": "end the host with a dot",
    "https://.localhost/": "letters, digits, hyphens and single dots",
    "https://a..b/": "letters, digits, hyphens and single dots",
    "https://-a.example/": "letters, digits, hyphens and single dots",
    "https://a_b.example/": "letters, digits, hyphens and single dots",
    f"https://{'a' * 64}.example/": "letters, digits, hyphens and single dots",
    f"https://{'a.' * 127}example/": "letters, digits, hyphens and single dots",
    "https://xn--/": "IDNA",
    "https://%31%32%37.0.0.1/": "percent-encode the host",
    "https://localhost%00.example/": "percent-encode the host",
    "https://[fe80::1%25eth0]/": "IPv6 zone",
    "https://[::1%lo]/": "IPv6 zone",
    "https://[::1": "port from 1 to 65535",
    "https://::1/": "port from 1 to 65535",
    "https://[::1]x/": "port from 1 to 65535",
    "https://[127.0.0.1]/": "RFC 4291",
    "https://[v1.a]/": "RFC 4291",
    "https://[]/": "RFC 4291",
    "https://user@127.0.0.1/": "user name",
    "https://user:word@receiver.example/": "user name",
    "https://receiver.example@127.0.0.1/": "user name",
    "https://receiver.example\\@127.0.0.1/": "backslash",
    "https:\\\\127.0.0.1/": "backslash",
    "https://127.0.0.1#@receiver.example/": "fragment",
    "https://receiver.example/#": "fragment",
    "https:// 127.0.0.1/": "spaces or control",
    " https://127.0.0.1/": "spaces or control",
    "https://127.0.0.1/\n": "spaces or control",
    "https://127.0.0.1/\r\nHost: x": "spaces or control",
    "https://local\thost/": "spaces or control",
    "https://local\u200bhost/": "spaces or control",
    "https://local\u00adhost/": "IDNA",
    "https://127.0.0.1/\x00": "spaces or control",
    "https://receiver.example/事件": "percent-encoded after the host",
    "https:///events": "must name a host",
    "https://": "must name a host",
    "https://:443/": "must name a host",
    "https:127.0.0.1": "must be a URL",
    "https:/127.0.0.1": "must be a URL",
    "//127.0.0.1/": "must be a URL",
    "127.0.0.1": "must be a URL",
    "": "must be a URL",
    "file:///etc/passwd": "must begin with https://",
    "ftp://receiver.example/": "must begin with https://",
    "gopher://127.0.0.1/": "must begin with https://",
    "https://receiver.example:0/": "port",
    "https://receiver.example:65536/": "port",
    "https://receiver.example:/": "port",
    "https://receiver.example:+443/": "port",
    "https://receiver.example:0443/": "port",
    "https://receiver.example:４４３/": "port",
    "https://receiver.example:443:443/": "port",
    f"https://receiver.example/{'a' * 2048}": "longer than 2048",
}


@pytest.mark.parametrize(("text", "broken"), ODD.items())
def test_an_odd_spelling_is_refused_by_name_even_where_the_address_is_allowed(text: str, broken: str) -> None:
    assert broken in rule(text)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"]
)
def test_a_host_written_as_an_address_is_judged_at_once(host: str) -> None:
    assert "names an address that" in rule(f"https://{host}/", PUBLIC)


def test_a_name_is_judged_when_it_is_called() -> None:
    assert read_target("https://localhost/", AddressRules()).address is None


def test_a_fault_does_not_repeat_what_was_written() -> None:
    assert "hunter2" not in rule("https://user:hunter2@receiver.example/")


HOSTS = st.text(alphabet="0123456789abcdefx.:[]%@\\/?#-_ \t１。ß测", max_size=24)


@given(HOSTS, st.text(alphabet="/?#@:\\.%a", max_size=8))
def test_whatever_is_taken_means_the_same_to_other_parsers(host: str, rest: str) -> None:
    try:
        target = read_target(f"https://{host}{rest}", LOOPBACK)
    except RequestError:
        return
    assert urlsplit(target.url).hostname == URL(target.url).raw_host == target.host
    assert (urlsplit(target.url).port or 443) == URL(target.url).port == target.port
    assert target.url.isascii()


@given(st.ip_addresses())
def test_an_address_reads_back_as_itself(address: IPv4Address | IPv6Address) -> None:
    rules = read_rules([str(address)], public=True)
    host = f"[{address}]" if address.version == 6 else str(address)
    if rules.refusal(address) is None:
        assert ip_address(read_target(f"https://{host}/", rules).host) == address
