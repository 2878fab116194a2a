from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.delivery.secrets import active_secrets
from gateway.delivery.standard import sign
from gateway.settings import DeliverySettings
from gateway.store import audit
from gateway.store.database import Store
from gateway.store.subscriptions import disable, subscription
from gateway.web import subscriptions
from gateway.web.access import ON_THIS_MACHINE, Caller
from gateway.web.app import make_app
from tests.integration.ledger.office import Office, open_office
from tests.integration.web.outbox import forget, tell
from tests.support.serving import KEYS
from tests.support.webhooks import BODY, accept

SINK = "https://receiver.example/events"
FILTERS = [{"any": [{"exact": {"type": "a"}}, {"not": {"suffix": {"subject": "1"}}}]}]
Client = TestClient[Any, Any]


class Asking:
    """Who asks next."""

    caller: Caller = ON_THIS_MACHINE

    def becomes(self, name: str, *counties: str) -> None:
        scopes = frozenset({"subscriptions:write"})
        self.caller = Caller(name, name, scopes, frozenset(counties) or None)  # type: ignore[arg-type]  # a scope


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        delivery = DeliverySettings(networks=("10.1.0.0/16",), subscriptions_per_token=2)
        settings = found.station.settings
        gateway = settings.gateway.model_copy(update={"delivery": delivery})
        settings = settings.model_copy(update={"gateway": gateway})
        found.station = replace(found.station, settings=settings)
        yield found


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    found = Asking()
    monkeypatch.setattr(subscriptions, "caller_of", lambda _: found.caller)
    return found


@pytest.fixture
async def client(office: Office, asking: Asking) -> AsyncIterator[Client]:
    del asking
    async with TestClient(TestServer(make_app(office.station.store, KEYS, office.station))) as found:
        yield found


async def made(client: Client, **given: Any) -> dict[str, Any]:
    answer = await client.post("/v1/subscriptions", json={"sink": SINK, **given})
    assert answer.status == 201, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


async def status_of(client: Client, method: str, path: str, **given: Any) -> tuple[int, str]:
    answer = await client.request(method, path, json=given)
    return answer.status, (await answer.json())["detail"]


async def test_a_subscription_is_made_and_its_secret_told_once(client: Client) -> None:
    answer = await client.post("/v1/subscriptions", json={"sink": SINK, "filters": FILTERS})
    told = await answer.json()
    assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
    assert told.pop("secret").startswith("whsec_")
    again = await client.get(answer.headers["Location"])
    assert await again.json() == told
    assert (told["state"], told["filters"], told["protocol"]) == ("pending", FILTERS, "HTTP")
    assert (told["created_at"], told["allow"]) == ("2026-10-01T09:00:00+08:00", ["10.1.0.0/16"])
    listed = await (await client.get("/v1/subscriptions", params={"state": "pending"})).json()
    assert listed == {"subscriptions": [told]}
    assert "whsec_" not in str(listed)


async def test_of_a_key_pair_the_public_half_is_always_shown(client: Client) -> None:
    told = await made(client, signature="ed25519")
    assert told["secret"].startswith("whpk_")
    found = await (await client.get(f"/v1/subscriptions/{told['id']}")).json()
    assert found["secrets"] == [{"kind": "ed25519", "public_key": told["secret"], "until": None}]


