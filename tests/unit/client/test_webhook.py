import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from gateway.client import NotTrusted, verify_webhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
AT = datetime(2026, 10, 1, 6, tzinfo=UTC)
NOW = AT.timestamp()


def event(name: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "/gateway",
        "type": "cn.hunan.rst.certification.renewed",
        "subject": "B1",
        "time": "2026-10-01T06:00:00.000+08:00",
        "sequence": "00000000000000000007",
        "data": {"county": "长沙"},
    }


BODY = json.dumps(event("evt_1"), ensure_ascii=False, separators=(",", ":")).encode()


def headers(body: bytes = BODY, secret: str = SECRET, at: datetime = AT) -> dict[str, str]:
    """The headers that another library makes."""
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }


def test_a_delivery_is_read_once_it_is_verified() -> None:
    delivery = verify_webhook(headers(), BODY, [SECRET], now=NOW)
    (found,) = delivery.events
    assert (delivery.id, delivery.sent_at) == ("msg_1", int(NOW))
    assert (found.id, found.subject, found.sequence, found.data) == ("evt_1", "B1", 7, {"county": "长沙"})
    assert found.time.isoformat() == "2026-10-01T06:00:00+08:00"
    assert found.body == BODY


def test_a_batch_is_its_events_in_order_with_their_own_bytes() -> None:
    batch = b"[" + BODY + b"," + BODY.replace(b"evt_1", b"evt_2") + b"]"
    delivery = verify_webhook(headers(batch), batch, [SECRET], now=NOW)
    assert [each.id for each in delivery.events] == ["evt_1", "evt_2"]
    assert delivery.events[1].body == BODY.replace(b"evt_1", b"evt_2")


def test_either_secret_of_a_rotation_will_do() -> None:
    assert verify_webhook(headers(secret=OTHER), BODY, [SECRET, OTHER], now=NOW).id == "msg_1"
    several = headers()
    several["Webhook-Signature"] = f"v1,AAAA v9,x {several['Webhook-Signature']}"
    assert verify_webhook(several, BODY, [SECRET], now=NOW).id == "msg_1"


def test_a_public_key_verifies_what_only_the_gateway_can_sign() -> None:
    key = Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(b"msg_1.%d.%b" % (NOW, BODY))).decode()
    signed = headers() | {"Webhook-Signature": f"v1a,{signature}"}
    assert verify_webhook(signed, BODY, [public], now=NOW).id == "msg_1"
    with pytest.raises(NotTrusted):
        verify_webhook(signed, BODY + b" ", [public], now=NOW)
    with pytest.raises(NotTrusted):
        verify_webhook(headers(), BODY, [public], now=NOW)


@pytest.mark.parametrize("drift", [-301, 301])
def test_what_is_too_old_or_too_new_is_a_replay(drift: int) -> None:
    with pytest.raises(NotTrusted, match="webhook-timestamp"):
        verify_webhook(headers(), BODY, [SECRET], now=NOW + drift)
    assert verify_webhook(headers(), BODY, [SECRET], now=NOW + drift * 0.99)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_body_with_one_byte_changed_is_not_trusted(place: int, change: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= change
    with pytest.raises(NotTrusted):
        verify_webhook(headers(), bytes(changed), [SECRET], now=NOW)


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize("value", [None, "", "٣", "\udcff", "x" * 5000, "v1,"])
def test_a_header_that_is_missing_or_odd_is_not_trusted(missing: str, value: str | None) -> None:
    sent = {name: each for name, each in headers().items() if name != missing}
    sent |= {missing: value} if value is not None else {}
    with pytest.raises(NotTrusted):
        verify_webhook(sent, BODY, [SECRET], now=NOW)


@pytest.mark.parametrize("body", [b"", b"[", b"[1]", b"{}", b"[{}]", b"null", b"\xff"])
def test_what_is_signed_and_no_event_is_not_trusted(body: bytes) -> None:
    signed = headers() | {"Webhook-Signature": ""}
    if body != b"\xff":
        signed = headers(body)
    with pytest.raises(NotTrusted):
        verify_webhook(signed, body, [SECRET], now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "secret", "whsk_" + "A" * 44, "whsec_?"])
def test_a_secret_that_would_let_anybody_sign_is_a_fault(secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|base64"):
        verify_webhook(headers(), BODY, [secret], now=NOW)
