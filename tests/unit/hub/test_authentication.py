import asyncio
import base64
import textwrap
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError, HubRefused, HubUnavailable
from gateway.hub.authentication import SCHEMES, Wire
from gateway.hub.authentication.national import National, derived_key, open_secret, sign
from gateway.hub.authentication.secrets import FALL_BACK_MS, valid_until_ms
from gateway.hub.http import open_client
from gateway.hub.retry import Retry
from gateway.hub.service import SecretCipher
from tests.support.openssl import openssl
from tests.unit.hub.doubles import REFRESH, START, FakeTime, client, service

SECRET = "fedcba9876543210fedcba9876543210"
TIME_MS = "1700000000000"
NOW_MS = int(START.timestamp() * 1000)
VECTORS = {
    "test-app-key-0001": (
        "6d84ba31f37e8f8ad8470d3a208570b0",
        "O4kLrZbtAM9whn96XHO2DzuJC62W7QDPcIZ/elxztg+ThYqO3fUDIkEWZmblRh8j",
        "xpySqdNmfUi7uL9goLqYdhnXnmlQaLgUrZ98oM+8han47Cmb29tJW12yf/j3n1eH",
        "mrH1dHba69zF7Z39Q0BKGPs/EbEysrHA2zVKG74kfDI=",
    ),
    "0123456789abcdef0123456789abcdef": (
        "2d703e10a32f30251a2370355793e786",
        "LDh6LJzNCB09fXMknMzXpiw4eiyczQgdPX1zJJzM16ZUfuRMyoXTthzV/Enp8P/V",
        "BcfibR2HlaRI3jOI7GaaqNitJ0uJaUaLP4LxTpnfmyINKaqi8ZgEJzIMaQaWQt5g",
        "6WDNogRbBQFgQUj03aDJfciRGkyYZbwUh3w8lAXxsMs=",
    ),
}
KEYS = pytest.mark.parametrize("app_key", list(VECTORS))
CIPHERS = pytest.mark.parametrize("cipher", ["ecb", "cbc"])


def seal(secret: str, app_key: bytes, cipher: str) -> str:
    """A secret as a hub seals it, by the openssl command line."""
    vector = () if cipher == "ecb" else ("-iv", b"AESCBCPKCS5Paddi".hex())
    key = derived_key(app_key).hex()
    sealed = openssl("enc", f"-aes-128-{cipher}", "-K", key, *vector, stdin=secret.encode())
    return base64.b64encode(sealed).decode()


def granted(secret: str = SECRET, end: Any = None) -> httpx.Response:
    return secret_reply(seal(secret, b"test-app-key-0001", "ecb"), end)


def secret_reply(sealed: Any, end: Any = None) -> httpx.Response:
    data = {"secret": sealed, "secretEndTime": end}
    return httpx.Response(200, json={"code": "0", "message": "", "data": data})


def national(router: respx.MockRouter, time: FakeTime) -> National:
    http = open_client(transport=httpx.MockTransport(router.async_handler))
    return National(Wire(http, Retry(timing=time.timing)))


@KEYS
def test_vectors_of_the_key(app_key: str) -> None:
    assert derived_key(app_key.encode()).hex() == VECTORS[app_key][0]


@KEYS
@pytest.mark.parametrize("width", [None, 76, 20])
def test_vectors_of_the_secret(app_key: str, width: int | None) -> None:
    for cipher, sealed in zip(("ecb", "cbc"), VECTORS[app_key][1:3], strict=True):
        text = "\r\n".join(textwrap.wrap(sealed, width)) + "\n" if width else sealed
        assert open_secret(text, app_key.encode(), cipher) == SECRET  # type: ignore[arg-type]  # zip widens


@KEYS
def test_vectors_of_the_sign(app_key: str) -> None:
    assert sign(app_key.encode(), service(), TIME_MS) == VECTORS[app_key][3]


@CIPHERS
def test_what_openssl_seals_is_opened(cipher: SecretCipher) -> None:
    for length in (1, 15, 16, 17, 64):
        secret = ("s3cr3t-" * 10)[:length]
        assert open_secret(seal(secret, b"another-key", cipher), b"another-key", cipher) == secret