async def test_it_begins_now_or_at_the_first_event_kept_or_behind_a_cursor(
    client: Client, office: Office
) -> None:
    tell(office.station.store, *"abc")
    forget(office.station.store, 1)
    for start, sequence in (("now", 3), ("earliest", 1), (KEYS.cursor(2), 2)):
        told = await made(client, **{"from": start})
        assert KEYS.sequence(told["cursor"]) == sequence


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("then", "is no cursor of this gateway, nor earliest or now"),
        (KEYS.cursor(7), "is ahead of everything released"),
        (KEYS.cursor(0), "what follows was removed after its retention: the feed begins with event 2"),
    ],
)
async def test_it_does_not_begin_where_the_feed_is_not(
    client: Client, office: Office, start: str, why: str
) -> None:
    tell(office.station.store, *"abc")
    forget(office.station.store, 1)
    status, detail = await status_of(client, "POST", "/v1/subscriptions", sink=SINK, **{"from": start})
    assert (status, detail.partition(": was")[0]) == (422, f"from: {why}")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"sink": "http://receiver.example/"}, "sink: must begin with https://"),
        ({"sink": "https://127.0.0.1/"}, "sink: names an address that is loopback"),
        ({"allow": ["10.0.0.1/8"]}, "allow"),
        ({"batch_size": 101}, "batch_size"),
        ({"concurrency": 17}, "concurrency"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"filters": [{"sql": "true"}]}, "filters"),
        ({"filters": [{"exact": {"county": "990101"}}]}, "filters"),
        ({"protocol": "KAFKA"}, "protocol"),
        ({"counties": ["99"]}, "counties"),
        ({"types": ["a"]}, "types"),
    ],
)
async def test_what_cannot_be_is_refused_and_named(client: Client, given: Any, named: str) -> None:
    status, detail = await status_of(client, "POST", "/v1/subscriptions", **({"sink": SINK} | given))
    assert status == 422
    assert named in detail


async def test_a_change_leaves_what_it_does_not_name(client: Client) -> None:
    told = await made(client, rate_per_second=2, batch_size=5)
    path = f"/v1/subscriptions/{told['id']}"
    found = await (await client.patch(path, json={"concurrency": 8, "rate_per_second": None})).json()
    assert (found["concurrency"], found["rate_per_second"], found["batch_size"]) == (8, None, 5)
    assert found["version"] == 2
    assert (await status_of(client, "PATCH", path, concurrency=2, version=1))[0] == 409
    assert (await status_of(client, "PATCH", path, sink=None))[0] == 422
    assert (await status_of(client, "PATCH", path, sink="https://10.2.0.1/"))[0] == 422
    moved = await (await client.patch(path, json={"sink": "https://10.1.0.1/", "filters": FILTERS})).json()
    assert (moved["sink"], moved["filters"]) == ("https://10.1.0.1/", FILTERS)


async def test_narrower_networks_must_still_hold_the_sink(client: Client) -> None:
    told = await made(client, sink="https://10.1.0.1/")
    path = f"/v1/subscriptions/{told['id']}"
    assert (await status_of(client, "PATCH", path, allow=["10.2.0.0/16"]))[0] == 422
    assert (await client.patch(path, json={"allow": ["10.1.0.0/24"]})).status == 200


async def test_a_subscription_is_paused_resumed_and_removed(client: Client) -> None:
    path = f"/v1/subscriptions/{(await made(client))['id']}"
    assert (await (await client.post(f"{path}/pause")).json())["state"] == "paused"
    assert (await (await client.post(f"{path}/resume")).json())["state"] == "pending"
    assert (await status_of(client, "POST", f"{path}/resume"))[0] == 409
    assert (await client.delete(path)).status == 204
    assert (await client.get(path)).status == 404
    assert (await client.delete(path)).status == 404


async def test_a_disabled_subscription_is_enabled_again(client: Client, office: Office) -> None:
    told = await made(client)
    with office.station.store.begin() as conn:
        disable(conn, told["id"], "answered 410", office.clock.now)
    path = f"/v1/subscriptions/{told['id']}"
    assert (await (await client.get(path)).json())["reason"] == "answered 410"
    assert (await (await client.post(f"{path}/resume")).json())["state"] == "pending"


def signed(store: Store, name: str, office: Office) -> dict[str, str]:
    with store.read() as conn:
        keys = active_secrets(subscription(conn, name), KEYS, office.clock())
    return sign(keys, "msg_1", office.clock(), BODY)


