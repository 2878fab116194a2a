import base64
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.sandbox.authentication import Gatekeeper, Rules, Signed, derived_key, sealed_secret, sign

MESSAGE = "s_430000000_0001rid-00011700000000000"
SECRET = "fedcba9876543210fedcba9876543210"
VECTORS = [
    (
        "test-app-key-0001",
        "6d84ba31f37e8f8ad8470d3a208570b0",
        "O4kLrZbtAM9whn96XHO2DzuJC62W7QDPcIZ/elxztg+ThYqO3fUDIkEWZmblRh8j",
        "xpySqdNmfUi7uL9goLqYdhnXnmlQaLgUrZ98oM+8han47Cmb29tJW12yf/j3n1eH",
        "mrH1dHba69zF7Z39Q0BKGPs/EbEysrHA2zVKG74kfDI=",
    ),
    (
        "0123456789abcdef0123456789abcdef",
        "2d703e10a32f30251a2370355793e786",
        "LDh6LJzNCB09fXMknMzXpiw4eiyczQgdPX1zJJzM16ZUfuRMyoXTthzV/Enp8P/V",
        "BcfibR2HlaRI3jOI7GaaqNitJ0uJaUaLP4LxTpnfmyINKaqi8ZgEJzIMaQaWQt5g",
        "6WDNogRbBQFgQUj03aDJfciRGkyYZbwUh3w8lAXxsMs=",
    ),
]
APP_KEY, SID = "0123456789abcdef0123456789abcdef", "s_990000_detentions"


def gatekeeper(**rules: object) -> Gatekeeper:
    return Gatekeeper("rid", APP_KEY, frozenset({SID}), Rules(**rules))  # type: ignore[arg-type] # by keyword


def signed(secret: str, *, sid: str = SID, rid: str = "rid", late: int = 0, raw: bool = False) -> Signed:
    rtime = str(int(time.time() * 1000) - late * 1000)
    return Signed(rid, sid, rtime, secret if raw else sign(secret, sid + rid + rtime))


def secret_of(data: dict[str, str] | None) -> str:
    assert data is not None
    decryptor = Cipher(algorithms.AES(derived_key(APP_KEY)), modes.ECB()).decryptor()  # noqa: S305 - the contract
    padded = decryptor.update(base64.b64decode(data["secret"])) + decryptor.finalize()
    return padded[: -padded[-1]].decode()


@pytest.mark.parametrize(("app_key", "key", "ecb", "cbc", "signature"), VECTORS)
def test_the_contracts_vectors(app_key: str, key: str, ecb: str, cbc: str, signature: str) -> None:
    assert derived_key(app_key).hex() == key
    assert sealed_secret(SECRET, app_key, "ecb") == ecb
    assert sealed_secret(SECRET, app_key, "cbc") == cbc
    assert sign(app_key, MESSAGE) == signature


def test_a_refreshed_secret_signs_business_calls() -> None:
    keeper = gatekeeper()
    secret = secret_of(keeper.refresh(signed(APP_KEY)))
    assert keeper.check(signed(secret)) is None
    assert keeper.check(signed(APP_KEY)) == "14"


def test_an_expired_secret_is_told_apart_from_a_wrong_one() -> None:
    keeper = gatekeeper(secret_lifetime=timedelta(0))
    secret = secret_of(keeper.refresh(signed(APP_KEY)))
    assert keeper.check(signed(secret)) == "11"


def test_secrets_can_be_made_to_expire() -> None:
    keeper = gatekeeper()
    secret = secret_of(keeper.refresh(signed(APP_KEY)))
    keeper.expire_secrets()
    assert keeper.check(signed(secret)) == "11"


@pytest.mark.parametrize(
    "call",
    [
        lambda: signed(APP_KEY, sid="s_990000_unknown"),
        lambda: signed(APP_KEY, rid="another"),
        lambda: signed(APP_KEY, late=700),
        lambda: signed(APP_KEY, late=-700),
        lambda: signed("another-app-key"),
        lambda: Signed("rid", SID, "", ""),
        lambda: Signed("rid", SID, str(int(time.time() * 1000)), "签名"),
    ],
)
def test_other_calls_are_refused(call: Callable[[], Signed]) -> None:
    keeper = gatekeeper()
    assert keeper.refresh(call()) is None
    assert keeper.check(call()) == "14"


def test_the_raw_secret_is_a_sign_where_that_is_the_rule() -> None:
    keeper = gatekeeper(final_sign="raw_secret")
    secret = secret_of(keeper.refresh(signed(APP_KEY)))
    assert keeper.check(signed(secret, raw=True)) is None
    assert keeper.check(signed(secret)) == "14"


def test_the_end_of_a_secret_is_written_in_either_style_or_not_at_all() -> None:
    ends = [gatekeeper(secret_end=style).refresh(signed(APP_KEY)) for style in ("ms", "text", "missing")]
    ms, text, missing = (data and data.get("secretEndTime") for data in ends)
    assert ms
    assert 1790 < int(ms) / 1000 - time.time() < 1801
    assert text
    assert text[4] == "-"
    assert len(text) == 19
    assert missing is None


def test_a_secret_may_be_wrapped_at_76_columns() -> None:
    data = gatekeeper(wrapped=True).refresh(signed(APP_KEY))
    assert data is not None
    assert max(map(len, data["secret"].splitlines())) == 76
    assert len(secret_of(data)) == 64
