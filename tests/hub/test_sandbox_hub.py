"""The simulated hub seen by a client that shares no code with the gateway's."""

import base64
import gzip
import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.sandbox.authentication import Rules, sign
from gateway.sandbox.columns import SERVED_DATASETS, service_id
from gateway.sandbox.faults import REFRESH, FaultKind
from gateway.sandbox.hub import HUB, Hub, HubOptions, make_hub, serve_hub
from gateway.sandbox.keys import SandboxKeys, Sender, write_keys
from gateway.sandbox.native import sm3_hmac
from gateway.sandbox.province import Province
from tests.support.openssl import openssl

START = date(2026, 9, 1)
NOW = datetime(2026, 9, 1)  # noqa: DTZ001 - the province's local wall time
DATASET = "border_crossings"
LIMIT = 5
WINDOW = {"since": "2025-01-01 00:00:00", "until": "2026-09-01 00:00:00"}


@pytest.fixture(scope="module")
def province() -> Province:
    return Province(5, 300, START, history_months=6)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@dataclass
class Caller:
    """Signs by hand, as HUB's table of vectors says."""

    hub: Hub
    keys: SandboxKeys
    url: str
    session: aiohttp.ClientSession
    secret: str = ""

    def signed(self, secret: str, dataset: str, *, raw: bool = False) -> dict[str, str]:
        rtime, sid = str(int(time.time() * 1000)), service_id(dataset)
        signature = secret if raw else sign(secret, sid + self.keys.rid + rtime)
        values = {"rid": self.keys.rid, "sid": sid, "rtime": rtime, "sign": signature}
        return {f"{self.hub.options.rules.prefix}_{name}": value for name, value in values.items()}

    async def refresh(self, dataset: str = DATASET) -> Any:
        body = self.signed(self.keys.app_key, dataset)
        async with self.session.post(f"{self.url}/sysapi/auth/refreshappsecret", json=body) as reply:
            answer = await reply.json()
        if answer["data"]:
            self.secret = self._decrypted(answer["data"]["secret"])
        return answer

    def _decrypted(self, sealed: str) -> str:
        key = hashlib.sha1(hashlib.sha1(self.keys.app_key.encode()).digest()).digest()[:16]  # noqa: S324 - contract
        cbc = self.hub.options.rules.secret_cipher == "cbc"
        mode = modes.CBC(b"AESCBCPKCS5Paddi") if cbc else modes.ECB()  # noqa: S305 - the contract's mode
        decryptor = Cipher(algorithms.AES(key), mode).decryptor()
        padded = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        return padded[: -padded[-1]].decode()

    async def page(self, dataset: str = DATASET, start: int = 0, **changes: Any) -> Any:
        """One page as JSON; with a fresh secret for its service."""
        await self.refresh(dataset)
        status, _, body = await self.post(self.signed(self.secret, dataset), start, **changes)
        assert status == 200
        return json.loads(body)

    async def post(
        self, headers: dict[str, str], start: int = 0, **changes: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        body = WINDOW | {"start": str(start), "limit": str(LIMIT)} | changes
        async with self.session.post(f"{self.url}/httpproxy", json=body, headers=headers) as reply:
            return reply.status, dict(reply.headers), await reply.read()

    async def data(self, **changes: Any) -> Any:
        return (await self.page(**changes))["data"]


@asynccontextmanager
async def calling(
    province: Province, keys: SandboxKeys, options: HubOptions | None = None
) -> AsyncIterator[Caller]:
    app = make_hub(province, keys, now=lambda: NOW, options=options)
    async with serve_hub(app) as url, aiohttp.ClientSession(auto_decompress=False) as session:
        yield Caller(app[HUB], keys, url, session)


@pytest.fixture
async def caller(province: Province, keys: SandboxKeys) -> AsyncIterator[Caller]:
    async with calling(province, keys) as made:
        yield made


def opened(payload: Mapping[str, str], police: Sender) -> list[dict[str, str]]:
    data = base64.b64decode(payload["data"])
    options = ("-K", police.sm4.hex(), "-iv", data[:16].hex())
    rows: list[dict[str, str]] = json.loads(openssl("enc", "-d", "-sm4-cbc", *options, stdin=data[16:]))
    return rows


def count(payload: Mapping[str, str], police: Sender) -> int:
    """How many rows a page holds: a number, so that no failing test shows the rows."""
    return len(opened(payload, police))


async def test_pages_together_are_the_window(caller: Caller, province: Province) -> None:
    window = province.rows(DATASET, until=NOW)
    received: list[dict[str, str]] = []
    totals, start = set(), 0
    while True:
        data = await caller.data(start=start)
        received += opened(data["payload"], caller.keys.senders["police"][0])
        totals.add(data["total"])
        if data["next"] is None:
            break
        start = int(data["next"])
    received_all, expected = received == [row.fields for row in window], len(window)
    assert totals == {expected}
    assert expected > 3 * LIMIT
    assert received_all
    assert caller.hub.calls[DATASET] == len(range(0, expected, LIMIT))


@pytest.mark.parametrize("dataset", SERVED_DATASETS)
async def test_every_dataset_is_served(caller: Caller, dataset: str) -> None:
    reply = await caller.page(dataset=dataset, limit="500")
    assert reply["code"] == "0"
    assert (reply["data"]["payload"] is None) is (reply["data"]["total"] == 0)


@pytest.mark.parametrize("cipher", ["ecb", "cbc"])
@pytest.mark.parametrize("prefix", ["gjgxjhpt", "gjzwfwpt"])
async def test_both_ciphers_and_families(
    province: Province, keys: SandboxKeys, cipher: Any, prefix: str
) -> None:
    options = HubOptions(rules=Rules(prefix=prefix, secret_cipher=cipher, wrapped=True))
    async with calling(province, keys, options) as caller:
        assert (await caller.page())["code"] == "0"


async def test_a_raw_secret_as_sign(province: Province, keys: SandboxKeys) -> None:
    async with calling(province, keys, HubOptions(rules=Rules(final_sign="raw_secret"))) as caller:
        await caller.refresh()
        _, _, body = await caller.post(caller.signed(caller.secret, DATASET, raw=True))
        assert json.loads(body)["code"] == "0"
        assert (await caller.page())["code"] == "14"


@pytest.mark.parametrize("wrong", ["rid", "sid", "rtime", "sign"])
async def test_each_of_the_four_headers_is_checked(caller: Caller, wrong: str) -> None:
    await caller.refresh()
    headers = caller.signed(caller.secret, DATASET) | {f"gjgxjhpt_{wrong}": "0"}
    _, _, body = await caller.post(headers)
    assert json.loads(body)["code"] == "14"


async def test_a_secret_belongs_to_its_service_and_ends(province: Province, keys: SandboxKeys) -> None:
    async with calling(province, keys, HubOptions(rules=Rules(secret_lifetime=timedelta(0)))) as caller:
        await caller.refresh()
        for dataset, code in ((DATASET, "11"), ("detentions", "14")):
            _, _, body = await caller.post(caller.signed(caller.secret, dataset))
            assert json.loads(body)["code"] == code


async def test_a_wrong_app_key_gets_no_secret(caller: Caller) -> None:
    body = caller.signed("another", DATASET)
    async with caller.session.post(f"{caller.url}/sysapi/auth/refreshappsecret", json=body) as reply:
        assert (await reply.json())["code"] == "14"


@pytest.mark.parametrize(
    "changes", [{"limit": "20001"}, {"limit": 10}, {"limit": "0"}, {"since": "yesterday"}, {"start": "-1"}]
)
async def test_a_page_request_that_breaks_the_contract_is_refused(
    caller: Caller, changes: dict[str, Any]
) -> None:
    await caller.refresh()
    _, _, body = await caller.post(caller.signed(caller.secret, DATASET), **changes)
    assert json.loads(body)["code"] == "E-101"


async def test_success_codes_text_payloads_and_the_second_key(province: Province, keys: SandboxKeys) -> None:
    options = HubOptions(
        success_codes={"police": 200}, text_payload=frozenset({"police"}), generation=1, empty="text"
    )
    async with calling(province, keys, options) as caller:
        reply = await caller.page()
        assert reply["code"] == 200
        payload = json.loads(reply["data"]["payload"])
        assert payload["kid"] == "police-2027"
        assert count(payload, keys.senders["police"][1]) == LIMIT
        assert (await caller.data(until="2025-01-02 00:00:00"))["payload"] == ""


async def test_the_quota_is_kept_per_service(province: Province, keys: SandboxKeys) -> None:
    async with calling(province, keys, HubOptions(requests_per_hour=2)) as caller:
        for expected in (200, 200, 429):
            await caller.refresh()
            status, headers, _ = await caller.post(caller.signed(caller.secret, DATASET))
            assert status == expected
        assert 3500 < int(headers["Retry-After"]) <= 3601
        assert (await caller.page(dataset="detentions"))["code"] == "0"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.SERVER_ERROR, 503, None),
        (FaultKind.FORBIDDEN, 403, None),
        (FaultKind.TOO_MANY, 429, None),
        (FaultKind.QUOTA, 200, "-1"),
        (FaultKind.SECRET_EXPIRED, 200, "11"),
        (FaultKind.REFUSED, 200, "14"),
    ],
)
async def test_faults_before_the_answer(
    caller: Caller, kind: FaultKind, status: int, code: str | None
) -> None:
    caller.hub.faults.add(kind, DATASET)
    await caller.refresh()
    received, headers, body = await caller.post(caller.signed(caller.secret, DATASET))
    assert received == status
    assert code is None or json.loads(body)["code"] == code
    assert ("Retry-After" in headers) is (kind is FaultKind.TOO_MANY)
    assert (await caller.page())["code"] == "0"


