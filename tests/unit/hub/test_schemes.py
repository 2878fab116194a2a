"""The other schemes of signing: their signs are what openssl makes, their secrets are fetched and renewed."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from gateway.errors import ConfigError, HubRefused
from gateway.hub.authentication import SCHEMES, Scheme, Wire, hmac_sm3, tif_sha256, zhejiang_md5
from gateway.hub.http import open_client
from gateway.hub.retry import Retry
from gateway.settings import Auth, HubSettings
from tests.support import openssl
from tests.unit.hub.doubles import BASE, START, FakeTime, service

NOW_MS = str(int(START.timestamp() * 1000))
BY_KEY, BY_SECRET = (f"{BASE}/gateway/app/refreshTokenBy{name}.htm" for name in ("Key", "Sec"))
APP_KEYS = ["test-app-key-0001", "0123456789abcdef0123456789abcdef", "短"]
MINUTE_MS = 60_000


def dgst(kind: str, text: str) -> str:
    return openssl.openssl("dgst", f"-{kind}", "-binary", stdin=text.encode()).hex()


def scheme(name: str, router: respx.MockRouter, time: FakeTime) -> Scheme:
    http = open_client(transport=httpx.MockTransport(router.async_handler))
    return SCHEMES[name](Wire(http, Retry(timing=time.timing)))


def zhejiang(**changes: Any) -> Any:
    return service(auth="zhejiang_md5", **changes)


def pair(request: str, refresh: str, minutes: int = 15, refresh_minutes: int = 2880) -> httpx.Response:
    now = int(NOW_MS)
    data = {
        "requestSecret": request,
        "requestSecretEndTime": now + minutes * MINUTE_MS,
        "refreshSecret": refresh,
        "refreshSecretEndTime": now + refresh_minutes * MINUTE_MS,
    }
    return httpx.Response(200, json={"code": "00", "msg": "成功", "data": "", "datas": data})


def refused(code: str) -> httpx.Response:
    return httpx.Response(200, json={"code": code, "msg": "no", "data": None})


def signed_with(secret: str, sent: Mapping[str, str]) -> bool:
    return sent["sign"] == dgst("md5", f"rid-0001{secret}{sent['requestTime']}")


def sent_to(route: respx.Route) -> dict[str, str]:
    form = parse_qs(route.calls.last.request.content.decode())
    return {name: values[0] for name, values in form.items()}


@pytest.mark.parametrize("key", APP_KEYS)
def test_signs_are_what_openssl_makes(key: str) -> None:
    secret, named = key.encode(), service(rid="rid-0001")
    assert zhejiang_md5.sign("rid-0001", secret, NOW_MS) == dgst("md5", f"rid-0001{key}{NOW_MS}")
    assert tif_sha256.sign(secret, "1700000000", "n1") == dgst("sha256", f"1700000000{key}n11700000000")
    mac = openssl.hmac_sm3(secret, f"s_430000000_0001rid-0001{NOW_MS}".encode())
    assert hmac_sm3.sign(secret, named, NOW_MS) == base64.b64encode(mac).decode()


def test_the_settings_name_every_scheme_and_a_wrong_name_is_told_which_there_are() -> None:
    assert set(get_args(Auth)) == set(SCHEMES)
    with pytest.raises(ValueError, match="'tif_sha256' or 'zhejiang_md5'") as caught:
        HubSettings.model_validate({"base_url": BASE, "auth": "carrier_pigeon"})
    assert all(f"'{name}'" in str(caught.value) for name in SCHEMES)


@pytest.mark.parametrize(
    ("changes", "pages"),
    [
        ({"auth": "hmac_sm3"}, "/httpproxy"),
        ({"auth": "tif_sha256"}, "/ebus/s_430000000_0001"),
        ({"auth": "tif_sha256", "sid": "deaths v1"[:6] + "/v1"}, "/ebus/deaths/v1"),
        ({"auth": "zhejiang_md5"}, "/gateway/api/s_430000000_0001.htm"),
        ({"auth": "zhejiang_md5", "path": "/share/{sid}/page"}, "/share/s_430000000_0001/page"),
    ],
)
def test_a_scheme_brings_its_paths_and_the_configuration_may_name_others(
    changes: dict[str, str], pages: str
) -> None:
    assert service(**changes).url == BASE + pages


def test_paths_of_refreshing_are_the_scheme_s_or_configured() -> None:
    assert (zhejiang().refresh_url, zhejiang().renewal_url) == (BY_KEY, BY_SECRET)
    assert zhejiang(renewal_path="/renew").renewal_url == f"{BASE}/renew"
    with pytest.raises(ConfigError, match="renewal_path"):
        zhejiang(renewal_path="renew")


async def test_hmac_sm3_signs_with_the_app_key_and_asks_for_nothing(
    router: respx.MockRouter, time: FakeTime
) -> None:
    found = await scheme("hmac_sm3", router, time).headers(service(auth="hmac_sm3"))
    mac = openssl.hmac_sm3(b"test-app-key-0001", f"s_430000000_0001rid-0001{NOW_MS}".encode())
    assert found == {
        "gjgxjhpt_rid": "rid-0001",
        "gjgxjhpt_sid": "s_430000000_0001",
        "gjgxjhpt_rtime": NOW_MS,
        "gjgxjhpt_sign": base64.b64encode(mac).decode(),
    }
    assert router.calls.call_count == 0


async def test_tif_signs_in_seconds_and_with_a_new_nonce_each_time(
    router: respx.MockRouter, time: FakeTime
) -> None:
    tif = scheme("tif_sha256", router, time)
    first, second = [await tif.headers(service(auth="tif_sha256")) for _ in range(2)]
    stamp = str(int(NOW_MS) // 1000)
    for found in (first, second):
        assert (found["x-tif-paasid"], found["x-tif-timestamp"]) == ("rid-0001", stamp)
        text = f"{stamp}test-app-key-0001{found['x-tif-nonce']}{stamp}"
        assert found["x-tif-signature"] == dgst("sha256", text)
    assert first["x-tif-nonce"] != second["x-tif-nonce"]


async def test_zhejiang_fetches_a_pair_with_the_app_secret(router: respx.MockRouter, time: FakeTime) -> None:
    by_key = router.post(BY_KEY).mock(return_value=pair("request-1", "refresh-1"))
    signing = scheme("zhejiang_md5", router, time)
    found = await asyncio.gather(*[signing.headers(zhejiang(sid=f"s{n}")) for n in range(20)])
    assert by_key.call_count == 1
    assert all(set(each) == {"appKey", "requestTime", "sign"} for each in found)
    assert all(signed_with("request-1", each) for each in found)
    assert signed_with("test-app-key-0001", sent_to(by_key))
    assert by_key.calls.last.request.headers["sign"] == sent_to(by_key)["sign"]


async def test_zhejiang_renews_a_pair_at_its_end_with_the_refresh_secret(
    router: respx.MockRouter, time: FakeTime
) -> None:
    router.post(BY_KEY).mock(return_value=pair("request-1", "refresh-1"))
    by_secret = router.post(BY_SECRET).mock(return_value=pair("request-2", "refresh-2", minutes=30))
    signing = scheme("zhejiang_md5", router, time)
    await signing.headers(zhejiang())
    time.elapsed = 14 * 60
    await signing.headers(zhejiang())
    assert by_secret.call_count == 0
    time.elapsed = 15 * 60
    assert signed_with("request-2", await signing.headers(zhejiang()))
    assert signed_with("refresh-1", sent_to(by_secret))


@pytest.mark.parametrize("code", ["11", "14"])
async def test_zhejiang_fetches_anew_where_the_refresh_secret_is_refused(
    router: respx.MockRouter, time: FakeTime, code: str
) -> None:
    by_key = router.post(BY_KEY).mock(side_effect=[pair("request-1", "refresh-1"), pair("request-2", "r2")])
    by_secret = router.post(BY_SECRET).mock(return_value=refused(code))
    signing = scheme("zhejiang_md5", router, time)
    await signing.expired(zhejiang(), await signing.headers(zhejiang()))
    assert signed_with("request-2", await signing.headers(zhejiang()))
    assert (by_key.call_count, by_secret.call_count) == (2, 1)


async def test_zhejiang_does_not_renew_with_a_refresh_secret_that_has_ended(
    router: respx.MockRouter, time: FakeTime
) -> None:
    first = pair("request-1", "refresh-1", minutes=15, refresh_minutes=20)
    by_key = router.post(BY_KEY).mock(side_effect=[first, pair("request-2", "r2", 60)])
    by_secret = router.post(BY_SECRET).mock(return_value=refused("11"))
    signing = scheme("zhejiang_md5", router, time)
    await signing.headers(zhejiang())
    time.elapsed = 21 * 60
    assert signed_with("request-2", await signing.headers(zhejiang()))
    assert (by_key.call_count, by_secret.call_count) == (2, 0)


async def test_zhejiang_gives_up_only_the_pair_that_was_refused(
    router: respx.MockRouter, time: FakeTime
) -> None:
    router.post(BY_KEY).mock(return_value=pair("request-1", "refresh-1"))
    by_secret = router.post(BY_SECRET).mock(return_value=pair("request-2", "refresh-2"))
    signing = scheme("zhejiang_md5", router, time)
    old = await signing.headers(zhejiang())
    await signing.expired(zhejiang(), old)
    await signing.headers(zhejiang())
    await signing.expired(zhejiang(), old)  # a slower call made with the first pair comes back
    assert signed_with("request-2", await signing.headers(zhejiang()))
    assert by_secret.call_count == 1


async def test_zhejiang_stops_where_the_app_secret_is_refused(
    router: respx.MockRouter, time: FakeTime
) -> None:
    by_key = router.post(BY_KEY).mock(return_value=refused("14"))
    with pytest.raises(HubRefused, match="check rid, sid, app_key"):
        await scheme("zhejiang_md5", router, time).headers(zhejiang())
    assert by_key.call_count == 1


@pytest.mark.parametrize("broken", [{"requestSecret": ""}, {"refreshSecret": 5}, {"requestSecret": None}])
async def test_zhejiang_asks_again_where_a_reply_holds_no_pair(
    router: respx.MockRouter, time: FakeTime, broken: dict[str, object]
) -> None:
    half = {"code": "00", "datas": {"requestSecret": "a", "refreshSecret": "b"} | broken}
    replies = [httpx.Response(200, json=half), pair("request-1", "refresh-1")]
    router.post(BY_KEY).mock(side_effect=replies)
    found = await scheme("zhejiang_md5", router, time).headers(zhejiang())
    assert signed_with("request-1", found)


async def test_no_secret_of_a_pair_is_shown(router: respx.MockRouter, time: FakeTime) -> None:
    router.post(BY_KEY).mock(return_value=pair("request-1", "refresh-1"))
    signing = scheme("zhejiang_md5", router, time)
    await signing.headers(zhejiang())
    assert isinstance(signing, zhejiang_md5.ZhejiangMd5)
    shown = repr(list(signing._pairs._held.values()))
    assert "Pair" in shown
    assert not any(secret in shown for secret in ("request-1", "refresh-1"))