@KEYS
def test_the_sign_is_what_openssl_makes(app_key: str) -> None:
    message = f"s_430000000_0001rid-0001{TIME_MS}".encode()
    made = openssl("dgst", "-sha256", "-mac", "HMAC", "-macopt", f"key:{app_key}", "-binary", stdin=message)
    assert sign(app_key.encode(), service(), TIME_MS) == base64.b64encode(made).decode()


@CIPHERS
@pytest.mark.parametrize("sealed", ["", "!!!!", "AAAA", "A" * 64, seal("\x00\x01", b"key", "ecb")])
def test_a_secret_that_does_not_open_is_refused(sealed: str, cipher: SecretCipher) -> None:
    with pytest.raises(HubRefused, match="check app_key and secret_cipher") as caught:
        open_secret(sealed, b"key", cipher)
    assert caught.value.__context__ is None


def test_a_wrong_app_key_or_cipher_is_refused() -> None:
    sealed = seal(SECRET, b"right", "ecb")
    for key, cipher in ((b"wrong", "ecb"), (b"right", "cbc")):
        with pytest.raises(HubRefused, match="app_key"):
            open_secret(sealed, key, cipher)  # type: ignore[arg-type]  # the loop widens the literal


@given(st.integers(NOW_MS + 1000, NOW_MS + 10**10))
def test_the_end_is_honoured_and_never_exceeded(end: int) -> None:
    for form in (end, str(end)):
        assert end - 30_000 <= valid_until_ms(form, NOW_MS) <= end
        assert valid_until_ms(form, NOW_MS) > NOW_MS