async def test_a_refresh_can_fail_too(caller: Caller) -> None:
    caller.hub.faults.add(FaultKind.REFUSED, REFRESH)
    assert (await caller.refresh())["code"] == "14"
    assert (await caller.refresh())["code"] == "0"
    assert caller.hub.calls[REFRESH] == 2


async def test_a_slow_answer_comes(caller: Caller) -> None:
    caller.hub.faults.add(FaultKind.SLOW, value=0.2)
    began = time.monotonic()
    assert (await caller.page())["code"] == "0"
    assert time.monotonic() - began > 0.2


async def test_broken_json(caller: Caller) -> None:
    caller.hub.faults.add(FaultKind.BROKEN_JSON)
    with pytest.raises(json.JSONDecodeError):
        await caller.page()


async def test_a_body_cut_in_the_middle(caller: Caller) -> None:
    caller.hub.faults.add(FaultKind.CUT_BODY)
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.page()


async def test_a_small_answer_that_grows_too_large(caller: Caller) -> None:
    caller.hub.faults.add(FaultKind.OVERSIZED, value=2**20)
    await caller.refresh()
    _, headers, body = await caller.post(caller.signed(caller.secret, DATASET))
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < 2**16
    inflated = gzip.decompress(body)
    assert len(inflated) > 2**20
    assert json.loads(inflated)["code"] == "0"


