from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from standardwebhooks import Webhook

from gateway.client import NotTrusted
from gateway.clock import CHINA
from gateway.crypto.serving import ServingKeys
from gateway.delivery.secrets import active_secrets, make_secret, rotated, shown_secrets
from gateway.delivery.standard import sign
from gateway.errors import ConfigError, RequestError
from gateway.store.subscriptions import SealedSecret, Subscription
from tests.support.serving import KEYS
from tests.support.subscriptions import NOW, new_subscription
from tests.support.webhooks import BODY, accept

DAY = timedelta(days=1)


def holding(*kept: SealedSecret, name: str = "sub_a") -> Subscription:
    return Subscription(
        **vars(replace(new_subscription(name), secrets=list(kept))),
        state="active",
        reason=None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
        consented_at=NOW,
        asked=0,
        ask_at=None,
        failing_since=None,
    )


def test_a_shared_secret_verifies_with_the_reference_library_and_is_sealed_at_rest() -> None:
    secret = make_secret("hmac", "sub_a", KEYS)
    now = datetime.now(CHINA)
    body = b'{"id":"1"}'
    headers = sign(active_secrets(holding(secret.kept), KEYS, now), "msg_1", now, body)
    assert Webhook(secret.told).verify(body.decode(), headers) == {"id": "1"}
    assert secret.told.removeprefix("whsec_") not in repr((secret, secret.kept))


def test_of_a_key_pair_the_public_half_alone_is_told_and_shown() -> None:
    secret = make_secret("ed25519", "sub_a", KEYS)
    subscription = holding(secret.kept)
    assert secret.told.startswith("whpk_")
    assert [each.public_key for each in shown_secrets(subscription, KEYS, NOW)] == [secret.told]
    headers = sign(active_secrets(subscription, KEYS, NOW), "msg_1", NOW, BODY)
    accept(secret.told, headers, NOW)


def test_of_a_shared_secret_nothing_is_shown() -> None:
    (shown,) = shown_secrets(holding(make_secret("hmac", "sub_a", KEYS).kept), KEYS, NOW)
    assert (shown.kind, shown.public_key, shown.until) == ("hmac", None, None)


def test_a_sealed_secret_opens_for_its_own_subscription_and_under_its_own_key_only() -> None:
    kept = make_secret("hmac", "sub_a", KEYS).kept
    for subscription, keys in (
        (holding(kept, name="sub_b"), KEYS),
        (holding(kept), ServingKeys(b"another secret of tests, no secret")),
    ):
        with pytest.raises(ConfigError, match=r"serve\.secret"):
            active_secrets(subscription, keys, NOW)


def test_after_a_rotation_both_secrets_sign_the_new_one_first_until_the_grace_is_over() -> None:
    old, new = make_secret("hmac", "sub_a", KEYS), make_secret("hmac", "sub_a", KEYS)
    subscription = holding(*rotated([old.kept], new.kept, NOW, DAY))
    for at, accepted in (
        (NOW, [new, old]),
        (NOW + DAY - timedelta(seconds=1), [new, old]),
        (NOW + DAY, [new]),
    ):
        headers = sign(active_secrets(subscription, KEYS, at), "msg_1", at, BODY)
        assert headers["webhook-signature"].count("v1,") == len(accepted)
        for secret in accepted:
            accept(secret.told, headers, at)
    with pytest.raises(NotTrusted):
        accept(old.told, headers, NOW + DAY)


def test_no_grace_ends_every_secret_but_the_new_one() -> None:
    first, second, third = (make_secret("hmac", "sub_a", KEYS).kept for _ in range(3))
    both = rotated([first], second, NOW, DAY)
    assert rotated(both, third, NOW, timedelta(0)) == [third]


def test_a_later_rotation_never_gives_an_old_secret_more_time() -> None:
    first, second, third = (make_secret("hmac", "sub_a", KEYS).kept for _ in range(3))
    both = rotated([first], second, NOW, DAY)
    all_three = rotated(both, third, NOW + DAY / 2, 7 * DAY)
    assert [each["until"] for each in all_three] == [
        None,
        "2026-10-12T15:00:00+08:00",
        "2026-10-06T03:00:00+08:00",
    ]


def test_secrets_do_not_pile_up() -> None:
    kept: list[SealedSecret] = [make_secret("hmac", "sub_a", KEYS).kept]
    for _ in range(4):
        kept = rotated(kept, make_secret("hmac", "sub_a", KEYS).kept, NOW, DAY)
    with pytest.raises(RequestError, match="in use already"):
        rotated(kept, make_secret("hmac", "sub_a", KEYS).kept, NOW, DAY)


@pytest.mark.parametrize("grace", [timedelta(days=7, seconds=1), timedelta(seconds=-1)])
def test_the_grace_is_bounded(grace: timedelta) -> None:
    kept = make_secret("hmac", "sub_a", KEYS).kept
    with pytest.raises(RequestError, match="168 hours"):
        rotated([kept], kept, NOW, grace)