async def test_a_rotated_secret_is_told_once_and_both_sign(client: Client, office: Office) -> None:
    told = await made(client)
    answer = await client.post(f"/v1/subscriptions/{told['id']}/secret", json={"grace_hours": 1})
    new = (await answer.json())["secret"]
    assert (answer.headers["Cache-Control"], new == told["secret"]) == ("no-store", False)
    headers = signed(office.station.store, told["id"], office)
    for secret in (told["secret"], new):
        accept(secret, headers, office.clock())
    path = f"/v1/subscriptions/{told['id']}/secret"
    assert (await status_of(client, "POST", path, grace_hours=169))[0] == 422


async def test_a_subscription_is_seen_by_the_token_that_made_it_and_by_an_admin(
    client: Client, asking: Asking
) -> None:
    asking.becomes("one")
    path = f"/v1/subscriptions/{(await made(client))['id']}"
    asking.becomes("two")
    for method, below in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/secret"),
    ):
        assert (await client.request(method, path + below, json={})).status == 404
    assert (await (await client.get("/v1/subscriptions")).json()) == {"subscriptions": []}
    asking.caller = ON_THIS_MACHINE
    assert (await client.get(path)).status == 200


async def test_only_an_admin_opens_networks(client: Client, asking: Asking) -> None:
    asking.becomes("one")
    status, detail = await status_of(client, "POST", "/v1/subscriptions", sink=SINK, allow=["10.0.0.0/8"])
    assert (status, detail) == (403, "allow: opening networks needs a token with the scope admin")
    told = await made(client)
    assert told["allow"] == ["10.1.0.0/16"]
    path = f"/v1/subscriptions/{told['id']}"
    assert (await status_of(client, "PATCH", path, allow=["10.0.0.0/8"]))[0] == 403


async def test_a_token_subscribes_to_its_own_counties_at_most(client: Client, asking: Asking) -> None:
    asking.becomes("one", "990101", "990102")
    told = await made(client)
    assert told["counties"] == ["990101", "990102"]
    path = f"/v1/subscriptions/{told['id']}"
    narrowed = await (await client.patch(path, json={"counties": ["990102"]})).json()
    assert narrowed["counties"] == ["990102"]
    assert (await status_of(client, "PATCH", path, counties=["990103"]))[0] == 403
    everything = await (await client.patch(path, json={"counties": None})).json()
    assert everything["counties"] == ["990101", "990102"]


async def test_a_token_has_so_many_subscriptions_and_no_more(client: Client, asking: Asking) -> None:
    asking.becomes("one")
    for _ in range(2):
        await made(client)
    assert (await status_of(client, "POST", "/v1/subscriptions", sink=SINK))[0] == 403


async def test_a_body_that_is_nested_without_end_is_a_fault_of_the_request(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/subscriptions", data=b"[" * 60_000, headers=headers)
    assert answer.status == 422
    deep: dict[str, Any] = {"exact": {"type": "a"}}
    for _ in range(200):
        deep = {"not": deep}
    status, detail = await status_of(client, "POST", "/v1/subscriptions", sink=SINK, filters=[deep])
    assert (status, "deep" in detail) == (422, True)


async def test_what_is_done_to_a_subscription_is_audited(
    client: Client, asking: Asking, office: Office
) -> None:
    asking.becomes("tok_1")
    path = f"/v1/subscriptions/{(await made(client))['id']}"
    await client.patch(path, json={"batch_size": 5})
    await client.post(f"{path}/secret", json={})
    await client.delete(path)
    with office.station.store.read() as conn:
        kept = [
            (entry.actor, entry.action, entry.subject) for entry in audit.list_entries(conn, audit.Wanted())
        ]
    acts = ("subscription.made", "subscription.changed", "secret.rotated", "subscription.removed")
    assert kept == [("token tok_1", act, path.rpartition("/")[2]) for act in acts]