async def test_faults_of_paging(caller: Caller, province: Province) -> None:
    total = len(province.rows(DATASET, until=NOW))
    caller.hub.faults.add(FaultKind.LOOPING_CURSOR)
    assert (await caller.data(start=LIMIT))["next"] == str(LIMIT)
    caller.hub.faults.add(FaultKind.WRONG_TOTAL)
    assert (await caller.data())["total"] == total + 7
    caller.hub.faults.add(FaultKind.CHANGING_TOTAL, times=2)
    assert [(await caller.data(start=start))["total"] for start in (0, LIMIT)] == [total, total + LIMIT]
    caller.hub.faults.add(FaultKind.SHORT_PAGE, value=3)
    short = await caller.data()
    assert (short["total"], short["next"]) == (total, None)
    assert count(short["payload"], caller.keys.senders["police"][0]) == 3


async def test_a_forged_page_has_a_mac_of_somebody_else(caller: Caller) -> None:
    police = caller.keys.senders["police"][0]
    for forged in (True, False):
        if forged:
            caller.hub.faults.add(FaultKind.FORGED)
        payload = (await caller.data())["payload"]
        mac = sm3_hmac(police.mac, base64.b64decode(payload["data"])).hex()
        assert (mac != payload["mac"]) is forged
        assert count(payload, police) == LIMIT


async def test_a_page_under_a_wrong_key_is_signed_but_cannot_be_read(caller: Caller) -> None:
    police = caller.keys.senders["police"][0]
    caller.hub.faults.add(FaultKind.WRONG_KEY)
    payload = (await caller.data())["payload"]
    data = base64.b64decode(payload["data"])
    assert sm3_hmac(police.mac, data).hex() == payload["mac"]
    options = ("-nopad", "-K", police.sm4.hex(), "-iv", data[:16].hex())
    assert not openssl("enc", "-d", "-sm4-cbc", *options, stdin=data[16:]).startswith(b'[{"')


async def test_the_three_ways_of_being_empty(caller: Caller) -> None:
    payloads = []
    for kind in (FaultKind.EMPTY_NULL, FaultKind.EMPTY_TEXT, FaultKind.EMPTY_SEALED):
        caller.hub.faults.add(kind)
        data = await caller.data()
        assert (data["total"], data["next"]) == (0, None)
        payloads.append(data["payload"])
    assert payloads[:2] == [None, ""]
    assert count(payloads[2], caller.keys.senders["police"][0]) == 0