def test_an_end_written_as_a_time_is_in_china() -> None:
    end = (START + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")
    assert valid_until_ms(end, NOW_MS) == NOW_MS + 2 * 3600 * 1000 - 30_000


@pytest.mark.parametrize(
    "end", [None, "", "soon", "2025-13-01 00:00:00", True, [], -5, 0, "1700000000", NOW_MS, "9" * 40]
)
def test_without_a_readable_end_it_is_25_minutes(end: object) -> None:
    assert valid_until_ms(end, NOW_MS) == NOW_MS + FALL_BACK_MS == NOW_MS + 1_500_000


async def test_a_call_is_signed_with_the_refreshed_secret(router: respx.MockRouter, time: FakeTime) -> None:
    route = router.post(REFRESH).mock(return_value=granted())
    headers = await national(router, time).headers(service())
    assert headers == {
        "gjgxjhpt_rid": "rid-0001",
        "gjgxjhpt_sid": "s_430000000_0001",
        "gjgxjhpt_rtime": str(NOW_MS),
        "gjgxjhpt_sign": sign(SECRET.encode(), service(), str(NOW_MS)),
    }
    asked = route.calls.last.request
    signature = sign(b"test-app-key-0001", service(), str(NOW_MS))
    assert asked.headers["gjgxjhpt_sign"] == signature
    assert signature.encode() in asked.content
    assert b"test-app-key" not in asked.content


async def test_another_family_changes_the_prefix_only(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    headers = await national(router, time).headers(service(family="gjzwfwpt"))
    assert sorted(headers) == ["gjzwfwpt_rid", "gjzwfwpt_rtime", "gjzwfwpt_sid", "gjzwfwpt_sign"]


async def test_the_secret_itself_can_be_the_sign(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    scheme, raw = national(router, time), service(final_sign="raw_secret")
    headers = await scheme.headers(raw)
    assert headers["gjgxjhpt_sign"] == SECRET
    await scheme.expired(raw, headers)
    await scheme.headers(raw)
    assert router.calls.call_count == 2


async def test_however_many_wait_the_secret_is_fetched_once(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    scheme = national(router, time)
    signed = await asyncio.gather(*[scheme.headers(service(dataset=f"set{n}")) for n in range(50)])
    assert router.calls.call_count == 1
    assert len({headers["gjgxjhpt_sign"] for headers in signed}) == 1


async def test_a_failure_is_shared_as_well(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=httpx.Response(503))
    scheme = national(router, time)
    calls = [scheme.headers(service(max_attempts=2)) for _ in range(10)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {HubUnavailable}
    assert router.calls.call_count == 2


async def test_a_caller_that_gives_up_takes_nothing_from_the_others(
    router: respx.MockRouter, time: FakeTime
) -> None:
    router.post(REFRESH).mock(return_value=granted())
    scheme = national(router, time)
    first, second = [asyncio.create_task(scheme.headers(service())) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["gjgxjhpt_rid"] == "rid-0001"
    assert router.calls.call_count == 1


async def test_closing_ends_a_refresh_under_way(router: respx.MockRouter, time: FakeTime) -> None:
    hanging = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        await hanging.wait()
        return httpx.Response(500)

    router.post(REFRESH).mock(side_effect=hang)
    scheme = national(router, time)
    waiting = asyncio.create_task(scheme.headers(service()))
    await asyncio.sleep(0.01)
    await scheme.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("other", [{"rid": "rid-2"}, {"sid": "s2"}, {"base_url": "https://hub.invalid/b"}])
async def test_a_secret_belongs_to_hub_rid_sid_and_key(
    router: respx.MockRouter, time: FakeTime, other: dict[str, str]
) -> None:
    router.post(url__regex=r".*/refreshappsecret").mock(return_value=granted())
    scheme = national(router, time)
    await scheme.headers(service())
    await scheme.headers(service(**other))
    assert router.calls.call_count == 2


async def test_a_secret_is_renewed_at_its_end(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(side_effect=[granted(end=str(NOW_MS + 3_600_000)), granted("second")])
    scheme = national(router, time)
    await scheme.headers(service())
    time.elapsed = 3500
    await scheme.headers(service())
    assert router.calls.call_count == 1
    time.elapsed = 3600
    renewed = await scheme.headers(service())
    assert renewed["gjgxjhpt_sign"] == sign(b"second", service(), str(NOW_MS + 3_600_000))


async def test_a_secret_without_an_end_lives_25_minutes(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    scheme = national(router, time)
    for elapsed, refreshes in ((0, 1), (1499, 1), (1500, 2)):
        time.elapsed = elapsed
        await scheme.headers(service())
        assert router.calls.call_count == refreshes


async def test_only_the_refused_secret_is_forgotten(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(side_effect=[granted("first"), granted("second"), granted("third")])
    scheme = national(router, time)
    old = await scheme.headers(service())
    await scheme.expired(service(), old)
    new = await scheme.headers(service())
    await scheme.expired(service(), old)  # a slower call made with the first secret comes back
    assert await scheme.headers(service()) == new
    assert router.calls.call_count == 2


async def test_a_refused_refresh_is_not_repeated(router: respx.MockRouter, time: FakeTime) -> None:
    refusal = {"code": "14", "message": "签名错误", "data": None}
    router.post(REFRESH).mock(return_value=httpx.Response(200, json=refusal))
    with pytest.raises(HubRefused, match=r"code 14: 签名错误.*check rid"):
        await national(router, time).headers(service())
    assert router.calls.call_count == 1


@pytest.mark.parametrize("sealed", [None, "", 5])
async def test_a_reply_without_a_secret_is_asked_again(
    router: respx.MockRouter, time: FakeTime, sealed: Any
) -> None:
    router.post(REFRESH).mock(side_effect=[secret_reply(sealed), granted()])
    assert await national(router, time).headers(service())
    assert router.calls.call_count == 2


async def test_a_secret_sealed_with_another_key_is_refused(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    with pytest.raises(HubRefused, match="check app_key"):
        await national(router, time).headers(service(app_key="another"))


async def test_other_schemes_are_found_by_name(
    router: respx.MockRouter, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCHEMES, "house", National)
    router.post(REFRESH).mock(side_effect=httpx.ConnectError("no"))
    async with client(router, time) as hub:
        with pytest.raises(HubUnavailable, match="connection"):
            await hub.probe(service(auth="house"))
        with pytest.raises(
            ConfigError, match="identity_cards: auth is none of hmac_sm3, house, national, none"
        ):
            await hub.probe(service(auth="carrier_pigeon"))


async def test_a_secret_is_not_shown(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(REFRESH).mock(return_value=granted())
    scheme = national(router, time)
    await scheme.headers(service())
    assert [held.text for held in scheme._secrets._held.values()] == [SECRET]
    assert SECRET not in repr(list(scheme._secrets._held.values()))
