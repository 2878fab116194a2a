"""The examples for consumers, run as they are."""

import base64
import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks.webhooks import Webhook

from gateway.crypto.event_signing import EventSigner
from gateway.store.consumers import consumer
from gateway.store.outbox import events_about
from gateway.web.app import make_app
from gateway.web.jwks import JWKS
from tests.integration.web.outbox import opened, tell
from tests.support.project import ROOT
from tests.support.serving import KEYS

FOLDER = ROOT / "docs" / "examples" / "consumer"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_consumer_prints_every_event_and_acks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = EventSigner(Ed25519PrivateKey.generate())
    with opened(tmp_path) as store:
        tell(store, "a", "b", signer=signer)
        app = make_app(store, KEYS)
        app[JWKS] = signer.jwks()
        server = TestServer(app)
        async with server:
            await example("consumer").main(str(server.make_url("")), None, follow=False)
        with store.read() as conn:
            assert consumer(conn, "pensions").lag == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 cn.hunan.rst.certification.renewed Ba",
        "2 cn.hunan.rst.certification.renewed Bb",
    ]


async def test_the_receiver_agrees_takes_what_is_signed_and_refuses_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with opened(tmp_path) as store:
        tell(store, "a")
        with store.read() as conn:
            body = events_about(conn, "Ba")[0].body
    receiver = example("webhook_receiver")
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body.decode()),
    }
    async with TestClient(TestServer(receiver.app)) as asking:
        agreed = await asking.options("/hook", headers={"WebHook-Request-Origin": "gateway.example"})
        assert agreed.headers["WebHook-Allowed-Origin"] == "gateway.example"
        taken = [await asking.post("/hook", data=body, headers=signed) for _ in range(2)]
        refused = await asking.post("/hook", data=body + b" ", headers=signed)
    assert [reply.status for reply in [*taken, refused]] == [204, 204, 401]
    assert list(receiver.SEEN) == ["a"]


@pytest.mark.parametrize(("name", "most"), [("consumer", 26), ("webhook_receiver", 34)])
def test_an_example_is_short(name: str, most: int) -> None:
    assert len((FOLDER / f"{name}.py").read_text("utf-8").splitlines()) <= most
