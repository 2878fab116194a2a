"""The real client, signed and sealed, against the simulated hub on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import local, system_clock
from gateway.crypto import file_drop as opening
from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.errors import EnvelopeError, HubRefused, HubUnavailable
from gateway.hub.client import HubClient, WindowChanged
from gateway.hub.file_drop import period_end, ready_files
from gateway.hub.service import Service
from gateway.hub.waiting import Timing, Waiting
from gateway.hub.window import verdict
from gateway.sandbox.authentication import Rules
from gateway.sandbox.columns import service_id
from gateway.sandbox.drop import DropFault, write_drop
from gateway.sandbox.faults import REFRESH, FaultKind
from gateway.sandbox.hub import HUB, Hub, HubOptions, make_hub, serve_hub
from gateway.sandbox.keys import SandboxKeys, write_keys
from gateway.sandbox.province import Province

NOW = local(system_clock()).replace(microsecond=0)
SINCE, UNTIL = NOW - timedelta(days=300), NOW - timedelta(minutes=10)
DATASET = "identity_cards"
ENVELOPES = {
    "police": "sm4_cbc_mac",
    "courts": "jwe",
    "civil_affairs": "sm4_fields",
    "health": "sm2_sm4_gcm",
    "medical_insurance": "nhsa",
}
SERVED = {name: department for name, department in Province.datasets.items() if department in ENVELOPES}


@pytest.fixture(scope="module")
def province() -> Province:
    return Province(7, 150, NOW.date().replace(day=1), history_months=10)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@dataclass
class Meeting:
    """A hub, a client, and what the client said while waiting; pauses are not slept."""

    hub: Hub
    client: HubClient
    service: Service
    said: list[Waiting] = field(default_factory=list)

    async def starts(self, **changes: Any) -> list[str]:
        service = replace(self.service, **changes)
        return [page.start async for page in self.client.pages(service, SINCE, UNTIL)]


@asynccontextmanager
async def meeting(
    province: Province, keys: SandboxKeys, options: HubOptions | None = None, **changes: Any
) -> AsyncIterator[Meeting]:
    app = make_hub(province, keys, now=lambda: NOW, options=options)
    said: list[Waiting] = []
    timing = unslept(said)
    async with serve_hub(app) as url, HubClient(timing=timing) as client:
        values: dict[str, Any] = {"dataset": DATASET, "sid": service_id(DATASET), "page_limit": 3} | changes
        service = Service(base_url=url, rid=keys.rid, app_key=keys.app_key, **values)
        yield Meeting(app[HUB], client, service, said)


@pytest.fixture
async def met(province: Province, keys: SandboxKeys) -> AsyncIterator[Meeting]:
    async with meeting(province, keys) as made:
        yield made


def unslept(said: list[Waiting]) -> Timing:
    """A clock that runs ahead with every pause instead of waiting."""
    ahead = [0.0]

    async def sleep(seconds: float) -> None:
        ahead.append(ahead[-1] + seconds)
        await asyncio.sleep(0)

    return Timing(sleep=sleep, monotonic=lambda: ahead[-1], told=said.append)


def key_ring(keys: SandboxKeys, department: str) -> KeyRing:
    return KeyRing(keys.gateway_entries(department))


@pytest.mark.parametrize("as_text", [False, True])
async def test_every_served_dataset_comes_whole_and_opens(
    province: Province, keys: SandboxKeys, *, as_text: bool
) -> None:
    options = HubOptions(
        text_payload=frozenset(ENVELOPES) if as_text else frozenset(),
        success_codes={"police": 200, "health": "success"},
    )
    async with meeting(province, keys, options, success_codes=("0", "200", "success")) as met:
        for dataset, department in SERVED.items():
            service = replace(met.service, dataset=dataset, sid=service_id(dataset), page_limit=500)
            window = province.window(dataset, SINCE, UNTIL, now=NOW)
            pages = [page async for page in met.client.pages(service, SINCE, UNTIL)]
            assert {page.total for page in pages} == {len(window)}
            ring = key_ring(keys, department)
            opened = [
                open_envelope(ENVELOPES[department], page.payload, ring) for page in pages if page.payload
            ]
            assert sum(map(rows_in, opened)) == len(window)


def rows_in(plain: bytes) -> int:
    if plain.startswith(b"<"):
        return plain.count(b"<data>")
    content = json.loads(plain)
    return len(content["rows"] if isinstance(content, dict) else content)


async def test_pages_follow_one_another(met: Meeting, province: Province) -> None:
    total = len(province.window(DATASET, SINCE, UNTIL, now=NOW))
    assert total > 6
    assert await met.starts() == [str(start) for start in range(0, total, 3)]
    assert met.hub.calls[REFRESH] == 1


RULES = [
    Rules(secret_cipher="cbc", wrapped=True, secret_end="text"),
    Rules(final_sign="raw_secret", secret_end="missing"),
    Rules(prefix="gjzwfwpt", wrapped=True),
]


@pytest.mark.parametrize("rules", RULES)
async def test_the_variants_of_signing(province: Province, keys: SandboxKeys, rules: Rules) -> None:
    changes = {
        "family": rules.prefix,
        "secret_cipher": rules.secret_cipher,
        "final_sign": rules.final_sign,
        "path": "/v2/share",
    }
    async with meeting(province, keys, HubOptions(rules=rules, path="/v2/share"), **changes) as met:
        assert (await met.client.probe(met.service)).start == "0"


async def test_a_secret_that_ran_out_is_renewed_between_pages(met: Meeting) -> None:
    pages = met.client.pages(met.service, SINCE, UNTIL)
    await anext(pages)
    met.hub.gatekeeper.expire_secrets()
    assert (await anext(pages)).start == "3"
    assert met.hub.calls[REFRESH] == 2


async def test_many_datasets_at_once_refresh_once_each(met: Meeting) -> None:
    services = [replace(met.service, dataset=name, sid=service_id(name)) for name in SERVED]
    await asyncio.gather(*[met.client.page(one, SINCE, UNTIL, "0") for one in services * 3])
    assert met.hub.calls[REFRESH] == len(SERVED)


async def test_a_wrong_app_key_is_refused(met: Meeting) -> None:
    with pytest.raises(HubRefused, match="code 14"):
        await met.starts(app_key="not-the-key")


async def test_a_service_that_was_not_granted_is_refused(met: Meeting) -> None:
    with pytest.raises(HubRefused, match=DATASET):
        await met.starts(sid="s_990000_unknown")


PASSING = [
    (FaultKind.SERVER_ERROR, 502),
    (FaultKind.TOO_MANY, 3),
    (FaultKind.QUOTA, None),
    (FaultKind.SECRET_EXPIRED, None),
    (FaultKind.REFUSED, None),
    (FaultKind.FORBIDDEN, None),
    (FaultKind.BROKEN_JSON, None),
    (FaultKind.CUT_BODY, None),
]


@pytest.mark.parametrize(("kind", "value"), PASSING)
async def test_what_goes_wrong_once_loses_nothing(met: Meeting, kind: FaultKind, value: float | None) -> None:
    expected = await met.starts()
    met.hub.faults.add(kind, after=1, value=value)
    assert await met.starts() == expected


LASTING = [
    (FaultKind.SERVER_ERROR, HubUnavailable, "HTTP 503"),
    (FaultKind.TOO_MANY, HubUnavailable, "HTTP 429"),
    (FaultKind.QUOTA, HubUnavailable, "slow down"),
    (FaultKind.SECRET_EXPIRED, HubUnavailable, "secret has expired"),
    (FaultKind.REFUSED, HubRefused, "code 14"),
    (FaultKind.FORBIDDEN, HubRefused, "HTTP 403"),
    (FaultKind.BROKEN_JSON, HubUnavailable, "not a JSON object"),
    (FaultKind.CUT_BODY, HubUnavailable, "cut"),
    (FaultKind.LOOPING_CURSOR, HubUnavailable, "loops at start 0"),
    (FaultKind.OVERSIZED, HubUnavailable, "larger than"),
    (FaultKind.CHANGING_TOTAL, WindowChanged, "total changed"),
]


@pytest.mark.parametrize(("kind", "error", "line"), LASTING)
async def test_what_stays_wrong_is_one_line(
    met: Meeting, kind: FaultKind, error: type[Exception], line: str
) -> None:
    met.hub.faults.add(kind, times=None)
    with pytest.raises(error, match=line) as caught:
        await met.starts(max_attempts=3, max_bytes=1_000_000)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(DATASET)


async def test_a_slow_hub_ends_at_the_deadline(met: Meeting) -> None:
    await met.client.probe(met.service)
    met.hub.faults.add(FaultKind.SLOW, value=3)
    with pytest.raises(HubUnavailable, match="did not answer in time"):
        await met.starts(request_timeout_s=0.2, max_attempts=1)


@pytest.mark.parametrize("kind", [FaultKind.WRONG_TOTAL, FaultKind.SHORT_PAGE])
async def test_a_broken_promise_does_not_close_the_window(
    met: Meeting, keys: SandboxKeys, kind: FaultKind
) -> None:
    met.hub.faults.add(kind, times=None)
    pages = [page async for page in met.client.pages(met.service, SINCE, UNTIL)]
    ring = key_ring(keys, "police")
    rows = sum(rows_in(open_envelope("sm4_cbc_mac", page.payload, ring)) for page in pages)
    judged = [verdict({page.total for page in pages}, rows, attempt) for attempt in (1, 2, 3)]
    assert judged == ["reread", "reread", "short"]


@pytest.mark.parametrize("kind", [FaultKind.EMPTY_NULL, FaultKind.EMPTY_TEXT, FaultKind.EMPTY_SEALED])
async def test_an_empty_window_is_no_error(met: Meeting, keys: SandboxKeys, kind: FaultKind) -> None:
    met.hub.faults.add(kind)
    page = await met.client.page(met.service, SINCE, UNTIL, "0")
    assert (page.total, page.next) == (0, None)
    assert not page.payload or open_envelope("sm4_cbc_mac", page.payload, key_ring(keys, "police")) == b"[]"


@pytest.mark.parametrize("kind", [FaultKind.FORGED, FaultKind.WRONG_KEY])
async def test_what_cannot_be_trusted_is_handed_on_sealed(
    met: Meeting, keys: SandboxKeys, kind: FaultKind
) -> None:
    met.hub.faults.add(kind)
    page = await met.client.page(met.service, SINCE, UNTIL, "0")
    with pytest.raises(EnvelopeError):
        open_envelope("sm4_cbc_mac", page.payload, key_ring(keys, "police"))


async def test_the_hubs_quota_is_kept_without_being_told(province: Province, keys: SandboxKeys) -> None:
    options = HubOptions(requests_per_hour=3)
    async with meeting(province, keys, options, requests_per_hour=3, max_attempts=2) as met:
        for start in ("0", "3", "6"):
            await met.client.page(met.service, SINCE, UNTIL, start)
        assert {waiting.reason for waiting in met.said} == {"the hub's quota of requests per hour"}
        # The client's clock has run ahead of the hub's, for which the hour is not over.
        with pytest.raises(HubUnavailable, match=r"HTTP 429.*the hub asks for a pause of 3[56]\d\d s"):
            await met.client.page(met.service, SINCE, UNTIL, "9")


async def test_the_files_of_justice_are_ready_in_order(
    tmp_path: Path, province: Province, keys: SandboxKeys
) -> None:
    write_drop(tmp_path, province, keys, until=NOW)
    ring = key_ring(keys, "justice")
    for dataset in ("prison_custody", "community_corrections"):
        files, refusals = ready_files(tmp_path, dataset, 0)
        assert refusals == []
        assert [file.seq for file in files] == list(range(1, 11))
        this_month = NOW.replace(day=1, hour=0, minute=0, second=0)
        assert period_end(files[-1].period) == this_month
        manifest = opening.read_manifest(files[0].manifest.read_bytes(), ring)
        assert (manifest.dataset, manifest.period, manifest.seq) == (dataset, files[0].period, 1)
        assert (
            opening.open_file(files[0].path, manifest, ring).decode("gb18030").count("\n")
            == manifest.rows + 1
        )


@pytest.mark.parametrize(
    ("fault", "rules", "ready"),
    [(DropFault.SEQUENCE_GAP, ["sequence_missing"], 9), (DropFault.MISSING_OK, [], 9)],
)
async def test_the_files_of_justice_stop_at_a_fault(
    *, tmp_path: Path, province: Province, keys: SandboxKeys, fault: DropFault, rules: list[str], ready: int
) -> None:
    write_drop(tmp_path, province, keys, until=NOW, fault=fault)
    files, refusals = ready_files(tmp_path, "prison_custody", 0)
    assert ([refusal.rule for refusal in refusals], len(files)) == (rules, ready)
