import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.client import NotTrusted
from gateway.clock import local
from gateway.delivery.standard import new_secret, read_signing_key, sign
from gateway.errors import ConfigError
from tests.support import webhooks
from tests.support.webhooks import BODY

NOW = datetime(2026, 11, 26, 3, 0, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
PRIVATE = "whsk_" + base64.b64encode(bytes(range(32))).decode()
RAW = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
PUBLIC = "whpk_" + base64.b64encode(RAW.public_bytes_raw()).decode()
NO_SIGNATURE = "webhook-signature is by none of the secrets"


def signed(*keys: str, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    return sign([read_signing_key(key) for key in keys], "evt_1", at, body)


def accept(key: str, headers: dict[str, str], body: bytes = BODY, now: datetime = NOW) -> None:
    webhooks.accept(key, headers, now, body)


@given(st.binary(min_size=24, max_size=64), st.text(), st.from_regex(r"\A[!-\-/-~]{1,64}\Z"))
def test_the_reference_library_accepts_every_v1_signature(key: bytes, text: str, message_id: str) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = json.dumps(text).encode()
    headers = sign([read_signing_key(secret)], message_id, datetime.now(UTC), body)
    assert Webhook(secret).verify(body, headers) == text


def test_the_reference_library_accepts_either_secret_during_a_rotation() -> None:
    headers = signed(SECRET, OTHER, PRIVATE, at=datetime.now(UTC))
    assert Webhook(SECRET).verify(BODY, headers) == Webhook(OTHER).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_what_the_reference_library_signs_is_accepted() -> None:
    signature = Webhook(SECRET).sign("evt_1", NOW, BODY.decode())
    headers = {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": f"{NOW.timestamp():.0f}",
        "Webhook-Signature": signature,
    }
    accept(SECRET, headers)


def test_openssl_accepts_a_v1a_signature(tmp_path: Path) -> None:
    headers = signed(PRIVATE)
    version, _, signature = headers["webhook-signature"].partition(",")
    content = f"evt_1.{NOW.timestamp():.0f}.".encode() + BODY
    for name, data in {
        "content": content,
        "signature": base64.b64decode(signature),
        "key": RAW.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }.items():
        (tmp_path / name).write_bytes(data)
    command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in content -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert (version, done.returncode) == ("v1a", 0), done.stderr


def test_a_public_key_accepts_what_its_private_half_signed_and_no_other() -> None:
    other = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    accept(PUBLIC, signed(SECRET, PRIVATE))
    with pytest.raises(NotTrusted, match=NO_SIGNATURE):
        accept("whpk_" + other, signed(PRIVATE))


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("webhook-id", "evt_2"),
        ("webhook-timestamp", f"{NOW.timestamp() + 1:.0f}"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v1,\udce9"),
        ("webhook-signature", "v1a,é"),
        ("webhook-signature", "nonsense"),
    ],
)
@pytest.mark.parametrize("key", [SECRET, PUBLIC])
def test_a_changed_header_is_refused(key: str, changed: str, to: str) -> None:
    headers = {**signed(SECRET, PRIVATE), changed: to}
    with pytest.raises(NotTrusted, match=NO_SIGNATURE):
        accept(key, headers)


@pytest.mark.parametrize("key", [SECRET, PUBLIC])
def test_a_changed_body_is_refused(key: str) -> None:
    with pytest.raises(NotTrusted, match=NO_SIGNATURE):
        accept(key, signed(SECRET, PRIVATE), BODY + b" ")


def test_a_signature_counts_only_under_its_own_version() -> None:
    mac = signed(SECRET)["webhook-signature"].removeprefix("v1,")
    for version in ("v1a", "v2", ""):
        with pytest.raises(NotTrusted, match=NO_SIGNATURE):
            accept(SECRET, {**signed(SECRET), "webhook-signature": f"{version},{mac}"})


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    accept(SECRET, signed(SECRET), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_older_delivery_and_one_from_the_future_are_refused(seconds: int) -> None:
    with pytest.raises(NotTrusted, match="webhook-timestamp is too far"):
        accept(SECRET, signed(SECRET), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = {key: value for key, value in signed(SECRET).items() if key != name}
    with pytest.raises(NotTrusted, match=name):
        accept(SECRET, headers)


@pytest.mark.parametrize("stamp", ["", "x", "1.5", "-1", " 1", "１", "1e9", "9" * 400])
def test_a_timestamp_in_another_form_is_refused(stamp: str) -> None:
    with pytest.raises(NotTrusted, match="webhook-timestamp is missing or not in its form"):
        accept(SECRET, {**signed(SECRET), "webhook-timestamp": stamp})


def test_only_the_first_sixteen_signatures_are_looked_at() -> None:
    good = signed(SECRET)["webhook-signature"]
    accept(SECRET, {**signed(SECRET), "webhook-signature": "v1,x " * 15 + good})
    with pytest.raises(NotTrusted, match=NO_SIGNATURE):
        accept(SECRET, {**signed(SECRET), "webhook-signature": "v1,x " * 16 + good})


def test_a_naive_instant_is_in_shanghai() -> None:
    assert signed(SECRET, at=local(NOW)) == signed(SECRET)


def test_a_new_secret_is_fresh_and_can_be_read() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    accept(first, signed(first))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "whsec",
        "whsec_",
        "whsec_" + "A" * 28,
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        SECRET.rstrip("="),
        SECRET + "\n",
        SECRET.replace("A", "é"),
        "whsk_" + base64.b64encode(bytes(31)).decode(),
        "whpk_" + base64.b64encode(bytes(33)).decode(),
    ],
)
def test_a_key_in_another_form_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError, match="a webhook key") as refusal:
        read_signing_key(key)
    assert key[8:] == "" or key[8:] not in str(refusal.value)


def test_what_signs_does_not_verify_and_the_other_way_round() -> None:
    with pytest.raises(ValueError, match="begins with whsec_ or whpk_"):
        accept(PRIVATE, signed(PRIVATE))
    with pytest.raises(ConfigError):
        read_signing_key(PUBLIC)


@pytest.mark.parametrize("key", [SECRET, PRIVATE])
def test_a_key_does_not_show_itself(key: str) -> None:
    assert repr(read_signing_key(key)) in {"SharedSecret()", "PrivateKey()"}


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nb", "é", "a" * 256])
def test_an_id_that_would_blur_the_signed_content_is_not_signed(message_id: str) -> None:
    with pytest.raises(ValueError, match="printable id without a full stop"):
        sign([read_signing_key(SECRET)], message_id, NOW, BODY)


def test_nothing_leaves_unsigned() -> None:
    with pytest.raises(ValueError, match="has a key"):
        sign([], "evt_1", NOW, BODY)
